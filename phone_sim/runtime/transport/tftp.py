"""TFTP, on tftpy: RRQ and WRQ in octet mode, bounded in bytes and time (RFC 1350, 2347 to 2349).

tftpy acts on packets from anywhere: it says that it discards what comes from a foreign address or port, and then
writes it to the file. The socket here gives it only what comes from the server's transfer identifier. This module
does not know what the files are.

Other modules about TFTP: `fleet.transport.tftp`, `boot_server.tftp`, `audit.tftp_probe`; in the tests
`tests.runtime.hostile_tftp`.
"""

import io
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from tftpy.TftpContexts import TftpContextClientDownload, TftpContextClientUpload
from tftpy.TftpPacketTypes import TftpPacketERR
from tftpy.TftpShared import TftpException, TftpTimeout

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.lookup import Address, LookupFailedError, look_up, only_address
from phone_sim.runtime.transport import Limits, one_line
from phone_sim.runtime.transport.closed_port import hear_of_closed_ports, judge
from phone_sim.runtime.transport.replies import kind_of, refusal
from phone_sim.runtime.transport.streamed_file import StreamedFile

DEFAULT_PORT = 69
_STAND_IN = "127.0.0.1"
_BLOCK_SIZE = 1468  # the largest that fits an Ethernet frame; a server that knows no options sends 512
_ATTEMPTS = 3
_OACK = b"\x00\x06"
_UNKNOWN_TRANSFER_ID = b"\x00\x05\x00\x05Unknown transfer ID\x00"

# tftpy says something about every block; whoever wants to hear it sets the level again.
logging.getLogger("tftpy").setLevel(logging.CRITICAL)


class _OverLimitError(Exception):
    """The file is longer than the phone takes."""


class _BoundedFile(io.BytesIO):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, block: Any) -> int:
        if self.tell() + len(block) > self._limit:
            raise _OverLimitError(f"the file has more than {self._limit} bytes")
        return super().write(block)


class _EnoughError(Exception):
    """No more of the file is wanted."""


class _DroppedFile(io.BytesIO):
    """Hands each block on, and is empty itself."""

    def __init__(self, take: Callable[[bytes], bool]) -> None:
        super().__init__()
        self._take = take

    def write(self, block: Any) -> int:
        if not self._take(block):
            raise _EnoughError
        return len(block)


class _PeerSocket:
    """A UDP socket that hears one server only: its address from the start, its port from its first packet on.

    It also hears from the network that nobody listens at that port. tftpy knows IPv4 only: it is told that the server
    is `_STAND_IN`, and its packets go to the server.
    """

    def __init__(self, server: Address, limits: Limits) -> None:
        self._plain = socket.socket(server.family, socket.SOCK_DGRAM)
        hear_of_closed_ports(self._plain, server.family)
        self._server = server.address
        self._limits = limits
        self._deadline = time.monotonic() + limits.transfer
        self._sent = b""
        self._heard = b""
        self.peer: tuple[Any, ...] | None = None

    def bind(self, address: tuple[str, int]) -> None:
        self._plain.bind(address)

    def sendto(self, data: bytes, _: tuple[str, int]) -> int:
        self._sent = data
        return self._send(data, self.peer or self._server)

    def recvfrom(self, size: int) -> tuple[bytes, tuple[str, int]]:
        give_up = min(time.monotonic() + self._limits.answer, self._deadline)
        while (left := give_up - time.monotonic()) > 0:
            self._plain.settimeout(left)
            try:
                data, sender = self._plain.recvfrom(size)
            except OSError as error:
                judge(error, self._plain, self.peer or self._server)
                continue
            if self.peer is None and sender[0] == self._server[0]:
                self.peer = sender
            if sender != self.peer:
                # RFC 1350: an error for the stranger, and the transfer goes on.
                self._answer(_UNKNOWN_TRANSFER_ID, sender)
            elif data[:2] == _OACK and data == self._heard:
                # The answer to it was lost. tftpy would break off at a second OACK.
                self._answer(self._sent, sender)
            else:
                self._heard = data
                return data, (_STAND_IN, sender[1])
        raise TimeoutError

    def _answer(self, data: bytes, to: tuple[Any, ...]) -> None:
        with suppress(OSError):  # a sender may have no address that can be answered
            self._send(data, to)

    def _send(self, data: bytes, to: tuple[Any, ...]) -> int:
        try:
            return self._plain.sendto(data, to)
        except OSError as error:
            # It may be what the network says of an earlier packet.
            judge(error, self._plain, self.peer or self._server)
            return self._plain.sendto(data, to)

    @property
    def is_over_time(self) -> bool:
        return time.monotonic() >= self._deadline

    def close(self) -> None:
        self._plain.close()


class TftpTransport:
    """Downloads by RRQ and uploads by WRQ, from `source_address` if there is one; each transfer has a client of its
    own."""

    def __init__(self, limits: Limits, source_address: str | None = None) -> None:
        self._limits = limits
        self._source_address = source_address

    def fetch(self, request: Fetch) -> FetchReply:
        """Read the file."""
        file = _BoundedFile(request.limit)
        failure = self._transfer(TftpContextClientDownload, request.location.url, file)
        return failure or Fetched(file.getvalue())

    def stream(self, request: Stream) -> StreamReply:
        """Read the file, and fall silent when there is enough of it, as phones do (field notes 1.1)."""
        file = StreamedFile(request)
        failure = self._transfer(TftpContextClientDownload, request.location.url, _DroppedFile(file.take))
        if file.is_over_limit:
            return TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {request.limit} bytes")
        return failure or file.reply()

    def upload(self, request: Upload) -> UploadReply:
        """Write the file."""
        return self._transfer(TftpContextClientUpload, request.location.url, io.BytesIO(request.body)) or Uploaded()

    def close(self) -> None:
        """Nothing is held open between transfers."""

    def _transfer(self, kind: Any, url: str, file: io.BytesIO) -> NotFound | Refused | TransferFailed | None:
        """Run a transfer of tftpy; None when the whole file went over."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
        # In UTF-8: tftpy encodes text as ASCII.
        name = unquote(parts.path).lstrip("/").encode()
        if not name or b"\0" in name:
            return TransferFailed(FailureKind.UNUSABLE_ADDRESS, "TFTP has no way to ask for this name")
        errors: list[TftpPacketERR] = []

        def heard(packet: object) -> None:
            if isinstance(packet, TftpPacketERR):
                errors.append(packet)

        try:
            # Once: tftpy would look the name up for each packet, and it may lead to another address each time.
            server = only_address(look_up(host, port, socket.SOCK_DGRAM, seconds=self._limits.answer))
        except LookupFailedError as error:
            return TransferFailed(kind_of(error), str(error), unanswered=True)
        options = {"blksize": _BLOCK_SIZE}
        context = kind(_STAND_IN, port, name, file, options, heard, self._limits.answer, retries=_ATTEMPTS)
        context.sock.close()
        context.sock = peer = _PeerSocket(server, self._limits)
        try:
            if self._source_address is not None:
                peer.bind((self._source_address, 0))
            context.start()
        except _EnoughError:
            return None
        except Exception as error:
            return _refusal(errors[-1]) if errors else _failure(error, peer)
        finally:
            peer.close()
        return None


def _refusal(error: TftpPacketERR) -> NotFound | Refused:
    """The reply for an error packet of the server."""
    words = bytes(error.buffer[4:]).partition(b"\0")[0].decode("utf-8", "replace")
    return refusal(FileProtocol.TFTP, error.errorcode, words)


def _failure(error: Exception, peer: _PeerSocket) -> TransferFailed:
    unanswered = peer.peer is None
    match error:
        case TimeoutError() | TftpTimeout():
            too_long = peer.is_over_time and not unanswered
            kind, words = FailureKind.TIMED_OUT, "the transfer takes too long" if too_long else "no answer"
        case OSError():
            kind, words = kind_of(error), error.strerror or str(error)
        case _OverLimitError():
            kind, words = FailureKind.TOO_LARGE, str(error)
        case TftpException():
            kind, words = FailureKind.NOT_THE_PROTOCOL, str(error)
        case _:
            kind, words = FailureKind.NOT_THE_PROTOCOL, "the answer is malformed"
    return TransferFailed(kind, one_line(words), unanswered)
