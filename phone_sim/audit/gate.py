"""Which findings of an audit are reported, which are known, and which make it fail.

A baseline is a JSON file with the findings that somebody has accepted: name, severity, and what is wrong. Of a fault in
a file that is the file and the message, without the line, which moves; of a check the evidence, without the numbers and
the made-up names that are others in each audit. This module knows no server.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from phone_sim.audit.checks import CHECKS
from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.errors import UsageError
from phone_sim.findings.rules import RULES
from phone_sim.findings.selection import Selectable, Selection

AUDIT = Selectable(table="audit", names=(*(check.name for check in CHECKS), *RULES), called="check or rule")
"""What an audit reports: its checks, and the rules that faults in files are found by."""
_ALL = Selection(selectable=AUDIT)
_SIZE_LIMIT = 4 * 1024 * 1024
_FORM = {"phone_sim_audit_baseline": 1}
_COUNTED = "bytes|s|times|boots|models|more|requests|connections|answers"
_VARYING = re.compile(rf"\b[0-9a-f]{{16}}\b|\b[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?(?= (?:{_COUNTED})\b)")
_MEASURED = ("answer-time", "keep-alive")
"""Checks of which all evidence is other in each audit."""
_SHOWN = 200
_KEYS = frozenset({"check", "severity", "file", "message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFinding:
    """An entry of a baseline; `file` is empty for a check."""

    check: str
    severity: str
    file: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.check} ({self.severity}) {': '.join(filter(None, (self.file, self.message)))[:_SHOWN]}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """The entry for the file."""
        return {"check": self.check, "severity": self.severity, "file": self.file, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is reported, what is known, and what fails."""

    selection: Selection = _ALL
    baseline: frozenset[AcceptedFinding] = frozenset()

    def reported(self, findings: Iterable[AuditFinding]) -> tuple[AuditFinding, ...]:
        """The findings that are reported; those of the baseline are marked as known."""
        return tuple(
            replace(one, is_known=one.is_bad and accepted(one) in self.baseline)
            for one in findings
            if self.selection.reports(one.check.name, one.place.file if one.place is not None else "")
        )

    def fails(self, finding: AuditFinding) -> bool:
        """Whether a reported finding makes the audit fail."""
        return finding.is_bad and not finding.is_known and self.selection.is_failure(finding.severity)

    def gone(self, findings: Sequence[AuditFinding]) -> tuple[AcceptedFinding, ...]:
        """The findings of the baseline that are not there any more; what this audit could not judge is not gone."""
        present = {accepted(one) for one in findings if one.is_bad}
        undecided = {
            one.check.name for one in findings if one.judgment.verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)
        }
        files_judged = not {"file-contents", "activation-files"} <= undecided
        return tuple(
            sorted(
                (
                    one
                    for one in self.baseline - present
                    if self.selection.reports(one.check, one.file)
                    and (files_judged if one.file else one.check not in undecided)
                ),
                key=str,
            )
        )


def accepted(finding: AuditFinding) -> AcceptedFinding:
    """The entry of a baseline for this finding."""
    name, severity = finding.check.name, finding.severity.value
    if finding.place is not None:
        return AcceptedFinding(check=name, severity=severity, file=finding.place.file, message=finding.message)
    evidence = () if name in _MEASURED else finding.judgment.evidence
    return AcceptedFinding(check=name, severity=severity, message=_VARYING.sub("*", "; ".join(evidence)))


def read_baseline(file: Path) -> frozenset[AcceptedFinding]:
    """The findings that a file accepts.

    Raises:
        UsageError: the file cannot be read, or is not a baseline.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"--baseline {file}: {error.strerror}") from error
    if len(data) > _SIZE_LIMIT:
        raise UsageError(f"--baseline {file}: larger than {_SIZE_LIMIT} bytes")
    try:
        document = json.loads(data)
        entries = document.pop("findings")
        if document != _FORM or not all(_is_entry(one) for one in entries):
            raise ValueError
        return frozenset(AcceptedFinding(**one) for one in entries)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise UsageError(f"--baseline {file}: not a baseline; write one with --write-baseline") from error


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.keys() == _KEYS and all(isinstance(one, str) for one in entry.values())


def as_baseline(findings: Iterable[AuditFinding]) -> bytes:
    """The file that accepts what is bad in these findings, in UTF-8."""
    entries = sorted({accepted(one) for one in findings if one.is_bad}, key=str)
    document = {**_FORM, "findings": [one.as_json() for one in entries]}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(errors="replace")
