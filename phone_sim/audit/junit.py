"""An audit as JUnit XML: a test case for each check; bad is a failure, unknown and not applicable are skipped."""

from functools import partial

from phone_sim import junit
from phone_sim.audit.finding import Finding, Verdict
from phone_sim.audit.observations import Observations


def as_junit(seen: Observations, findings: tuple[Finding, ...]) -> bytes:
    """The document, in UTF-8."""
    return junit.as_junit(f"phone-sim audit {seen.url}", [_case(finding) for finding in findings])


def _case(finding: Finding) -> junit.JunitCase:
    check, verdict, evidence = finding.check, finding.judgment.verdict, "\n".join(finding.judgment.evidence)
    case = partial(junit.JunitCase, classname="audit", name=check.name)
    if finding.is_bad:
        return case(failure=check.meaning, details=f"{evidence}\n{check.remedy}")
    if verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE):
        return case(skipped=f"{verdict.value}: {evidence}")
    return case(details=evidence)
