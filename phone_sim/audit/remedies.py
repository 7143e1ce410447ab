"""What to do about a file that the server did not give, by how it failed; for a missing one the check says it.

Pure: it judges replies and asks nothing.
"""

from collections.abc import Iterable

from phone_sim.firmware.effects import Refused, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol

_FORBIDDEN = (
    "Let the server's process read the file, and look for rules on address, User-Agent, name or certificate; "
    "if there is no such file, answer 404."
)
_SERVER_ERROR = "Look at the error log of the server, or of the program that makes the file."
_NOT_WHOLE = "Look at the server's log and at proxies before it; fetch the file with another client, and compare."
_OF_TRANSFER = (FailureKind.BROKEN_OFF, FailureKind.TOO_LARGE, FailureKind.TIMED_OUT)


def remedy_of(replies: Iterable[object]) -> str:
    """What to do about the first of the replies that has a remedy of its own; empty where none has."""
    return next(filter(None, map(_remedy, replies)), "")


def remedy_of_status(status: int | None, protocol: FileProtocol) -> str:
    """What to do about a status; empty where it says no more than that there is no file."""
    if status is None:
        return ""
    if (protocol, status) in ((FileProtocol.HTTP, 403), (FileProtocol.TFTP, 2)):
        return _FORBIDDEN
    first = {FileProtocol.HTTP: 500, FileProtocol.FTP: 400}.get(protocol)
    return _SERVER_ERROR if first is not None and first <= status < first + 100 else ""


def _remedy(reply: object) -> str:
    match reply:
        case Refused(status=status, protocol=protocol):
            return remedy_of_status(status, protocol)
        case TransferFailed(kind=kind) if kind in _OF_TRANSFER:
            return _NOT_WHOLE
    return ""
