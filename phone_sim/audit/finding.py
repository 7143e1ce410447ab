"""A check of the audit, and what it finds. It knows no check and no server."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from phone_sim.audit.observations import Observations
from phone_sim.printable import printable

_EVIDENCE_KEPT = 12
_LONGEST_LINE = 600


class Verdict(StrEnum):
    """What a check comes to; `UNKNOWN` when the server did not show it."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """A verdict and what it rests on: requests with their answers, a line each; the same again is counted."""

    verdict: Verdict
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is judged: `meaning` is what it is to phones, `remedy` what to do where it is bad."""

    name: str
    meaning: str
    remedy: str
    judge: Callable[[Observations], Judgment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A check and its judgment."""

    check: Check
    judgment: Judgment

    @property
    def is_bad(self) -> bool:
        """True when there is something to do."""
        return self.judgment.verdict is Verdict.BAD


def good(*evidence: object) -> Judgment:
    """Nothing to do."""
    return _judgment(Verdict.GOOD, evidence)


def bad(*evidence: object) -> Judgment:
    """Something to do."""
    return _judgment(Verdict.BAD, evidence)


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
    # Without what could steer a terminal or break a document: part of it is a server's own words.
    counts = Counter(printable(str(line)[:_LONGEST_LINE]) for line in evidence)
    lines = tuple(line if count == 1 else f"{line} ({count} times)" for line, count in counts.items())
    more = (f"and {len(lines) - _EVIDENCE_KEPT} more",) if len(lines) > _EVIDENCE_KEPT else ()
    return Judgment(verdict=verdict, evidence=lines[:_EVIDENCE_KEPT] + more)
