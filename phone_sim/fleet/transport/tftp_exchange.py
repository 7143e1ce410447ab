"""A transfer's exchange of packets with its server: each is sent again until it is answered, within the limits.

Only the server is heard: its address from the start, its transfer identifier (port) from its first packet on. What is
in the packets, but for errors and repeated agreements, is for others.
"""

import socket
from contextlib import suppress
from time import monotonic

import gevent.socket

from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.fleet.transport.tftp_packets import ASKED_BLOCK_SIZE, ERROR, HEAD, OACK, STRANGER, refusal
from phone_sim.runtime.transport import Limits

_ATTEMPTS = 3
_REPETITIONS = 20


class BrokenOffError(Exception):
    """The transfer is at an end without the file; `reply` says why."""

    def __init__(self, reply: NotFound | Refused | TransferFailed) -> None:
        super().__init__(reply.reason)
        self.reply = reply


class Exchange:
    """One transfer's packets, to and from `server`."""

    __slots__ = (
        "_agreement",
        "_deadline",
        "_limits",
        "_peer",
        "_plain",
        "_repetitions",
        "_sent",
        "_server",
        "_taken",
        "size",
    )

    def __init__(self, server: tuple[str, int], limits: Limits, source: str | None) -> None:
        self._plain = gevent.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._server = server
        self._limits = limits
        self._deadline = monotonic() + limits.transfer
        self._peer: tuple[str, int] | None = None
        self._sent = b""
        self._agreement = self._taken = b""
        self._repetitions = 0
        self.size = ASKED_BLOCK_SIZE
        """The longest block that is heard whole."""
        if source is not None:
            self._plain.bind((source, 0))

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
        """
        for attempt in range(1, _ATTEMPTS + 1):
            packet = self._heard(monotonic() + self._limits.answer)
            if packet is not None:
                self._taken = packet
                return packet
            if monotonic() >= self._deadline:
                break
            if attempt < _ATTEMPTS:
                self.tell(self._sent)
        too_long = self.has_answer and monotonic() >= self._deadline
        raise self.failed("the transfer takes too long" if too_long else "no answer")

    def tell(self, packet: bytes) -> None:
        """Send a packet."""
        self._plain.sendto(packet, self._peer or self._server)

    def repeated(self) -> None:
        """Count a packet that came before; BrokenOffError when it comes again and again."""
        self._repetitions += 1
        if self._repetitions > _REPETITIONS:
            raise self.failed("the server repeats itself")

    def failed(self, reason: str, parting: bytes = b"") -> BrokenOffError:
        """The error that breaks the transfer off, of which the server is told by a parting packet."""
        if parting and self._peer is not None:
            with suppress(OSError):
                self.tell(parting)
        return BrokenOffError(TransferFailed(reason, unreachable=not self.has_answer))

    def close(self) -> None:
        """Give the port back."""
        self._plain.close()

    def _heard(self, give_up: float) -> bytes | None:
        """The next packet of the server that says something new, if one comes in time."""
        give_up = min(give_up, self._deadline)
        while (left := give_up - monotonic()) > 0:
            self._plain.settimeout(left)
            packet: bytes
            try:
                packet, sender = self._plain.recvfrom(self.size + HEAD + 1)
            except TimeoutError:
                return None
            if sender != self._peer:
                if self._peer is not None or sender[0] != self._server[0]:
                    # RFC 1350: an error for the stranger, and the transfer goes on.
                    with suppress(OSError):  # a sender may have no address that can be answered
                        self._plain.sendto(STRANGER, sender)
                    continue
                self._peer = sender
            if packet.startswith(ERROR):
                if len(packet) < HEAD:
                    raise self.failed("malformed ERR packet, too short")
                raise BrokenOffError(refusal(packet))
            if packet == self._agreement:
                self.repeated()
                if self._taken == packet:
                    self.tell(self._sent)  # the answer to it was lost
                continue
            if packet.startswith(OACK) and not self._taken:
                self._agreement = packet
            return packet
        return None
