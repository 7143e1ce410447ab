"""Judges what an audit has seen by the table of checks. Pure: it asks nothing."""

from phone_sim.audit import file_checks
from phone_sim.audit.checks import CHECKS
from phone_sim.audit.complaint_owners import with_complaints
from phone_sim.audit.finding import AuditFinding
from phone_sim.audit.kept_out import kept_out_by, left_out
from phone_sim.audit.observations import Observations


def audit(seen: Observations) -> tuple[AuditFinding, ...]:
    """The finding of each check; those about faults in files replace the check of these files."""
    kept_out = kept_out_by(seen)
    faults = file_checks.faults_in_files(seen)
    findings: list[AuditFinding] = []
    for check in CHECKS:
        judged = AuditFinding(check=check, judgment=left_out(check, kept_out) or check.judge(seen))
        findings += faults.get(check.name, (judged,))
    return with_complaints(findings, seen, kept_out=kept_out)
