"""Replies made of what a server or the system says. Every transport uses them; none is known here."""

from phone_sim.firmware.effects import NotFound, Refused
from phone_sim.firmware.transfer_facts import NO_HEAD, FailureKind, FileProtocol, HttpHead
from phone_sim.runtime.lookup import LookupFailedError
from phone_sim.runtime.transport import REASON_LIMIT, one_line


def refusal(protocol: FileProtocol, status: int, words: str, head: HttpHead = NO_HEAD) -> NotFound | Refused:
    """The reply for a status of a server that is not one of success, with the server's words for it."""
    room = REASON_LIMIT - len(f"{protocol.title} {status} ")
    kind = NotFound if status in protocol.missing else Refused
    return kind(one_line(words, room), status, protocol, head)


def kind_of(trouble: OSError) -> FailureKind:
    """Why a socket could not be used."""
    match trouble:
        case LookupFailedError():
            return FailureKind.NAME_NOT_FOUND
        case TimeoutError():
            return FailureKind.TIMED_OUT
        case ConnectionRefusedError():
            return FailureKind.CONNECTION_REFUSED
        case ConnectionError():
            return FailureKind.BROKEN_OFF
    return FailureKind.UNREACHABLE
