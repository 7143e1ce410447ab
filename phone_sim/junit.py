"""Results as JUnit XML, in the form that CI servers read: one suite with its cases."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

# What XML 1.0 has no way to write.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitCase:
    """A case. One with a `failure` has failed, one with a `skipped` was skipped: each says why in one line.

    `details` are the text of a failure, or what a case that passed has to say. `seconds` is None if nobody measured.
    """

    classname: str
    name: str
    failure: str = ""
    skipped: str = ""
    details: str = ""
    seconds: float | None = None


def as_junit(suite: str, cases: Sequence[JunitCase]) -> bytes:
    """The document, in UTF-8; `suite` names the suite. What XML cannot hold becomes U+FFFD."""
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failure) for case in cases)),
        "errors": "0",
        "skipped": str(sum(bool(case.skipped) for case in cases)),
    }
    if any(case.seconds is not None for case in cases):
        counts["time"] = f"{sum(case.seconds or 0.0 for case in cases):.3f}"
    root = etree.Element("testsuites", counts)
    element = etree.SubElement(root, "testsuite", counts | {"name": _xml_text(suite)})
    for case in cases:
        _add(element, case)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add(suite: etree._Element, case: JunitCase) -> None:
    about = {"classname": _xml_text(case.classname), "name": _xml_text(case.name)}
    if case.seconds is not None:
        about["time"] = f"{case.seconds:.3f}"
    element = etree.SubElement(suite, "testcase", about)
    if case.failure:
        element = etree.SubElement(element, "failure", message=_xml_text(case.failure))
    elif case.skipped:
        element = etree.SubElement(element, "skipped", message=_xml_text(case.skipped))
    elif case.details:
        element = etree.SubElement(element, "system-out")
    if case.details:
        element.text = _xml_text(case.details)


def _xml_text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
