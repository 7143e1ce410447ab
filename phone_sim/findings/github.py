"""Findings as workflow commands, which GitHub Actions shows at the lines of a change. This module does no I/O."""

from phone_sim.findings.finding import Finding, Severity
from phone_sim.printable import visible

_COMMANDS = {Severity.INFO: "notice", Severity.WARNING: "warning", Severity.ERROR: "error"}


def as_workflow_command(finding: Finding) -> str:
    """The line for a finding; the file of its place is a path from the root of the repository."""
    place = finding.place
    properties = {"file": place.file, "line": "" if place.line is None else f"{place.line}", "title": finding.rule.code}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{_COMMANDS[finding.rule.severity]} {listed}::{_data(f'{finding.message}. {finding.what_to_do}')}"


def _data(text: str) -> str:
    """A text as the runner reads it back; what else controls a terminal is escaped for people."""
    return visible(text, kept="\r\n").replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
