"""The check of a login that the server wants: with which scheme, and whether what was given is refused.

Pure: it judges observations and asks nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phone_sim.audit.finding import Judgment, bad, good, not_applicable, unknown
from phone_sim.audit.observations import AnswerOutcome, Observations, wants_login
from phone_sim.firmware.effects import Fetched, TransferFailed
from phone_sim.runtime.virtual_phone import request_line

_LIMIT = 1000
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z]{1,20})(?=\s+[a-z]{1,20}\s*=|\s*(?:,|$))")
_REALM = re.compile(r'\brealm\s*=\s*"([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A request that was answered with the wish for a login, and the challenge, empty for FTP."""

    request: str
    challenge: str


def is_locked(seen: Observations) -> bool:
    """True when a login keeps the phones and the audit from all files."""
    served = any(isinstance(one.reply, Fetched) for one in seen.exchanges)
    answered = any(one.outcome is AnswerOutcome.FOUND for one in seen.answers.values())
    return not served and not answered and bool(_wanted(seen))


def login(seen: Observations) -> Judgment:
    """No login is wanted, or the one that was given is right."""
    if seen.scheme == "tftp":
        return not_applicable("tftp has no login")
    wanted = _wanted(seen)
    if not wanted:
        if not _has_answered(seen):
            return unknown("there was no whole answer")
        return good("the login was accepted" if seen.has_password else "no login is wanted")
    challenges = dict.fromkeys(_challenge(one.challenge) if seen.is_http else "FTP" for one in wanted)
    who = "refuses the user and password given" if seen.has_password else "wants user and password, and none was given"
    remedy = "Correct user and password in the URL." if seen.has_password else ""
    requests = [one.request for one in wanted]
    more = [f"and {len(requests) - 1} more requests"] if len(requests) > 1 else []
    return bad(f"the server {who}: {'; '.join(challenges)}", requests[0], *more, remedy=remedy)


def _has_answered(seen: Observations) -> bool:
    """Whether the server gave one whole answer, whatever it was."""
    to_phones = any(not isinstance(one.reply, TransferFailed) for one in seen.exchanges)
    return to_phones or any(one.outcome is not AnswerOutcome.FAILED for one in seen.answers.values())


def _wanted(seen: Observations) -> list[_Wanted]:
    return [*_of_phones(seen), *_of_audit(seen)]


def _of_phones(seen: Observations) -> Iterator[_Wanted]:
    for one in seen.exchanges:
        if wants_login(one.reply):
            yield _Wanted(request=request_line(one), challenge=one.reply.head.headers.get("www-authenticate", ""))


def _of_audit(seen: Observations) -> Iterator[_Wanted]:
    tried = seen.overrides
    of_overrides = () if tried is None else (tried.before, tried.upload)
    for answer in (*seen.answers.values(), *of_overrides):
        if answer is not None and answer.wants_login:
            yield _Wanted(request=str(answer), challenge=answer.headers.get("www-authenticate", ""))


def _challenge(header: str) -> str:
    """The schemes and realms of a WWW-Authenticate field (RFC 9110 11.6.1), for people."""
    text = header[:_LIMIT]
    schemes = "/".join(_SCHEME.findall(text)) or "scheme not named"
    realms = ", ".join(f"realm {realm!r}" for realm in _REALM.findall(text))
    return f"{schemes}, {realms}" if realms else schemes
