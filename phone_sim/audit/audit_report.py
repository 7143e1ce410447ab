"""An audit as values for JSON, and in one line. It knows neither terminal nor page."""

from collections import Counter
from typing import Any

from phone_sim.audit.finding import Finding, Verdict
from phone_sim.audit.observations import Observations, ObservedBoot
from phone_sim.firmware.features import BuiltIn, Enabled, NotLicensed


def as_json(seen: Observations, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The whole audit; bodies of files and passwords are not in it."""
    return {
        "boot_server": seen.url,
        "mac": seen.mac.digits,
        "date": seen.day,
        "bad": sum(finding.is_bad for finding in findings),
        "complete": not seen.cut_short,
        "checks": [
            {
                "name": finding.check.name,
                "verdict": finding.judgment.verdict.value,
                "meaning": finding.check.meaning,
                "evidence": list(finding.judgment.evidence),
                "remedy": finding.check.remedy,
            }
            for finding in findings
        ],
        "boots": [boot_row(boot) for boot in seen.boots],
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
        **gates,
    }


def summary(seen: Observations, findings: tuple[Finding, ...]) -> str:
    """How many checks came to which verdict."""
    counts = Counter(finding.judgment.verdict for finding in findings)
    told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
    by = "It was interrupted" if seen.interruption is not None else "The audit's bounds were reached"
    end = f" {by} before its end." if seen.cut_short else ""
    return f"{seen.url}: {told}; {len(seen.boots)} boots, {len(seen.requests)} requests.{end}"
