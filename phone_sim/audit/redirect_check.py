"""The check of redirects, those that phones followed and those that the audit was answered.

Pure: it judges observations and asks nothing.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from phone_sim.audit.finding import Judgment, bad, good, not_applicable, unknown
from phone_sim.audit.observations import AnswerOutcome, Observations
from phone_sim.findings.finding import Severity
from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind, Redirect

_WORDS = {
    Severity.ERROR: "from https to http",
    Severity.WARNING: "to another host",
    Severity.INFO: "on the same host",
}


def redirects(seen: Observations) -> Judgment:
    """A file is where it is asked for."""
    if not seen.is_http:
        return not_applicable(f"{seen.scheme} has no redirects")
    moved = [one for one in (*_of_phones(seen), *_of_audit(seen)) if not _adds_slash(one)]
    endless = [one.url for one in seen.exchanges if _is_endless(one.reply)] + [
        one.source for one in moved if one.source == one.target
    ]
    if not moved and not endless:
        nothing = all(answer.outcome is AnswerOutcome.FAILED for answer in seen.answers.values())
        return unknown("there was no whole answer") if nothing else good("no answer was a redirect")
    gravest = sorted(moved, key=lambda one: -_severity(one).rank)
    told = [f"{one.status} {one.source} -> {one.target}, {_WORDS[_severity(one)]}" for one in gravest]
    if endless:
        loops = [f"{url} is redirected without end" for url in dict.fromkeys(endless)]
        return bad(*loops, *told, severity=Severity.ERROR)
    return bad(*told, severity=_severity(gravest[0]))


def _of_phones(seen: Observations) -> Iterator[Redirect]:
    for one in seen.exchanges:
        yield from one.redirects


def _of_audit(seen: Observations) -> Iterator[Redirect]:
    for answer in seen.answers.values():
        yield from answer.redirects
        if answer.code is not None and answer.is_redirect:
            yield Redirect(source=answer.url, target=answer.target, status=answer.code)


def _adds_slash(one: Redirect) -> bool:
    """True for a folder without its slash, which every server moves to the one with it."""
    return one.target == f"{one.source}/"


def _is_endless(reply: object) -> bool:
    return isinstance(reply, TransferFailed) and reply.kind is FailureKind.TOO_MANY_REDIRECTS


def _severity(one: Redirect) -> Severity:
    try:
        here, there = urlsplit(one.source), urlsplit(one.target)
    except ValueError:  # what is not a URL leads nowhere
        return Severity.WARNING
    if here.scheme == "https" and there.scheme != "https":
        return Severity.ERROR
    return Severity.WARNING if here.hostname != there.hostname else Severity.INFO
