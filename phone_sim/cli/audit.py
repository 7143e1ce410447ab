"""`phone-sim audit`: what a boot server does well and badly for phones."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from phone_sim.cli.option_types import FiniteRange
from phone_sim.cli.options import json_option
from phone_sim.cli.output import console, say
from phone_sim.cli.report_file import ReportFile, write_report
from phone_sim.cli.tls_options import ciphers_option, tls_max_option
from phone_sim.mac_address import DEFAULT_MAC

if TYPE_CHECKING:
    from collections.abc import Callable

    from phone_sim.audit.finding import Finding
    from phone_sim.audit.observations import Observations
    from phone_sim.audit.observe import AuditPlan

    Findings: TypeAlias = tuple[Finding, ...]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_QUIET_SECONDS = 2.0


@click.command(short_help="Say what a boot server does well and badly.")
@click.argument("url")
@click.option("--mac", default=DEFAULT_MAC.digits, show_default=True, help="MAC address of the phones that boot.")
@click.option("--other-mac", help="A phone whose files must not be given to others. [default: the next MAC]")
@click.option("--trust", type=_FILE, metavar="KEY.pem", help="Public key that license keys are verified with.")
@click.option("--ca-file", type=_FILE, help="Authorities for HTTPS and FTPS servers. [default: certifi's]")
@click.option("--client-cert", type=_FILE, metavar="FILE.pem", help="The phones' own certificate, with its key.")
@tls_max_option
@ciphers_option
@click.option("--outside", default="", metavar="NAME", help="A file you have put beside the root, to be asked for.")
@click.option("--timeout", type=FiniteRange(0.1, 60), default=5.0, show_default=True, help="Seconds for each answer.")
@click.option(
    "--time-limit", type=FiniteRange(1, 3600), default=300.0, show_default=True, help="Seconds for the audit."
)
@click.option("--junit", type=ReportFile(), metavar="FILE", help="Write the checks as JUnit XML.")
@click.option("--html", type=ReportFile(), metavar="FILE", help="Write the report as one HTML page.")
@json_option
def command(
    url: str,
    mac: str,
    other_mac: str | None,
    trust: Path | None,
    ca_file: Path | None,
    client_cert: Path | None,
    tls_max: str,
    ciphers: str,
    outside: str,
    timeout: float,
    time_limit: float,
    junit: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Boot every model against the boot server at URL, and say what the server does well and badly.

    Each model boots with both license rules, always and when-needed; then the server is asked for files that are there,
    are not there, and are not for us. All requests come one after another. The only thing that is uploaded is the log
    of the phones that boot, <mac>-app.log. Ends with 1 when something is bad.

    Example: phone-sim audit http://127.0.0.1:8080/ --html audit.html
    """
    from phone_sim.audit.observe import AuditPlan, following
    from phone_sim.mac_address import MacAddress
    from phone_sim.runtime.trust_file import load_anchor

    phone = MacAddress.parse(mac)
    plan = AuditPlan(
        url=_checked(url),
        now=datetime.now(UTC),
        mac=phone,
        other_mac=following(phone) if other_mac is None else MacAddress.parse(other_mac),
        anchor=None if trust is None else load_anchor(trust),
        ca_file=ca_file,
        client_cert=client_cert,
        tls_max=tls_max,
        ciphers=ciphers,
        timeout=timeout,
        time_limit=time_limit,
        outside=outside,
    )
    _audit(plan, junit=junit, html=html, as_json=as_json)


def _audit(plan: "AuditPlan", *, junit: Path | None, html: Path | None, as_json: bool) -> None:
    from phone_sim.audit.checks import audit
    from phone_sim.audit.html_page import as_html
    from phone_sim.audit.junit import as_junit
    from phone_sim.audit.observe import observe
    from phone_sim.cli.phone_report import talk

    talk(f"Phones with the MAC {plan.mac} boot; only {plan.mac}-app.log is uploaded.")
    seen = observe(plan, _progress())
    findings = audit(seen)
    _print(seen, findings, as_json=as_json)
    write_report("--junit", junit, as_junit(seen, findings))
    write_report("--html", html, as_html(seen, findings).encode())
    if seen.interruption is not None:
        raise seen.interruption
    if any(finding.is_bad for finding in findings):
        click.get_current_context().exit(1)


def _progress() -> "Callable[[str], None]":
    """Says what is done next, once it takes long, and then not more often than every few seconds."""
    from time import monotonic

    from phone_sim.cli.phone_report import talk

    last = monotonic()

    def progress(what: str) -> None:
        nonlocal last
        if monotonic() - last >= _QUIET_SECONDS:
            last = monotonic()
            talk(what)

    return progress


def _print(seen: "Observations", findings: "Findings", *, as_json: bool) -> None:
    from phone_sim.audit import audit_report
    from phone_sim.audit.terminal import print_table, tab_separated
    from phone_sim.cli.phone_report import print_json, talk

    if as_json:
        print_json(audit_report.as_json(seen, findings))
        return
    terminal = console()
    if terminal.is_terminal:
        print_table(findings, terminal)
    else:
        say("\n".join(tab_separated(findings)))
    talk(audit_report.summary(seen, findings))


def _checked(url: str) -> str:
    from phone_sim.firmware.location import BootServerAddress
    from phone_sim.runtime.transport import check_addresses

    BootServerAddress.parse(url)  # one, and not several
    check_addresses(url)
    return url
