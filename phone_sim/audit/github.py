"""An audit as workflow commands, which GitHub Actions shows on the page of a run: a line for each bad finding."""

from collections.abc import Iterable

from phone_sim.audit.finding import AuditFinding
from phone_sim.findings.github import workflow_command


def as_workflow_commands(findings: Iterable[AuditFinding]) -> list[str]:
    """The lines; files are on the boot server, so what is wrong in one is named in the title."""
    return [
        workflow_command(
            one.severity,
            "\n".join((one.message or one.check.meaning, *one.judgment.evidence, one.remedy)),
            title=f"audit: {one.check.name}" if one.place is None else f"audit: {one.check.name} {one.place}",
        )
        for one in findings
        if one.is_bad and not one.is_known
    ]
