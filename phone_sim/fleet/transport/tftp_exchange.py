"""A transfer's exchange of packets with its server: each is sent again until it is answered, within the limits.

Only the server is heard: its address from the start, its transfer identifier (port) from its first packet on. What is
in the packets, but for errors and repeated agreements, is for others.
"""

import socket
from contextlib import suppress
from time import monotonic
from typing import Any

import gevent.socket

from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.transport.sockets import Ear, speak_from
from phone_sim.fleet.transport.tftp_packets import ASKED_BLOCK_SIZE, ERROR, HEAD, OACK, STRANGER, refusal
from phone_sim.runtime.lookup import Address
from phone_sim.runtime.transport import Limits
from phone_sim.runtime.transport.closed_port import hear_of_closed_ports, judge

_ATTEMPTS = 3
_REPETITIONS = 20


class BrokenOffError(Exception):
    """The transfer is at an end without the file; `reply` says why."""

    def __init__(self, reply: NotFound | Refused | TransferFailed) -> None:
        super().__init__(reply.reason)
        self.reply = reply


class PacketExchange:
    """One transfer's packets, to and from `server`."""

    __slots__ = (
        "_agreement",
        "_deadline",
        "_ear",
        "_limits",
        "_peer",
        "_plain",
        "_repetitions",
        "_sent",
        "_server",
        "_taken",
        "size",
    )

    def __init__(self, server: Address, limits: Limits) -> None:
        self._plain = gevent.socket.socket(server.family, socket.SOCK_DGRAM)
        self._plain.settimeout(limits.answer)
        hear_of_closed_ports(self._plain, server.family)
        self._ear = Ear(self._plain.fileno(), limits.answer)
        self._server = server.address
        self._limits = limits
        self._deadline = monotonic() + limits.transfer
        self._peer: tuple[Any, ...] | None = None
        self._sent = b""
        self._agreement = self._taken = b""
        self._repetitions = 0
        self.size = ASKED_BLOCK_SIZE
        """The longest block that is heard whole."""

    def speak_from(self, address: str) -> None:
        """Send from an address of this machine; OSError when there is none such."""
        speak_from(self._plain, address)

    @property
    def has_answer(self) -> bool:
        """True when the server has said anything."""
        return self._peer is not None

    def ask(self, packet: bytes) -> bytes:
        """Send a packet, and as often again as it takes; the next packet of the server."""
        self._sent = packet
        self._repetitions = 0
        self.tell(packet)
        return self.hear()

    def hear(self) -> bytes:
        """The next packet of the server, for which the last one that asked is sent again.

        Raises:
            BrokenOffError: for an error packet, and for none at all within the limits.
            OSError: the socket cannot be used, or nobody listens at the server's port.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            packet = self._heard()
            if packet is not None:
                self._taken = packet
                return packet
            if monotonic() >= self._deadline:
                break
            if attempt < _ATTEMPTS:
                self.tell(self._sent)
        too_long = self.has_answer and monotonic() >= self._deadline
        raise self.failed(FailureKind.TIMED_OUT, "the transfer takes too long" if too_long else "no answer")

    def tell(self, packet: bytes) -> None:
        """Send a packet."""
        self._send(packet, self._peer or self._server)

    def repeated(self) -> None:
        """Count a packet that came before; BrokenOffError when it comes again and again."""
        self._repetitions += 1
        if self._repetitions > _REPETITIONS:
            raise self.failed(FailureKind.NOT_THE_PROTOCOL, "the server repeats itself")

    def failed(self, kind: FailureKind, reason: str, parting: bytes = b"") -> BrokenOffError:
        """The error that breaks the transfer off, of which the server is told by a parting packet."""
        if parting and self._peer is not None:
            with suppress(OSError):
                self.tell(parting)
        return BrokenOffError(TransferFailed(kind, reason, unanswered=not self.has_answer))

    def close(self) -> None:
        """Give the port back."""
        self._ear.close()
        self._plain.close()

    def _heard(self) -> bytes | None:
        """The next packet of the server that says something new, if one comes in time."""
        now = monotonic()
        give_up = min(now + self._limits.answer, self._deadline)
        is_whole_wait = give_up < self._deadline
        while is_whole_wait or give_up > now:
            try:
                if is_whole_wait:
                    self._ear.wait()
                else:
                    self._plain.settimeout(give_up - now)
                packet, sender = self._plain.recvfrom(self.size + HEAD + 1)
            except TimeoutError:
                return None
            except OSError as error:
                judge(error, self._plain, self._peer or self._server)
            else:
                if self._is_server(sender) and self._is_news(packet):
                    return bytes(packet)
            is_whole_wait = False
            now = monotonic()
        return None

    def _is_server(self, sender: tuple[Any, ...]) -> bool:
        if sender == self._peer:
            return True
        if self._peer is None and sender[0] == self._server[0]:
            self._peer = sender
            return True
        # RFC 1350: an error for the stranger, and the transfer goes on.
        with suppress(OSError):  # a sender may have no address that can be answered
            self._send(STRANGER, sender)
        return False

    def _send(self, packet: bytes, to: tuple[str, int]) -> None:
        try:
            self._plain.sendto(packet, to)
        except OSError as error:
            # It may be what the network says of an earlier packet.
            judge(error, self._plain, self._peer or self._server)
            self._plain.sendto(packet, to)

    def _is_news(self, packet: bytes) -> bool:
        if packet.startswith(ERROR):
            if len(packet) < HEAD:
                raise self.failed(FailureKind.NOT_THE_PROTOCOL, "malformed ERR packet, too short")
            raise BrokenOffError(refusal(packet))
        if packet.startswith(OACK):
            if packet == self._agreement:
                self.repeated()
                if packet == self._taken:
                    self.tell(self._sent)  # the answer to it was lost
                return False
            if not self._taken:
                self._agreement = packet
        return True
