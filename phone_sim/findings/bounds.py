"""Limits on what a hostile file can put into findings: their number, their length and their characters."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from phone_sim.findings.finding import Finding
from phone_sim.printable import visible

FINDING_LIMIT = 20
"""Maximum number of findings of one rule in one file (our choice); the last one says how many more there are."""
_TEXT_LIMIT = 60


def cut(text: str) -> str:
    """A text of a file, short enough for a message."""
    return text if len(text) <= _TEXT_LIMIT else f"{text[:_TEXT_LIMIT]}..."


def at_most(findings: Iterable[Finding], limit: int = FINDING_LIMIT) -> tuple[Finding, ...]:
    """The first findings of each rule in a file, in order, their messages without control characters."""
    counts: Counter[str] = Counter()
    kept: list[Finding] = []
    for finding in findings:
        counts[finding.rule.code] += 1
        if counts[finding.rule.code] <= limit:
            kept.append(finding)
    last = {finding.rule.code: at for at, finding in enumerate(kept)}
    return tuple(
        _written(finding, counts[finding.rule.code] - limit if last[finding.rule.code] == at else 0)
        for at, finding in enumerate(kept)
    )


def _written(finding: Finding, more: int) -> Finding:
    message = visible(finding.message, kept="")
    return replace(finding, message=f"{message} (and {more} more in this file)" if more > 0 else message)
