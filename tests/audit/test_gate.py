"""What an audit fails for: severities, checks that are ignored, and a baseline."""

import json
from pathlib import Path

import pytest

from phone_sim.audit.finding import AuditFinding, Check, bad, good, unknown
from phone_sim.audit.gate import AUDIT, Gate, accepted, as_baseline, read_baseline
from phone_sim.errors import UsageError
from phone_sim.findings.finding import Place, Severity
from phone_sim.findings.selection import FILE, Selection, read_selection


def finding(name: str, *evidence: str, severity: Severity = Severity.ERROR, place: Place | None = None) -> AuditFinding:
    check = Check(name=name, meaning="It matters.", remedy="Do it.", severity=severity)
    message = evidence[0] if place is not None else ""
    return AuditFinding(check=check, judgment=bad(*evidence), place=place, message=message)


MISSING = finding("configuration-files", "GET http://a/b.cfg: 404", "logged in 30 boots: x")
NAMELESS = finding("missing-files", "GET http://a/0123456789abcdef.cfg: 20 bytes")
SLOW = finding("answer-time", "median 3.217 s", severity=Severity.WARNING)
FAULT = finding("value-not-usable", "is 3", severity=Severity.WARNING, place=Place(file="a.cfg", line=3))
FOUND = (MISSING, NAMELESS, SLOW, FAULT)


def gate(folder: Path, *, select: str = "", ignore: str = "", fail_on: str | None = None) -> Gate:
    """The gate of an audit in a folder, with these options."""
    return Gate(selection=read_selection(folder, AUDIT).on_command_line([select], [ignore], fail_on))


@pytest.mark.parametrize(("fail_on", "count"), [(None, 2), ("error", 2), ("warning", 4), ("never", 0)])
def test_severity_decides(tmp_path: Path, fail_on: str | None, count: int) -> None:
    assert sum(map(gate(tmp_path, fail_on=fail_on).fails, FOUND)) == count


def test_checks_and_rules_are_selected_and_ignored_by_pattern(tmp_path: Path) -> None:
    assert gate(tmp_path, ignore="value-*, answer-time").reported(FOUND) == (MISSING, NAMELESS)
    assert gate(tmp_path, select="value-*, answer-time").reported(FOUND) == (SLOW, FAULT)
    assert gate(tmp_path, select="*-files", ignore="missing-*").reported(FOUND) == (MISSING,)
    with pytest.raises(UsageError, match=r"--ignore: unknown check or rule 'anser-time'; did you mean answer-time$"):
        gate(tmp_path, ignore="anser-time")
    with pytest.raises(UsageError, match=r"--select: no check or rule matches 'tea-\*'; did you mean "):
        gate(tmp_path, select="tea-*")


def test_file_has_a_table_for_audits_and_options_beat_it(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text(
        '[check]\nselect = "license-*"\nfail-on = "never"\n[audit]\nignore = ["answer-time"]\nfail-on = "warning"\n'
        '[audit.per-file-ignores]\n"a.*" = "value-*"\n"*" = "missing-files"\n'
    )
    told = gate(tmp_path)
    assert told.reported(FOUND) == (MISSING, NAMELESS)  # that is about no file, so that no glob of files is for it
    assert told.fails(SLOW)
    assert told.selection.on_command_line(["answer-*"], (), None).ignore == ()
    assert not gate(tmp_path, fail_on="error").fails(SLOW)
    assert gate(tmp_path, select="answer-time").reported(FOUND) == (SLOW,)
    file.write_text('[audit]\nignore = ["keep-alife"]\n')
    with pytest.raises(
        UsageError, match=r":2: audit\.ignore: unknown check or rule 'keep-alife'; did you mean keep-al"
    ):
        gate(tmp_path)
    assert read_selection(tmp_path) == Selection()


def test_baseline_knows_findings_again(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_bytes(as_baseline(FOUND))
    known = Gate(selection=Selection(selectable=AUDIT, fail_on=Severity.INFO), baseline=read_baseline(file))
    later = (
        finding("configuration-files", "GET http://a/b.cfg: 404", "logged in 2 boots: x"),
        finding("missing-files", "GET http://a/fedcba9876543210.cfg: 31 bytes"),
        finding("answer-time", "median 4.1 s", severity=Severity.WARNING),
        finding("value-not-usable", "is 3", severity=Severity.WARNING, place=Place(file="a.cfg", line=8)),
    )
    assert [one.is_known for one in known.reported(later)] == [True] * 4
    assert not any(map(known.fails, known.reported(later)))
    new = (
        finding("configuration-files", "GET http://a/c.cfg: 404"),
        finding("answer-time", "median 9 s"),
        finding("value-not-usable", "is 4", severity=Severity.WARNING, place=Place(file="a.cfg", line=3)),
    )
    assert [one.is_known for one in known.reported(new)] == [False] * 3


def test_what_is_gone_is_told_and_what_was_not_judged_is_not() -> None:
    known = Gate(baseline=frozenset(map(accepted, FOUND)))
    undecided = AuditFinding(check=MISSING.check, judgment=unknown("not seen"))
    contents = AuditFinding(check=finding("file-contents").check, judgment=good("a.cfg"))
    assert known.gone((undecided, contents)) == (accepted(SLOW), accepted(NAMELESS), accepted(FAULT))
    files_unknown = [
        AuditFinding(check=finding(name).check, judgment=unknown()) for name in ("file-contents", "activation-files")
    ]
    assert known.gone((*files_unknown, MISSING)) == (accepted(SLOW), accepted(NAMELESS))


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


def test_entry_that_is_not_reported_is_not_gone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[audit.per-file-ignores]\n"a.cfg" = "value-*"\n')
    entries = frozenset(map(accepted, FOUND))
    assert Gate(selection=gate(tmp_path).selection, baseline=entries).gone(()) == (
        accepted(SLOW),
        accepted(MISSING),
        accepted(NAMELESS),
    )
    assert Gate(selection=gate(tmp_path, select="answer-*").selection, baseline=entries).gone(()) == (accepted(SLOW),)
