"""An audit as JUnit XML: a test case for each check; bad is a failure, unknown and not applicable are skipped."""

import re

from lxml import etree

from phone_sim.audit.finding import Finding, Verdict
from phone_sim.audit.observations import Observations

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(seen: Observations, findings: tuple[Finding, ...]) -> bytes:
    """The document, in UTF-8."""
    suite = etree.Element(
        "testsuite",
        name=_plain(f"phone-sim audit {seen.url}"),
        tests=str(len(findings)),
        failures=str(sum(finding.is_bad for finding in findings)),
        errors="0",
        skipped=str(sum(_is_skipped(finding) for finding in findings)),
    )
    for finding in findings:
        case = etree.SubElement(suite, "testcase", classname="audit", name=finding.check.name)
        evidence = _plain("\n".join(finding.judgment.evidence))
        if finding.is_bad:
            failure = etree.SubElement(case, "failure", message=finding.check.meaning)
            failure.text = f"{evidence}\n{finding.check.remedy}"
        elif _is_skipped(finding):
            etree.SubElement(case, "skipped", message=f"{finding.judgment.verdict.value}: {evidence}")
        else:
            etree.SubElement(case, "system-out").text = evidence
    return etree.tostring(suite, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _is_skipped(finding: Finding) -> bool:
    return finding.judgment.verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)


def _plain(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("?", text)
