"""Findings as JUnit XML: a test case for each rule and file, which fails if a finding fails the check."""

from collections.abc import Callable, Collection

from phone_sim import junit
from phone_sim.findings.finding import Finding


def as_junit(checked: str, findings: Collection[Finding], fails: Callable[[Finding], bool]) -> bytes:
    """The document, in UTF-8; `checked` is the file or folder, `fails` says whether a finding fails the check."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.place.file, finding.rule.code), []).append(finding)
    cases = [_case(file, together, fails) for (file, _), together in grouped.items()]
    nothing = junit.JunitCase(classname=checked, name="findings", details="no findings")
    return junit.as_junit(f"phone-sim check {checked}", cases or [nothing])


def _case(file: str, findings: list[Finding], fails: Callable[[Finding], bool]) -> junit.JunitCase:
    rule = findings[0].rule
    lines = [f"{finding.place}: {finding.message}. {finding.what_to_do}" for finding in findings]
    return junit.JunitCase(
        classname=file,
        name=rule.code,
        failure=rule.summary if any(map(fails, findings)) else "",
        details="\n".join(lines),
    )
