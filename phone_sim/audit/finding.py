"""A check of the audit, and what it finds. It knows no check and no server."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from phone_sim.audit.observations import Observations
from phone_sim.findings.finding import Place, Severity
from phone_sim.printable import printable

_EVIDENCE_KEPT = 12
_LONGEST_LINE = 600


class Verdict(StrEnum):
    """The result of a check; `UNKNOWN` when the server did not show it."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """A verdict and what it rests on: requests with their answers, a line each; the same again is counted.

    `severity` and `remedy` are set where this judgment has others than its check.
    """

    verdict: Verdict
    evidence: tuple[str, ...]
    severity: Severity | None = None
    remedy: str = ""

    def with_evidence(self, *evidence: object) -> "Judgment":
        """The same verdict with more lines behind it."""
        return replace(self, evidence=(*self.evidence, *_lines(evidence)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is judged: `meaning` is what it means for phones, `remedy` what to do where it is bad."""

    name: str
    meaning: str
    remedy: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCheck(Check):
    """A check of the table; one that `reads_files` says nothing where a login keeps the audit from all files."""

    judge: Callable[[Observations], Judgment]
    reads_files: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """A check and its judgment.

    Of a fault in a file the check is the rule that finds it, and `place` and `message` say where it is and what is
    wrong. `is_known` says that the baseline has it.
    """

    check: Check
    judgment: Judgment
    place: Place | None = None
    message: str = ""
    is_known: bool = False

    @property
    def is_bad(self) -> bool:
        """True when there is something to do."""
        return self.judgment.verdict is Verdict.BAD

    @property
    def severity(self) -> Severity:
        """How much it matters if it is bad."""
        return self.judgment.severity or self.check.severity

    @property
    def remedy(self) -> str:
        """What to do if it is bad."""
        return self.judgment.remedy or self.check.remedy


def good(*evidence: object) -> Judgment:
    """Nothing to do."""
    return _judgment(Verdict.GOOD, evidence)


def bad(*evidence: object, severity: Severity | None = None, remedy: str = "") -> Judgment:
    """Something to do."""
    return replace(_judgment(Verdict.BAD, evidence), severity=severity, remedy=remedy)


def unknown(*evidence: object) -> Judgment:
    """The server did not show it."""
    return _judgment(Verdict.UNKNOWN, evidence)


def not_applicable(*evidence: object) -> Judgment:
    """There is nothing to judge."""
    return _judgment(Verdict.NOT_APPLICABLE, evidence)


def good_if(condition: bool, *evidence: object) -> Judgment:
    """Good where the condition holds, else bad."""
    return (good if condition else bad)(*evidence)


def _judgment(verdict: Verdict, evidence: Iterable[object]) -> Judgment:
    return Judgment(verdict=verdict, evidence=_lines(evidence))


def _lines(evidence: Iterable[object]) -> tuple[str, ...]:
    # Without what could steer a terminal or break a document: part of it is a server's own words.
    counts = Counter(printable(str(line)[:_LONGEST_LINE]) for line in evidence)
    lines = tuple(line if count == 1 else f"{line} ({count} times)" for line, count in counts.items())
    more = (f"and {len(lines) - _EVIDENCE_KEPT} more",) if len(lines) > _EVIDENCE_KEPT else ()
    return lines[:_EVIDENCE_KEPT] + more
