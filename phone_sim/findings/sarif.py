"""Findings as SARIF 2.1.0 (OASIS), the form in which code hosts read the results of checks. This module does no I/O."""

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from phone_sim import __version__
from phone_sim.findings.finding import Finding, Rule, Severity
from phone_sim.findings.guide import rule_entry
from phone_sim.printable import visible

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.INFO: "note", Severity.WARNING: "warning", Severity.ERROR: "error"}


def as_sarif(findings: Sequence[Finding]) -> bytes:
    """The document; the file of each place is a path from the folder that readers take for the root, or absolute."""
    rules = list({finding.rule.code: finding.rule for finding in findings}.values())
    run = {
        "tool": {
            "driver": {"name": "phone-sim", "version": __version__, "rules": [_rule(rule) for rule in rules]},
        },
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, rules.index(finding.rule)) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2).encode("ascii") + b"\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why}\n\n{rule.remedy}", "markdown": rule_entry(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"basis": rule.basis.value, "source": rule.source},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line is not None:
        physical["region"] = {"startLine": place.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.parameter:
        location["logicalLocations"] = [{"name": visible(place.parameter, kept=""), "kind": "attribute"}]
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.rule.severity],
        "message": {"text": f"{visible(finding.message, kept='')}. {finding.what_to_do}"},
        "locations": [location],
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), errors="surrogateescape")
