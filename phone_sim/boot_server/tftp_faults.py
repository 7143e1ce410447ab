"""What the faults do to a TFTP transfer. Faults are ours.

It does not know which request gets a fault, nor how packets are sent and waited for: it uses a `TftpConversation`.
"""

from phone_sim.boot_server.fault_kinds import (
    Corrupt,
    Delay,
    Down,
    Drip,
    Duplicate,
    Forge,
    Late,
    Length,
    Lose,
    Reset,
    Stall,
    Status,
    TftpError,
    Truncate,
)
from phone_sim.boot_server.faults import Fault
from phone_sim.boot_server.tftp_conversation import TftpConversation, TransferBrokenError
from phone_sim.boot_server.tftp_packets import NOT_DEFINED, block_number, data_packet, own_number

_ON_PURPOSE = "a fault on purpose"


class TftpFault:
    """The fault of one transfer, None for none; the server calls each method where its name says."""

    def __init__(self, fault: Fault | None, conversation: TftpConversation) -> None:
        self._fault = fault
        self._kind = None if fault is None else fault.kind
        self._conversation = conversation
        self._last_sent = b""
        self._is_due = True
        if isinstance(self._kind, Drip | Lose | Duplicate | Late | Forge):
            conversation.send = self._send

    @property
    def rule(self) -> str:
        """The rule for the journal."""
        return "" if self._fault is None else self._fault.rule

    def before_the_answer(self) -> None:
        """Wait, or answer in the place of the site."""
        match self._kind:
            case Delay(seconds=seconds):
                self._conversation.pause(seconds)
            case Status() as status:
                raise TransferBrokenError(f"{_ON_PURPOSE}: {status}", status.tftp_code)
            case TftpError(code=code):
                raise TransferBrokenError(_ON_PURPOSE, code)
            case Down():
                raise TransferBrokenError(_ON_PURPOSE)

    def before_the_end(self) -> None:
        """End the transfer before its last packet."""
        match self._kind:
            case Stall():
                self._conversation.fall_silent()
            case Reset():
                raise TransferBrokenError(_ON_PURPOSE, NOT_DEFINED)

    def of_file(self, data: bytes) -> bytes:
        """The file as it is sent."""
        match self._kind:
            case Truncate(size=size):
                return data[:size]
            case Corrupt() if self._fault is not None:
                return self._fault.corrupted(data)
        return data

    def of_length(self, length: int) -> int:
        """The length as it is announced."""
        return max(0, length + self._kind.offset) if isinstance(self._kind, Length) else length

    def _send(self, datagram: bytes) -> None:
        """Send a packet of the transfer; what is sent again goes undisturbed."""
        conversation = self._conversation
        is_new, self._last_sent = datagram != self._last_sent, datagram
        match self._kind:
            case Drip(seconds=seconds) if is_new:
                conversation.pause(seconds)
            case Lose(block=block) if self._happens_to(block, datagram):
                return
            case Duplicate(block=block) if self._happens_to(block, datagram):
                conversation.transmit(datagram)
            case Late(block=block, seconds=seconds) if self._happens_to(block, datagram):
                conversation.pause(seconds)
            case Forge(block=block) if self._fault is not None and self._happens_to(block, datagram):
                conversation.transmit_as_stranger(data_packet(block, self._fault.corrupted(datagram[4:]) or b"forged"))
        conversation.transmit(datagram)

    def _happens_to(self, block: int, datagram: bytes) -> bool:
        """Whether this is the block, for the first time."""
        if self._is_due and own_number(datagram) == block_number(block):
            self._is_due = False
            return True
        return False
