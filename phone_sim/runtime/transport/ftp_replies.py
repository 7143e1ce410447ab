"""Replies made of what an FTP server says, or of what keeps a session from its end (RFC 959).

Every error that a session can end in is a reply. This module does not know what the session was for.
"""

import ftplib  # phones speak it  # nosec B402
import re

from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.transport import one_line
from phone_sim.runtime.transport.bounded_socket import Budget, connection_failure, end_of, words_of
from phone_sim.runtime.transport.replies import refusal

# The data connection could not be opened, or has broken off: there is no whole answer.
_BROKEN_OFF = (425, 426)


class CutOffError(Exception):
    """The file may go on where TLS was cut off."""


def reply_of(error: ftplib.Error) -> NotFound | Refused | TransferFailed:
    """The reply for a reply of the server that says no, or that is none."""
    said = str(error)
    match error:
        case ftplib.error_perm() | ftplib.error_temp() | ftplib.error_reply():
            return _no(said)
        case ftplib.error_proto():
            words = "the answer is malformed" if said[:1].isdigit() else "the answer is not FTP"
            return TransferFailed(FailureKind.NOT_THE_PROTOCOL, words)
    return TransferFailed(FailureKind.NOT_THE_PROTOCOL, one_line(said))


def _no(said: str) -> NotFound | Refused | TransferFailed:
    """The reply for a reply of the server that says no, in one line or several (RFC 959 4.2)."""
    code = re.match("[0-9]{3}", said)
    if code is None:
        return Refused(one_line(f"FTP {said}"))
    no = refusal(FileProtocol.FTP, int(code[0]), re.sub(f"(?m)^{code[0]}[- ]?", "", said))
    return TransferFailed(FailureKind.BROKEN_OFF, no.reason) if no.status in _BROKEN_OFF else no


def failure_of(trouble: Exception, budget: Budget) -> tuple[FailureKind, str]:
    """What kept the transfer from its end: the kind, and in words for people."""
    match trouble:
        case OSError():
            return connection_failure(trouble), words_of(trouble, budget)
        case EOFError():
            return FailureKind.BROKEN_OFF, end_of(budget)
        case CutOffError():
            return FailureKind.BROKEN_OFF, str(trouble)
    if budget.received:
        return FailureKind.NOT_THE_PROTOCOL, "the answer is malformed"
    return FailureKind.UNUSABLE_ADDRESS, "the address cannot be used"
