"""An audit as values for JSON, and in one line. It knows neither terminal nor page."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from phone_sim.audit.complaint_owners import owner_of, reply_to
from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.audit.gate import AcceptedFinding
from phone_sim.audit.hints import hints
from phone_sim.audit.kept_out import kept_out_by
from phone_sim.audit.observations import Observations, ObservedBoot
from phone_sim.findings.finding import Severity
from phone_sim.firmware.features import BuiltIn, Enabled, NotLicensed


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was seen, the findings that are reported, and which of the baseline's are gone.

    `unreported` counts what is bad and not reported, since nobody has selected it, or somebody ignores it.
    """

    seen: Observations
    findings: tuple[AuditFinding, ...]
    gone: tuple[AcceptedFinding, ...] = ()
    unreported: int = 0

    def count(self, severity: Severity) -> int:
        """How many findings of this severity are bad and not known."""
        return sum(one.is_bad and not one.is_known and one.severity is severity for one in self.findings)

    @property
    def known(self) -> int:
        """How many findings the baseline has."""
        return sum(one.is_known for one in self.findings)


def as_json(report: AuditReport) -> dict[str, Any]:
    """The whole audit; bodies of files and passwords are not in it."""
    seen, kept_out = report.seen, kept_out_by(report.seen)
    return {
        "boot_server": seen.url,
        "mac": seen.mac.digits,
        "firmware": seen.firmware,
        "date": seen.day,
        "bad": sum(report.count(severity) for severity in Severity),
        **{f"{severity.value}s": report.count(severity) for severity in reversed(Severity)},
        "known": report.known,
        "unreported": report.unreported,
        "gone": [one.as_json() for one in report.gone],
        "hints": list(hints(seen)),
        "complete": not seen.cut_short,
        "checks": [_finding(finding) for finding in report.findings],
        "files": list(seen.files.names),
        "boots": [{**boot_row(boot), "complaints": _complaints(boot, seen, kept_out=kept_out)} for boot in seen.boots],
        "requests": [
            {
                "method": answer.method,
                "url": answer.url,
                "outcome": answer.outcome.value,
                "status": answer.status,
                "code": answer.code,
                "seconds": round(answer.seconds, 6),
            }
            for answer in seen.requests
        ],
    }


def _finding(finding: AuditFinding) -> dict[str, Any]:
    place = finding.place
    return {
        "name": finding.check.name,
        "verdict": finding.judgment.verdict.value,
        "severity": finding.severity.value if finding.is_bad else None,
        "known": finding.is_known,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "parameter": None if place is None else place.parameter,
        "meaning": finding.check.meaning,
        "evidence": list(finding.judgment.evidence),
        "remedy": finding.remedy,
    }


def _complaints(boot: ObservedBoot, seen: Observations, *, kept_out: str) -> list[dict[str, Any]]:
    owners = [owner_of(one, seen.mac, kept_out=kept_out, reply=reply_to(one, boot, seen)) for one in boot.complaints]
    return [{"line": one.line, "checks": list(owner.names)} for one, owner in zip(boot.complaints, owners, strict=True)]


def boot_row(boot: ObservedBoot) -> dict[str, Any]:
    """One boot: the phone, its rule, what it asked, and its features."""
    gates: dict[str, list[str]] = {"on": [], "unlicensed": []}
    for gate in boot.gates:
        kind = "on" if isinstance(gate, Enabled | BuiltIn) else "unlicensed"
        if isinstance(gate, Enabled | BuiltIn | NotLicensed):
            gates[kind].append(gate.feature.key)
    return {
        "model": boot.model.name,
        "license_rule": boot.rule,
        "problem": boot.problem,
        "requests": len(boot.exchanges),
        "source_address": boot.source_address,
        **gates,
    }


def summary(report: AuditReport) -> str:
    """How many findings of each severity there are, and how many checks with another verdict."""
    seen = report.seen
    counts = Counter(finding.judgment.verdict for finding in report.findings)
    told = [
        *(_count(report.count(severity), severity) for severity in reversed(Severity) if report.count(severity)),
        *([f"{report.known} known"] if report.known else []),
        *([f"{report.unreported} bad and not reported"] if report.unreported else []),
        *(
            f"{counts[verdict]} {verdict.value}"
            for verdict in Verdict
            if verdict is not Verdict.BAD and counts[verdict]
        ),
    ]
    by = "It was interrupted" if seen.interruption is not None else "The audit's bounds were reached"
    end = f" {by} before its end." if seen.cut_short else ""
    found = ", ".join(told) or "nothing found"
    return f"{seen.url}: {found}; {len(seen.boots)} boots, {len(seen.requests)} requests.{end}"


def _count(number: int, severity: Severity) -> str:
    return f"{number} {severity.value}{'s' if number > 1 else ''}"
