"""One TFTP transfer: blocks and acknowledgments in turn, and what is done when one is lost (RFC 1350).

It does not know files or paths. Its socket is connected to the client, so the kernel keeps packets of other ports away;
the two ports are the transfer ids.
"""

from collections.abc import Callable
from contextlib import suppress
from socket import SOCK_DGRAM, socket
from threading import Event
from time import monotonic
from typing import TypeVar

from phone_sim.boot_server.tftp_packets import (
    ALLOCATION_EXCEEDED,
    DATAGRAM_LIMIT,
    ILLEGAL_OPERATION,
    NOT_DEFINED,
    Acknowledgment,
    Agreement,
    Block,
    MalformedPacketError,
    Packet,
    TftpError,
    ack_packet,
    block_number,
    data_packet,
    error_packet,
    parse,
)

# To shut down a UDP socket does not wake the thread that waits on it, so the thread looks up now and then.
_LOOK_EVERY = 0.1
_STOPS = "the boot server stops"
_TOO_LONG = "the transfer takes too long"

_P = TypeVar("_P", Block, Acknowledgment)


class TransferBrokenError(Exception):
    """The transfer comes to no good end: `code` is the error to send to the client, None if the client is gone."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class TftpConversation:
    """A transfer on a socket that is connected to the client.

    A packet is sent again after `timeout` seconds without an answer, `retries` times; the whole takes at most
    `time_limit` seconds and ends early when `stopping` is set. `moved` counts the bytes so far. `send` sends a packet
    of the transfer; a fault puts in its place something else, made from the methods here. `before_linger` is called
    when a client has no more to send, and its next upload may come from the same port.
    """

    def __init__(
        self,
        connection: socket,
        *,
        timeout: float,
        retries: int,
        time_limit: float,
        stopping: Event,
        before_linger: Callable[[], None],
    ) -> None:
        self.moved = 0
        self.send: Callable[[bytes], None] = self.transmit
        self._connection = connection
        self._timeout = timeout
        self._retries = retries
        self._ends_at = monotonic() + time_limit
        self._stopping = stopping
        self._before_linger = before_linger

    def refuse(self, code: int, text: str) -> None:
        """End the transfer with an ERROR packet; whether it arrives is not known."""
        with suppress(OSError):
            self._connection.send(error_packet(code, text))

    def send_file(self, data: bytes, agreement: Agreement, *, before_last: Callable[[], None]) -> None:
        """Send a file; `before_last` is called when all blocks but the last are acknowledged.

        Raises:
            TransferBrokenError: before the last block was sent. Whether the last one arrives, a server cannot be sure.
        """
        self._adopt(agreement)
        if agreement.accepted:
            self._exchange(agreement.oack_packet, Acknowledgment, 0)
        size = agreement.block_size
        last = len(data) // size + 1
        for count in range(1, last):
            block = data[(count - 1) * size : count * size]
            self._exchange(data_packet(count, block), Acknowledgment, count)
            self.moved += len(block)
        before_last()
        with suppress(TransferBrokenError):
            self._exchange(data_packet(last, data[(last - 1) * size :]), Acknowledgment, last)

    def receive_file(self, agreement: Agreement, *, limit: int) -> tuple[bytes, int]:
        """Receive a file of at most `limit` bytes; its last block, of the returned count, is not yet acknowledged.

        Raises:
            TransferBrokenError: the file is not whole or over the limit.
        """
        self._adopt(agreement)
        if agreement.announced_size is not None and agreement.announced_size > limit:
            raise TransferBrokenError(f"over the limit of {limit} bytes", ALLOCATION_EXCEEDED)
        answer = agreement.oack_packet if agreement.accepted else ack_packet(0)
        received = bytearray()
        count = 1
        while True:
            packet = self._exchange(answer, Block, count)
            if len(packet.data) > agreement.block_size:
                raise TransferBrokenError("a block is longer than agreed", ILLEGAL_OPERATION)
            received += packet.data
            if len(received) > limit:
                raise TransferBrokenError(f"over the limit of {limit} bytes", ALLOCATION_EXCEEDED)
            self.moved = len(received)
            if len(packet.data) < agreement.block_size:
                return bytes(received), count
            answer = ack_packet(count)
            count += 1

    def finish(self, count: int) -> None:
        """Acknowledge the last block, again if it comes again: the acknowledgment may have been lost."""
        self._before_linger()
        with suppress(TransferBrokenError):
            for _ in range(1 + self._retries):
                self.send(ack_packet(count))
                if self._await(Block, block_number(count)) is None:
                    return

    def transmit(self, datagram: bytes) -> None:
        """Send a packet to the client."""
        try:
            self._connection.send(datagram)
        except OSError as error:
            raise TransferBrokenError(str(error)) from error

    def transmit_as_stranger(self, datagram: bytes) -> None:
        """Send a packet to the client from another port of the same address."""
        host, _, *scope = self._connection.getsockname()
        with socket(self._connection.family, SOCK_DGRAM) as stranger, suppress(OSError):
            stranger.bind((host, 0, *scope))
            stranger.sendto(datagram, self._connection.getpeername())

    def pause(self, seconds: float) -> None:
        """Let time pass, within the limits of the transfer."""
        left = self._ends_at - monotonic()
        if self._stopping.wait(max(0.0, min(seconds, left))):
            raise TransferBrokenError(_STOPS, NOT_DEFINED)
        if seconds >= left:
            raise TransferBrokenError(_TOO_LONG, NOT_DEFINED)

    def fall_silent(self) -> None:
        """Be silent for as long as a client would be waited for, and end the transfer without a word."""
        until = monotonic() + self._timeout * (1 + self._retries)
        while (left := min(until, self._ends_at) - monotonic()) > 0:
            if isinstance(self._receive(left), TftpError):
                break
        raise TransferBrokenError("silence")

    def _adopt(self, agreement: Agreement) -> None:
        self._timeout = agreement.timeout or self._timeout

    def _exchange(self, datagram: bytes, expected: type[_P], count: int) -> _P:
        for _ in range(1 + self._retries):
            self.send(datagram)
            packet = self._await(expected, block_number(count))
            if packet is not None:
                return packet
        raise TransferBrokenError("no answer", NOT_DEFINED)

    def _await(self, expected: type[_P], number: int) -> _P | None:
        """The expected packet, or None when it is time to send again.

        A repeated ACK is passed over, or each block from then on would be sent twice (RFC 1123 4.2.3.1). A repeated
        block is answered at once: its acknowledgment was lost.
        """
        until = monotonic() + self._timeout
        while (left := min(until, self._ends_at) - monotonic()) > 0:
            packet = self._receive(left)
            if isinstance(packet, TftpError):
                raise TransferBrokenError(f"the client sent error {packet.code}")
            if isinstance(packet, expected):
                if packet.number == number:
                    return packet
                if isinstance(packet, Block) and packet.number == block_number(number - 1):
                    return None
        if monotonic() >= self._ends_at:
            raise TransferBrokenError(_TOO_LONG, NOT_DEFINED)
        return None

    def _receive(self, patience: float) -> Packet | None:
        """The next packet; None for a malformed one and for none yet."""
        if self._stopping.is_set():
            raise TransferBrokenError(_STOPS, NOT_DEFINED)
        self._connection.settimeout(min(patience, _LOOK_EVERY))
        try:
            return parse(self._connection.recv(DATAGRAM_LIMIT))
        except (TimeoutError, MalformedPacketError):
            return None
        except OSError as error:
            raise TransferBrokenError(str(error)) from error
