"""The rules of findings: codes, texts and order of severities."""

import re

import pytest

from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.findings.rules import RULES

RULE = Rule(
    code="config-not-well-formed",
    severity=Severity.ERROR,
    summary="A configuration file that is not well-formed XML",
    why="No phone can read it.",
    remedy="Correct the line.",
    basis=Basis.DECISION,
    source="D27",
)


@pytest.mark.parametrize("code", RULES)
def test_code_is_readable_and_texts_are_sentences(code: str) -> None:
    rule = RULES[code]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", code)
    assert not rule.summary.endswith(".")
    assert rule.why.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.source


def test_finding_says_where_and_what() -> None:
    finding = Finding(rule=RULE, place=Place(file="site.cfg", line=3), message="attribute without a value")
    assert str(finding) == "site.cfg:3: config-not-well-formed attribute without a value"
    assert finding.what_to_do == "Correct the line."
    assert finding.as_json()["line"] == 3


def test_severities_compare() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.INFO, Severity.WARNING, Severity.ERROR]
