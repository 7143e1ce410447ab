"""What keeps the phones of an audit from all files: a login, or that they and the server do not come to use TLS.

Then one check says so, and what is judged by the files that phones get, or by their uploads, has nothing to judge.
Pure: it judges observations and asks nothing.
"""

from phone_sim.audit.answer_checks import BEHIND_LOGIN
from phone_sim.audit.finding import JudgedCheck, Judgment, not_applicable
from phone_sim.audit.login_check import is_locked
from phone_sim.audit.observations import Observations
from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind

LOGIN, TLS_VERSION, TLS_CERTIFICATE = "login", "tls-version", "tls-certificate"
"""The checks that can say what keeps phones out."""
_BY_HANDSHAKE = {FailureKind.TLS: TLS_VERSION, FailureKind.CERTIFICATE: TLS_CERTIFICATE}
_JUDGED_BY_BOOTS = ("every-model-boots", "master-configuration", "contact-directory", "log-upload")
"""The audit's own requests may succeed where the handshakes of phones fail: it offers every version of TLS."""


def kept_out_by(seen: Observations) -> str:
    """The check that says what keeps the phones from all files; empty when nothing does."""
    if is_locked(seen):
        return LOGIN
    replies = [one.reply for one in seen.exchanges]
    kinds = {one.kind if isinstance(one, TransferFailed) else None for one in replies} - {FailureKind.NOT_ASKED}
    if seen.tls is None or len(kinds) != 1:
        return ""
    check = _BY_HANDSHAKE.get(kinds.pop() or FailureKind.NOT_ASKED, "")
    # A phone may refuse a certificate for another reason than the audit has; then nothing else would tell.
    return check if check == TLS_VERSION or seen.tls.trouble else ""


def left_out(check: JudgedCheck, kept_out: str) -> Judgment | None:
    """What is said instead of a check's own judgment where a check by the name `kept_out` says it all."""
    if kept_out == LOGIN:
        return not_applicable(BEHIND_LOGIN) if check.reads_files else None
    if kept_out and check.name in _JUDGED_BY_BOOTS:
        return not_applicable(f"no phone could ask for a file: see the check {kept_out}")
    return None
