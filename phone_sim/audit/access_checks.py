"""Checks of what a server takes and to whom it gives: uploads, listings, files of others, passwords, TLS.

Pure: each function judges observations and asks nothing. The words for people are in `checks`.
"""

import re

from phone_sim.audit.answer_checks import BEHIND_LOGIN
from phone_sim.audit.finding import Judgment, bad, good, good_if, not_applicable, unknown
from phone_sim.audit.kept_out import TLS_VERSION, kept_out_by
from phone_sim.audit.observations import LIST, AnswerOutcome, AuditQuestion, Observations, ObservedAnswer, wants_login
from phone_sim.firmware.effects import TransferFailed, Uploaded
from phone_sim.firmware.profile import profile_for
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.virtual_phone import request_line

_OLD_TLS = ("1.0", "1.1")
_NEWEST_KNOWN = "1.2"
_IN_COMMON = (
    "Let the server accept a version of TLS and a cipher that the phones offer, on an address of its own if these are "
    "too old for others; or update the firmware of the phones."
)
_AT_ALL = "Check that the server speaks TLS at this port, and which versions."
_LISTING = re.compile(rb"(?i)index of /|directory listing|<title>[^<]{0,200}/</title>|\[to parent directory\]")
_LINK = re.compile(rb"(?i)href\s*=\s*[\"'][^\"'#?]{1,200}\.(cfg|xml|log|ld)[\"'?]")


def log_upload(seen: Observations) -> Judgment:
    """Phones can leave their logs."""
    uploads = [one for boot in seen.boots for one in boot.uploads]
    if not uploads:
        return unknown("no phone had a log to upload, or a place for it")
    if all(wants_login(one.reply) for one in uploads):
        return not_applicable(BEHIND_LOGIN)
    refused = [request_line(one) for one in uploads if not isinstance(one.reply, Uploaded)]
    return bad(*refused) if refused else good(request_line(uploads[-1]))


def log_unaltered(seen: Observations) -> Judgment:
    """What a phone left is what is there."""
    stored = [boot.stored for boot in seen.boots if boot.stored is not None]
    answer = seen.answers.get(AuditQuestion.UPLOADED_LOG)
    if not stored or answer is None:
        return not_applicable("no log was taken")
    if answer.outcome is not AnswerOutcome.FOUND:
        return unknown(answer, "logs cannot be read back, which keeps them from others")
    sent = stored[-1]
    if sent.offset is not None:
        words = f"{len(sent.body)} bytes were appended after {sent.offset}"
        return good_if(answer.body[sent.offset :] == sent.body, answer, words)
    return good_if(answer.body == sent.body, answer, f"{len(sent.body)} bytes were uploaded")


def overrides_stored(seen: Observations) -> Judgment:
    """What a phone writes after a change is there when the phone boots again."""
    tried = seen.overrides
    if tried is None:
        return unknown() if seen.cut_short else not_applicable("this server has no place for them")
    if tried.before.wants_login or (tried.upload is not None and tried.upload.wants_login):
        return not_applicable(BEHIND_LOGIN)
    if tried.upload is None:
        has_one = tried.before.outcome is AnswerOutcome.FOUND and not tried.before.is_page
        told = ("this file is not written over: name a phone that has none, --mac",) if has_one else ()
        return unknown(tried.before, *told)
    if tried.after is None:
        failed = tried.upload.outcome is AnswerOutcome.FAILED
        return (unknown if failed else bad)(tried.upload)
    if tried.after.outcome is AnswerOutcome.FAILED:
        return unknown(tried.upload, tried.after)
    return good_if(tried.after.body == tried.sent, tried.upload, tried.after)


def directory_listing(seen: Observations) -> Judgment:
    """Nobody can see which files there are."""
    if seen.scheme == "tftp":
        return not_applicable("tftp has no listings")
    answers = [
        seen.answers[ask] for ask in (AuditQuestion.ROOT_LISTING, AuditQuestion.LICENSE_LISTING) if ask in seen.answers
    ]
    open_ones = [answer for answer in answers if _is_listing(answer)]
    if open_ones:
        return bad(*open_ones)
    failed = all(answer.outcome is AnswerOutcome.FAILED for answer in answers)
    return unknown(*answers) if failed else good(*answers)


def _is_listing(answer: ObservedAnswer) -> bool:
    if answer.method == LIST:
        return answer.outcome is AnswerOutcome.FOUND and bool(answer.body.strip())
    page = answer.body[:65536]
    return answer.outcome is AnswerOutcome.FOUND and bool(_LISTING.search(page) or _LINK.search(page))


def other_license(seen: Observations) -> Judgment:
    """A phone's activation file is for that phone."""
    return _of_another(seen, AuditQuestion.OTHER_LICENSE)


def other_configuration(seen: Observations) -> Judgment:
    """A phone's configuration is for that phone."""
    return _of_another(seen, AuditQuestion.OTHER_CONFIGURATION)


def _of_another(seen: Observations, ask: AuditQuestion) -> Judgment:
    answer = seen.answers.get(ask)
    if answer is None or answer.outcome is AnswerOutcome.FAILED:
        return unknown(*([answer] if answer is not None else []))
    if seen.is_real(ask):
        return bad(answer)
    if answer.outcome is AnswerOutcome.REFUSED:
        return good(answer)
    return unknown(answer, "name a phone that the server has files of: --other-mac")


def password_in_clear(seen: Observations) -> Judgment:
    """A password does not go over the network as it is."""
    if not seen.has_password:
        return not_applicable("no password was given")
    if seen.scheme in ("https", "ftps"):
        return good(f"{seen.scheme} encrypts it")
    if seen.scheme == "http" and not seen.challenge:
        return unknown("the server did not ask for the password")
    if seen.challenge == "digest":
        return bad("http with Digest: the password is not sent, but the files with their passwords are")
    return bad(f"{seen.scheme} sends the password, and all files, in clear")


def path_traversal(seen: Observations) -> Judgment:
    """No file above the root of the server is served."""
    outside, clamped = seen.answers.get(AuditQuestion.OUTSIDE), seen.answers.get(AuditQuestion.CLAMPED)
    if outside is None or clamped is None or outside.outcome is AnswerOutcome.FAILED:
        return unknown(*(answer for answer in (outside, clamped) if answer is not None))
    told = [outside, clamped, *([seen.answers[AuditQuestion.DOTTED]] if AuditQuestion.DOTTED in seen.answers else [])]
    if seen.outside_named:
        return good_if(not seen.is_real(AuditQuestion.OUTSIDE), *told)
    same = [answer for answer in seen.found(AuditQuestion.MASTER) if answer.body == clamped.body]
    if outside.outcome is AnswerOutcome.REFUSED or (same and clamped.outcome is AnswerOutcome.FOUND):
        return good(*told)
    return unknown(*told, "put a file beside the root and name it: --outside")


def tls_version(seen: Observations) -> Judgment:
    """No version of TLS is spoken that is given up (RFC 8996), and phones have one in common with the server."""
    if seen.tls is None:
        return not_applicable(f"{seen.scheme} has no TLS")
    told = f"accepted: TLS {', '.join(seen.tls.accepted)}" if seen.tls.accepted else "no version was accepted"
    failed = [request_line(one) for one in seen.exchanges if _is_handshake(one)]
    if failed and kept_out_by(seen) == TLS_VERSION:
        return bad(told, failed[0], remedy=_IN_COMMON if seen.tls.accepted else _AT_ALL)
    if not seen.tls.accepted:
        return unknown(told)
    if seen.tls.accepted[0] > _NEWEST_KNOWN:
        return unknown(told, f"no phone is known to speak it: the vendor's schema of 4.0.15 ends with {_NEWEST_KNOWN}")
    if set(_OLD_TLS) & set(seen.tls.accepted):
        return bad(told)
    if profile_for(seen.firmware).tls_versions:
        return good(told)
    return good(
        told, f"which versions firmware {seen.firmware} speaks is not known: --tls-max 1.0 boots phones of 2010"
    )


def _is_handshake(exchange: Exchange) -> bool:
    return isinstance(exchange.reply, TransferFailed) and exchange.reply.kind is FailureKind.TLS


def tls_certificate(seen: Observations) -> Judgment:
    """The server's certificate is one that phones accept."""
    if seen.tls is None:
        return not_applicable(f"{seen.scheme} has no certificate")
    if not seen.tls.accepted:
        return unknown("no version of TLS was accepted")
    return bad(seen.tls.trouble) if seen.tls.trouble else good("it is valid for this name, from a trusted authority")


def tftp_block_size(seen: Observations) -> Judgment:
    """The block size option is honored (RFC 2348)."""
    if seen.tftp is None:
        return not_applicable(f"{seen.scheme} has no blocks")
    if seen.tftp.failure:
        return unknown(seen.tftp.failure)
    agreed = seen.tftp.block_size
    told = f"asked for {seen.tftp.asked}, agreed on {agreed if agreed is not None else 'nothing: blocks of 512 bytes'}"
    return good_if(agreed == seen.tftp.asked, told)


def tftp_transfer_id(seen: Observations) -> Judgment:
    """A transfer has a port of its own, and a stranger cannot end it (RFC 1350 4)."""
    if seen.tftp is None:
        return not_applicable(f"{seen.scheme} has no transfer identifiers")
    if seen.tftp.failure:
        return unknown(seen.tftp.failure)
    if not seen.tftp.undisturbed:
        return bad("an error packet from another port ended the transfer")
    if not seen.tftp.own_port:
        return unknown("the server answers from the port it listens on; phones accept that")
    return good("each transfer has a port of its own, and packets from strangers are passed over")
