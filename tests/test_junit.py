"""The JUnit XML that audits and scenarios are reported in."""

from lxml import etree

from phone_sim.junit import JunitCase, as_junit

CASES = (
    JunitCase(classname="a", name="passed", seconds=0.25),
    JunitCase(classname="a", name="said", details="something\n", seconds=0.5),
    JunitCase(classname="a", name="failed", failure="why", details="how", seconds=1.0),
    JunitCase(classname="a", name="skipped", skipped="why not"),
)


def test_document_has_the_suite_its_cases_and_their_outcomes() -> None:
    text = as_junit("a suite", CASES).decode()
    assert (
        text
        == """\
<?xml version='1.0' encoding='UTF-8'?>
<testsuites tests="4" failures="1" errors="0" skipped="1" time="1.750">
  <testsuite tests="4" failures="1" errors="0" skipped="1" time="1.750" name="a suite">
    <testcase classname="a" name="passed" time="0.250"/>
    <testcase classname="a" name="said" time="0.500">
      <system-out>something
</system-out>
    </testcase>
    <testcase classname="a" name="failed" time="1.000">
      <failure message="why">how</failure>
    </testcase>
    <testcase classname="a" name="skipped">
      <skipped message="why not"/>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_time_is_left_out_where_none_was_measured() -> None:
    assert b"time=" not in as_junit("a suite", CASES[3:])


def test_what_xml_cannot_hold_is_replaced_everywhere() -> None:
    bad = "\x00\x1b\ud800\uffff"
    cases = [
        JunitCase(classname=bad, name=bad, failure=bad, details=bad),
        JunitCase(classname=bad, name=bad, skipped=bad, details=bad),
    ]
    root = etree.fromstring(as_junit(bad, cases))
    texts = [value for each in root.iter() for value in (*each.attrib.values(), each.text or "") if "\ufffd" in value]
    assert texts == ["\ufffd" * 4] * 9
