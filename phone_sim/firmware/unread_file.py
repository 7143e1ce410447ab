"""A file of the configuration, or a contact directory, that is not in force on a phone, and why, as facts."""

from dataclasses import dataclass
from enum import Enum

from phone_sim.errors import DocumentError, NotAMasterError
from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.parameters.layers import LayerSource
from phone_sim.firmware.transfer_facts import FailureKind


class UnreadKind(Enum):
    """Why a file is not in force."""

    MISSING = "missing"
    """The server has no such file."""
    REFUSED = "refused"
    """The server answered, and did not give the file."""
    NOT_WHOLE = "not whole"
    """There was no whole answer."""
    NOT_ASKED = "not asked for"
    """The phone gave up before: another file did not come whole, or the boot server gives no answer."""
    NOT_READABLE = "not readable"
    """The file came, and is not one that the phone can read."""
    NOT_A_MASTER = "not a master configuration file"
    """The file came in answer to the name of a master configuration file, and says nothing that one says (D19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFile:
    """A file that is not in force, and why.

    `source` has the name in the form that all phones share. `reason` is that of the server or of the reader, in words;
    `status` is the server's in its protocol, and `line` where in the file the fault is, if they are known.
    """

    source: LayerSource
    kind: UnreadKind
    reason: str = ""
    status: int | None = None
    line: int | None = None


_BEGUN = (FailureKind.BROKEN_OFF, FailureKind.TOO_LARGE, FailureKind.TIMED_OUT)


def failure_words(reply: TransferFailed) -> str:
    """What is to be said of a file after its name: that part of it came, or that the phone could not get at it."""
    return "is not whole" if reply.kind in _BEGUN else "could not be fetched"


def not_given(source: LayerSource, reply: NotFound | Refused | TransferFailed) -> UnreadFile:
    """A file that the server did not give, by its reply."""
    if isinstance(reply, TransferFailed):
        kind = UnreadKind.NOT_ASKED if reply.kind is FailureKind.NOT_ASKED else UnreadKind.NOT_WHOLE
        return UnreadFile(source=source, kind=kind, reason=reply.reason)
    kind = UnreadKind.MISSING if isinstance(reply, NotFound) else UnreadKind.REFUSED
    return UnreadFile(source=source, kind=kind, reason=reply.reason, status=reply.status)


def not_usable(source: LayerSource, error: DocumentError) -> UnreadFile:
    """A file that came, by the error of its reader."""
    kind = UnreadKind.NOT_A_MASTER if isinstance(error, NotAMasterError) else UnreadKind.NOT_READABLE
    return UnreadFile(source=source, kind=kind, reason=error.reason, line=error.line)
