"""Findings as JUnit XML: a case per rule and file, which fails where the check does."""

from lxml import etree

from phone_sim.findings.finding import Finding, Place
from phone_sim.findings.junit import as_junit
from phone_sim.findings.rules import RULES
from phone_sim.findings.selection import Selection


def finding(code: str, file: str, line: int) -> Finding:
    """A finding."""
    return Finding(rule=RULES[code], place=Place(file=file, line=line), message="m\x00")


def test_case_is_of_a_rule_and_a_file_and_fails_from_the_severity_on() -> None:
    findings = [
        finding("license-expired", "a.cfg", 1),
        finding("license-expired", "a.cfg", 2),
        finding("license-expired", "b.cfg", 3),
        finding("license-no-keys", "b.cfg", 4),
    ]
    suite = etree.fromstring(as_junit("site", findings, Selection().fails))[0]
    assert suite.get("name") == "phone-sim check site"
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    names = [(case.get("classname"), case.get("name"), case[0].tag) for case in suite]
    assert names == [
        ("a.cfg", "license-expired", "failure"),
        ("b.cfg", "license-expired", "failure"),
        ("b.cfg", "license-no-keys", "system-out"),
    ]
    assert (suite[0][0].text or "").startswith("a.cfg:1: m\ufffd. Renew the license")
    assert "a.cfg:2: m" in (suite[0][0].text or "")


def test_nothing_found_is_a_case_that_passes() -> None:
    suite = etree.fromstring(as_junit("site", [], Selection().fails))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
