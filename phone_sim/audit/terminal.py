"""An audit for people at a terminal, and as tab-separated lines for a pipe."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.findings.finding import Severity
from phone_sim.printable import visible

_COLORS = {Verdict.GOOD: "green", Verdict.UNKNOWN: "magenta", Verdict.NOT_APPLICABLE: "dim"}
_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def print_table(findings: tuple[AuditFinding, ...], console: Console) -> None:
    """A table with a row for each finding; what is bad says how bad, and what to do."""
    table = Table(box=SIMPLE, show_lines=False)
    for heading in ("check", "verdict", "what was seen"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "check")
    for finding in findings:
        words = Text(visible("\n".join(finding.judgment.evidence)))
        if finding.is_bad:
            remedy = visible(f"\nTo do: {finding.remedy}")
            words = Text(f"{finding.check.meaning}\n") + words + Text(remedy, style="bold")
        table.add_row(visible(finding.check.name), _verdict(finding), words)
    console.print(table)


def _verdict(finding: AuditFinding) -> Text:
    if not finding.is_bad:
        verdict = finding.judgment.verdict
        return Text(verdict.value, style=_COLORS[verdict])
    return Text(severity_word(finding), style="dim" if finding.is_known else _SEVERITIES[finding.severity])


def severity_word(finding: AuditFinding) -> str:
    """How much a finding matters, and whether it is known; empty for one that is not bad."""
    if not finding.is_bad:
        return ""
    return f"{finding.severity.value} (known)" if finding.is_known else finding.severity.value


def tab_separated(findings: tuple[AuditFinding, ...]) -> list[str]:
    """A line for each finding: name, verdict, severity, evidence, what to do.

    Severity and what to do are empty where a finding is not bad.
    """
    return [
        "\t".join(
            " ".join(cell.split())
            for cell in (
                finding.check.name,
                finding.judgment.verdict.value,
                severity_word(finding),
                "; ".join(finding.judgment.evidence),
                finding.remedy if finding.is_bad else "",
            )
        )
        for finding in findings
    ]
