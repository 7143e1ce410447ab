"""Findings as SARIF 2.1.0: held against the parts of the OASIS schema that are written."""

import json
from typing import Any

import jsonschema_rs

from phone_sim import __version__
from phone_sim.findings.finding import Finding, Place
from phone_sim.findings.rules import RULES
from phone_sim.findings.sarif import as_sarif

TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """The schema of an object with these properties and no others, as all of SARIF's objects are."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


RULE = closed(
    ["id"],
    id={"type": "string"},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=TEXT | {"required": ["text", "markdown"]},
    defaultConfiguration=closed([], level=LEVEL),
    properties={"type": "object"},
)
LOCATION = closed(
    ["physicalLocation"],  # which code hosts require
    physicalLocation=closed(
        ["artifactLocation"],
        artifactLocation=closed(["uri"], uri={"type": "string", "format": "uri-reference"}),
        region=closed(["startLine"], startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations={"type": "array", "items": closed([], name={"type": "string"}, kind={"type": "string"})},
)
RESULT = closed(
    ["message", "locations"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=TEXT,
    locations={"type": "array", "items": LOCATION, "minItems": 1},
)
DRIVER = closed(["name"], name={"type": "string"}, version={"type": "string"}, rules={"type": "array", "items": RULE})
RUN = closed(
    ["tool", "results"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
SCHEMA = closed(
    ["version", "runs"],
    version={"enum": ["2.1.0"]},
    runs={"type": "array", "items": RUN},
    **{"$schema": {"type": "string", "format": "uri"}},
)


def document(*findings: Finding) -> dict[str, Any]:
    """The run of a document that is valid."""
    written = json.loads(as_sarif(findings))
    jsonschema_rs.validate(SCHEMA, written, validate_formats=True)
    run: dict[str, Any] = written["runs"][0]
    return run


def test_every_rule_has_its_help_and_every_result_its_place() -> None:
    findings = [Finding(rule=rule, place=Place(file="site/a.cfg", line=7), message="m") for rule in RULES.values()]
    run = document(*findings, findings[0])
    assert run["tool"]["driver"]["version"] == __version__
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(RULES[rule["id"]].remedy in rule["help"]["text"] for rule in rules)
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [*RULES, next(iter(RULES))]
    assert {result["level"] for result in run["results"]} == {"note", "warning", "error"}


def test_path_is_a_reference_that_readers_resolve() -> None:
    rule = RULES["license-expired"]
    places = [
        Place(file="a b/100%:ü\udcff.cfg", parameter="feature.1.name\x1b"),
        Place(file="/srv/site/a.cfg"),
    ]
    results = document(*(Finding(rule=rule, place=place, message="a\x1b\udcff") for place in places))["results"]
    locations = [result["locations"][0]["physicalLocation"] for result in results]
    assert [one["artifactLocation"]["uri"] for one in locations] == [
        "a%20b/100%25%3A%C3%BC%FF.cfg",
        "file:///srv/site/a.cfg",
    ]
    assert "region" not in locations[0]
    assert results[0]["message"]["text"] == f"a\\x1b\\udcff. {rule.remedy}"
    assert results[0]["locations"][0]["logicalLocations"] == [{"name": "feature.1.name\\x1b", "kind": "attribute"}]


def test_nothing_found_is_a_run_without_results() -> None:
    assert document()["results"] == []
