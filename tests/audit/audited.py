"""Audits to test with: a site, the plan of an audit, and the verdicts that it comes to."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.observations import Observations, TftpSeen, TlsSeen
from phone_sim.audit.observe import observe
from phone_sim.audit.plan import AuditPlan
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.model_files import load_model
from phone_sim.runtime.trust_file import load_anchor
from tests.make import MAC, configured, master, signed_key
from tests.runtime.hostile_http import Conversation, Request, Script, answering

OTHER = MacAddress("0004f2aabbcd")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OWN_LICENSE = f"licenses/{MAC}-license.cfg"
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg", LOG_FILE_DIRECTORY="logs", LICENSE_DIRECTORY="licenses"),
    "site.cfg": configured("LDAP"),
}
LICENSED = {**SITE, OWN_LICENSE: write([signed_key()])}
MODELS = (load_model("SPIP_670"), load_model("VVX_1500"))
"""Those that boot where a test is not about models: one of each age."""


def plan(
    url: str,
    *,
    models: tuple[Model, ...] = MODELS,
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
        models=models,
        anchor=load_anchor() if trusts else None,
        ca_file=ca_file,
        client_cert=client_cert,
        outside=outside,
        timeout=30.0,
    )


def probed(scheme: str, *, tls: TlsSeen | None = None, tftp: TftpSeen | None = None) -> Observations:
    """What is seen of a server where one probe looked at it, and nothing else."""
    return Observations(
        url=f"{scheme}://127.0.0.1/",
        scheme=scheme,
        has_password=False,
        mac=MAC,
        other_mac=OTHER,
        limit=5,
        anchor=None,
        test_anchor=load_anchor(),
        day=NOW.date().isoformat(),
        answers={},
        boots=(),
        tls=tls,
        tftp=tftp,
    )


def audited(
    url: str,
    *,
    models: tuple[Model, ...] = MODELS,
    ca_file: Path | None = None,
    client_cert: Path | None = None,
    outside: str = "",
    timeout: float = 10.0,
    boot_rom: bool = False,
) -> tuple[Observations, dict[str, AuditFinding]]:
    """What is seen of the server at `url`, and the findings by name."""
    asked = plan(url, models=models, ca_file=ca_file, client_cert=client_cert, outside=outside)
    seen = observe(replace(asked, timeout=timeout, boot_rom=boot_rom))
    return seen, {finding.check.name: finding for finding in audit(seen)}


def verdict(findings: dict[str, AuditFinding], name: str) -> Verdict:
    """The verdict of one check."""
    return findings[name].judgment.verdict


def bad_ones(findings: dict[str, AuditFinding]) -> set[str]:
    """The names of the checks that came out bad."""
    return {name for name, finding in findings.items() if finding.is_bad}


def serving(
    *headers: str,
    files: Mapping[str, bytes] = LICENSED,
    kind: str = "text/xml",
    other: Callable[[Request], Script | None] = lambda _: None,
) -> Script:
    """A script for a well-behaved server; files have this type and these headers, `other` may have another script."""
    uploads: dict[str, bytes] = {}

    def script(conversation: Conversation, request: Request) -> None:
        name = request.path.lstrip("/")
        data = uploads.get(name, files.get(name))
        if (special := other(request)) is not None:
            special(conversation, request)
        elif request.method == "PUT":
            uploads[name] = request.body
            answering("201 Created", b"")(conversation, request)
        elif data is None:
            answering("404 Not Found", b"" if request.method == "HEAD" else b"no")(conversation, request)
        else:
            body = b"" if request.method == "HEAD" else data
            answering("200 OK", body, *headers, kind=kind, length=len(data))(conversation, request)

    return script


def for_path(end: str, special: Script, method: str = "GET") -> Callable[[Request], Script | None]:
    """The special script for what ends so."""
    return lambda request: special if request.path.endswith(end) and request.method == method else None


def soft(request: Request) -> Script | None:
    """A page with 200 for all that is no file."""
    known = request.path.lstrip("/") in LICENSED or request.method == "PUT"
    return None if known else answering("200 OK", b"<html>welcome</html>")
