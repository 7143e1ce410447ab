"""Audits to test with: a site, the plan of an audit, and the verdicts that it comes to."""

from datetime import UTC, datetime
from pathlib import Path

from phone_sim.audit.checks import audit
from phone_sim.audit.finding import Finding, Verdict
from phone_sim.audit.gather import AuditPlan, observe
from phone_sim.audit.observations import Observations
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.trust_file import load_anchor
from tests.make import MAC, configured, master, signed_key

OTHER = MacAddress("0004f2aabbcd")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OWN_LICENSE = f"licenses/{MAC}-license.cfg"
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg", LOG_FILE_DIRECTORY="logs", LICENSE_DIRECTORY="licenses"),
    "site.cfg": configured("LDAP"),
}
LICENSED = {**SITE, OWN_LICENSE: write([signed_key()])}


def plan(
    url: str,
    *,
    ca_file: Path | None = None,
    client_cert: Path | None = None,
    outside: str = "",
    trusts: bool = True,
) -> AuditPlan:
    """An audit of the server at `url`, with the test pair's key named where it `trusts`."""
    return AuditPlan(
        url=url,
        now=NOW,
        mac=MAC,
        other_mac=OTHER,
        anchor=load_anchor() if trusts else None,
        ca_file=ca_file,
        client_cert=client_cert,
        outside=outside,
        timeout=10.0,
    )


def audited(
    url: str, *, ca_file: Path | None = None, client_cert: Path | None = None, outside: str = ""
) -> tuple[Observations, dict[str, Finding]]:
    """What is seen of the server at `url`, and the findings by name."""
    seen = observe(plan(url, ca_file=ca_file, client_cert=client_cert, outside=outside))
    return seen, {finding.check.name: finding for finding in audit(seen)}


def verdict(findings: dict[str, Finding], name: str) -> Verdict:
    """The verdict of one check."""
    return findings[name].judgment.verdict


def bad_ones(findings: dict[str, Finding]) -> set[str]:
    """The names of the checks that came out bad."""
    return {name for name, finding in findings.items() if finding.is_bad}
