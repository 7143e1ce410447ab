"""Findings as workflow commands, which GitHub Actions shows at the lines of a change. This module does no I/O."""

from phone_sim.findings.finding import Finding, Severity
from phone_sim.printable import visible

_COMMANDS = {Severity.INFO: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


def as_workflow_command(finding: Finding) -> str:
    """The line for a finding; the file of its place is a path from the root of the repository."""
    place, rule = finding.place, finding.rule
    return workflow_command(
        rule.severity, f"{finding.message}. {finding.what_to_do}", title=rule.code, file=place.file, line=place.line
    )


def workflow_command(severity: Severity, message: str, *, title: str, file: str = "", line: int | None = None) -> str:
    """The line for a message, at a line of a file where these are known."""
    properties = {"file": file, "line": "" if line is None else f"{line}", "title": title}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{_COMMANDS[severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    """A text as the runner reads it back; what else controls a terminal is escaped for people."""
    return visible(text, kept="\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
