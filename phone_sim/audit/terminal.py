"""An audit for people at a terminal, and as tab-separated lines for a pipe."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phone_sim.audit.finding import Finding, Verdict
from phone_sim.printable import visible

_COLORS = {Verdict.GOOD: "green", Verdict.BAD: "red", Verdict.UNKNOWN: "yellow", Verdict.NOT_APPLICABLE: "dim"}


def print_table(findings: tuple[Finding, ...], console: Console) -> None:
    """A table with a row for each check; what is bad says what to do."""
    table = Table(box=SIMPLE, show_lines=False)
    for heading in ("check", "verdict", "what was seen"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "check")
    for finding in findings:
        verdict = finding.judgment.verdict
        words = Text(visible("\n".join(finding.judgment.evidence)))
        if finding.is_bad:
            words = Text(f"{finding.check.meaning}\n") + words + Text(f"\nTo do: {finding.check.remedy}", style="bold")
        table.add_row(finding.check.name, Text(verdict.value, style=_COLORS[verdict]), words)
    console.print(table)


def tab_separated(findings: tuple[Finding, ...]) -> list[str]:
    """A line for each check: name, verdict, evidence, what to do; the last empty where there is nothing to do."""
    return [
        "\t".join(
            " ".join(cell.split())
            for cell in (
                finding.check.name,
                finding.judgment.verdict.value,
                "; ".join(finding.judgment.evidence),
                finding.check.remedy if finding.is_bad else "",
            )
        )
        for finding in findings
    ]
