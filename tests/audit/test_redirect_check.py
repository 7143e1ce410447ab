"""Redirects, those that phones followed and those that the audit got, by what they lead to."""

from dataclasses import replace

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.audit.observations import AnswerOutcome, AuditQuestion, Observations, ObservedAnswer
from phone_sim.audit.redirect_check import redirects
from phone_sim.findings.finding import Severity
from tests.audit.audited import LICENSED, MODELS, audited, bad_ones, probed, serving, verdict
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


def test_files_behind_a_redirect_are_judged_as_phones_get_them() -> None:
    passwords: set[str | None] = set()

    def noted(request: Request) -> Script | None:
        passwords.add(request.headers.get("authorization"))
        return None

    def moving(request: Request) -> Script:
        if "authorization" not in request.headers:
            return answering("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="a"')
        return answering("302 Found", b"", f"Location: {good.url.rstrip('/')}{request.path}")

    with HostileHttpServer(serving(other=noted)) as good, HostileHttpServer(serving(other=moving)) as server:
        address = server.url.replace("://127.0.0.1", "://user:secret@localhost")
        _, findings = audited(address, models=MODELS[:1])
    assert passwords == {None}
    assert bad_ones(findings) <= {"redirects", "keep-alive", "log-upload", "overrides-stored", "password-in-clear"}
    assert {verdict(findings, name) for name in ("missing-files", "missing-licenses", "head")} == {Verdict.GOOD}
    assert verdict(findings, "other-license") is Verdict.UNKNOWN
    assert findings["redirects"].severity is Severity.WARNING


def test_page_behind_a_redirect_is_no_missing_file() -> None:
    def moving(request: Request) -> Script | None:
        if request.path == "/welcome":
            return answering("200 OK", b"<html>welcome</html>")
        known = request.path.lstrip("/") in LICENSED or request.method == "PUT"
        return None if known else answering("302 Found", b"", "Location: /welcome")

    with HostileHttpServer(serving(other=moving)) as server:
        _, findings = audited(server.url, models=MODELS[:1])
    assert verdict(findings, "missing-files") is Verdict.BAD
    assert "/welcome: HTTP 200 OK" in findings["missing-files"].judgment.evidence[0]


def test_redirect_without_end_is_an_error_and_no_missing_file() -> None:
    script = serving(other=lambda one: answering("302 Found", b"", f"Location: {one.path}"))
    with HostileHttpServer(script) as server:
        _, findings = audited(server.url, models=MODELS[:1])
    assert findings["redirects"].severity is Severity.ERROR
    assert verdict(findings, "missing-files") is Verdict.BAD
