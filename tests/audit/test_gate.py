"""What an audit fails for: severities, checks that are ignored, and a baseline."""

import json
from pathlib import Path

import pytest

from phone_sim.audit.finding import Check, Finding, bad, good, unknown
from phone_sim.audit.gate import Gate, accepted, as_baseline, patterns, read_baseline
from phone_sim.errors import UsageError
from phone_sim.findings.finding import Place, Severity


def finding(name: str, *evidence: str, severity: Severity = Severity.ERROR, place: Place | None = None) -> Finding:
    check = Check(name=name, meaning="It matters.", remedy="Do it.", severity=severity)
    message = evidence[0] if place is not None else ""
    return Finding(check=check, judgment=bad(*evidence), place=place, message=message)


MISSING = finding("configuration-files", "GET http://a/b.cfg: 404", "logged in 30 boots: x")
NAMELESS = finding("missing-files", "GET http://a/0123456789abcdef.cfg: 20 bytes")
SLOW = finding("answer-time", "median 3.217 s", severity=Severity.WARNING)
FAULT = finding("value-not-usable", "is 3", severity=Severity.WARNING, place=Place(file="a.cfg", line=3))
FOUND = (MISSING, NAMELESS, SLOW, FAULT)


@pytest.mark.parametrize(("fail_on", "count"), [(Severity.ERROR, 2), (Severity.WARNING, 4), (None, 0)])
def test_severity_decides(fail_on: Severity | None, count: int) -> None:
    assert sum(map(Gate(fail_on=fail_on).fails, FOUND)) == count


def test_ignored_checks_are_not_reported() -> None:
    gate = Gate(ignore=patterns("--ignore", ["value-*, answer-time"]))
    assert gate.reported(FOUND) == (MISSING, NAMELESS)
    with pytest.raises(UsageError, match="--ignore: no check or rule is 'anser-time'; did you mean answer-time"):
        patterns("--ignore", ["anser-time"])


def test_baseline_knows_findings_again(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_bytes(as_baseline(FOUND))
    gate = Gate(baseline=read_baseline(file), fail_on=Severity.INFO)
    later = (
        finding("configuration-files", "GET http://a/b.cfg: 404", "logged in 2 boots: x"),
        finding("missing-files", "GET http://a/fedcba9876543210.cfg: 31 bytes"),
        finding("answer-time", "median 4.1 s", severity=Severity.WARNING),
        finding("value-not-usable", "is 3", severity=Severity.WARNING, place=Place(file="a.cfg", line=8)),
    )
    assert [one.is_known for one in gate.reported(later)] == [True] * 4
    assert not any(map(gate.fails, gate.reported(later)))
    new = (
        finding("configuration-files", "GET http://a/c.cfg: 404"),
        finding("answer-time", "median 9 s"),
        finding("value-not-usable", "is 4", severity=Severity.WARNING, place=Place(file="a.cfg", line=3)),
    )
    assert [one.is_known for one in gate.reported(new)] == [False] * 3


def test_what_is_gone_is_told_and_what_was_not_judged_is_not() -> None:
    gate = Gate(baseline=frozenset(map(accepted, FOUND)))
    undecided = Finding(check=MISSING.check, judgment=unknown("not seen"))
    contents = Finding(check=finding("file-contents").check, judgment=good("a.cfg"))
    assert gate.gone((undecided, contents)) == (accepted(SLOW), accepted(NAMELESS), accepted(FAULT))
    files_unknown = [
        Finding(check=finding(name).check, judgment=unknown()) for name in ("file-contents", "activation-files")
    ]
    assert gate.gone((*files_unknown, MISSING)) == (accepted(SLOW), accepted(NAMELESS))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"phone_sim_audit_baseline": 2, "findings": []}',
        '{"phone_sim_audit_baseline": 1, "findings": [{"check": 1}]}',
        json.dumps({"phone_sim_audit_baseline": 1, "findings": 3}),
        "[" * 100_000,
    ],
)
def test_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="not a baseline; write one with --write-baseline"):
        read_baseline(file)
