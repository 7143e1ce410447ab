"""An audit as JUnit XML: a test case for each finding.

What makes the audit fail is a failure. What could not be judged is skipped. All else has passed, with what was seen.
"""

from collections.abc import Callable
from functools import partial

from phone_sim import junit
from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.audit.observations import Observations


def as_junit(seen: Observations, findings: tuple[AuditFinding, ...], fails: Callable[[AuditFinding], bool]) -> bytes:
    """The document, in UTF-8; `fails` says which findings are failures."""
    return junit.as_junit(f"phone-sim audit {seen.url}", [_case(one, is_failure=fails(one)) for one in findings])


def _case(finding: AuditFinding, *, is_failure: bool) -> junit.JunitCase:
    verdict, evidence = finding.judgment.verdict, "\n".join(finding.judgment.evidence)
    name = finding.check.name if finding.place is None else f"{finding.check.name} {finding.place}"
    case = partial(junit.JunitCase, classname="audit", name=name)
    if is_failure:
        message = f"{finding.severity.value}: {finding.message or finding.check.meaning}"
        return case(failure=message, details=f"{evidence}\n{finding.remedy}")
    if verdict in (Verdict.UNKNOWN, Verdict.NOT_APPLICABLE):
        return case(skipped=f"{verdict.value}: {evidence}")
    state = f"{finding.severity.value}{', known' if finding.is_known else ''}\n" if finding.is_bad else ""
    return case(details=f"{state}{evidence}")
