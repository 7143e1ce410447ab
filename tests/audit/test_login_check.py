"""A login that is wanted or refused is one finding, and what depends on it has nothing to judge."""

from dataclasses import replace

import pytest

from phone_sim.audit.checks import CHECKS
from phone_sim.audit.finding import Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.login_check import login
from phone_sim.audit.observations import AnswerOutcome, AuditQuestion, ObservedAnswer
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import MODELS, SITE, audited, bad_ones, probed, verdict


@pytest.mark.slow
@pytest.mark.parametrize(("who", "words"), [("", "wants user and password"), ("user:no@", "refuses the user")])
def test_login_is_the_one_finding(who: str, words: str) -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["challenge=digest"])) as server:
        _, findings = audited(server.url.replace("://", f"://{who}"))
    assert bad_ones(findings) == {"login"} | ({"password-in-clear"} if who else set())
    evidence = findings["login"].judgment.evidence
    assert words in evidence[0]
    assert evidence[0].endswith("Digest, realm 'phone_sim'")
    assert any("logged in 4 boots: copy 4: Failed to download file 000000000000.cfg" in line for line in evidence)
    assert {verdict(findings, check.name) for check in CHECKS if check.reads_files} == {Verdict.NOT_APPLICABLE}
    assert findings["missing-files"].judgment.evidence == ("behind a login: see the check login",)


@pytest.mark.slow
def test_login_for_uploads_alone_is_told_once() -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["challenge=basic method=PUT"])) as server:
        _, findings = audited(server.url)
    assert bad_ones(findings) == {"login"}
    assert verdict(findings, "log-upload") is Verdict.NOT_APPLICABLE
    assert verdict(findings, "every-model-boots") is Verdict.GOOD


def test_login_for_one_file_is_told_once() -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["challenge=basic file=site.cfg"])) as server:
        _, findings = audited(server.url, models=MODELS[:1])
    assert bad_ones(findings) == {"login"}
    assert findings["configuration-files"].judgment.evidence == ("behind a login: see the check login",)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ('Basic realm="a b"', "Basic, realm 'a b'"),
        ('Digest realm="x", qop="auth", nonce="1", Basic realm="x"', "Digest/Basic, realm 'x', realm 'x'"),
        ("Negotiate", "Negotiate"),
        ("", "scheme not named"),
        ("=" * 5000, "scheme not named"),
    ],
)
def test_challenges_are_named(header: str, words: str) -> None:
    answer = ObservedAnswer(
        method="GET",
        url="http://127.0.0.1/a.cfg",
        outcome=AnswerOutcome.REFUSED,
        status="HTTP 401",
        code=401,
        headers={"www-authenticate": header},
    )
    seen = replace(probed("http"), answers={AuditQuestion.MASTER: answer})
    assert login(seen).evidence[0] == f"the server wants user and password, and none was given: {words}"


def test_ftp_has_no_challenge() -> None:
    answer = ObservedAnswer(
        method="RETR", url="ftp://127.0.0.1/a.cfg", outcome=AnswerOutcome.REFUSED, status="FTP 530 no", code=530
    )
    seen = replace(probed("ftp"), has_password=True, answers={AuditQuestion.MASTER: answer})
    assert login(seen).evidence[0] == "the server refuses the user and password given: FTP"
    elsewhere = replace(answer, method="GET")
    assert login(replace(seen, answers={AuditQuestion.MASTER: elsewhere})).verdict is Verdict.GOOD


def test_without_a_login_there_is_nothing_to_say() -> None:
    assert login(probed("tftp")).verdict is Verdict.NOT_APPLICABLE
    assert login(probed("http")).verdict is Verdict.UNKNOWN
    assert {one.check.name for one in audit(probed("http")) if one.is_bad} == set()
