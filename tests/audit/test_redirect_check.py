"""Redirects, those that phones followed and those that the audit got, by what they lead to."""

from dataclasses import replace

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.audit.observations import AnswerOutcome, AuditQuestion, Observations, ObservedAnswer
from phone_sim.audit.redirect_check import redirects
from phone_sim.findings.finding import Severity
from tests.audit.audited import LICENSED, audited, probed, serving
from tests.runtime.hostile_http import HostileHttpServer, Request, Script, answering


def moved(source: str, target: str) -> Observations:
    """What is seen of a server that redirects the audit."""
    answer = ObservedAnswer(
        method="GET",
        url=source,
        outcome=AnswerOutcome.REFUSED,
        status="HTTP 302",
        code=302,
        headers={"location": target},
    )
    return replace(probed(source.partition(":")[0]), answers={AuditQuestion.MASTER: answer})


@pytest.mark.parametrize(
    ("source", "target", "severity"),
    [
        ("https://a/x.cfg", "http://a/x.cfg", Severity.ERROR),
        ("http://a/x.cfg", "http://b/x.cfg", Severity.WARNING),
        ("http://a/x.cfg", "https://a/x.cfg", Severity.INFO),
        ("http://a/x.cfg", "/y.cfg", Severity.INFO),
        ("http://a/x.cfg", "x.cfg", Severity.ERROR),
        ("http://a/x.cfg", "http://[", Severity.WARNING),
    ],
)
def test_where_a_redirect_leads_decides(source: str, target: str, severity: Severity) -> None:
    judgment = redirects(moved(source, target))
    assert (judgment.verdict, judgment.severity) == (Verdict.BAD, severity)


def test_folder_that_gets_its_slash_is_no_redirect() -> None:
    assert redirects(moved("http://a/x", "http://a/x/")).verdict is Verdict.GOOD


@pytest.mark.slow
def test_redirect_that_phones_followed_is_seen() -> None:
    files = {**LICENSED, "new/site.cfg": LICENSED["site.cfg"]}

    def moving(request: Request) -> Script | None:
        return answering("307 Moved", b"", "Location: /new/site.cfg") if request.path == "/site.cfg" else None

    with HostileHttpServer(serving(files=files, other=moving)) as server:
        seen, findings = audited(server.url)
    judgment = findings["redirects"].judgment
    way = f"307 {server.url}site.cfg -> {server.url}new/site.cfg, on the same host"
    assert judgment.evidence == (f"{way} ({len(seen.boots)} times)",)
    assert findings["redirects"].severity is Severity.INFO
