"""`phone-sim audit`: what a boot server does well and badly for phones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.boot_rom_options import boot_rom_option
from phone_sim.cli.finding_options import fail_on_option
from phone_sim.cli.named_server import await_server, wait_option
from phone_sim.cli.option_types import FiniteRange
from phone_sim.cli.options import firmware_option, json_option
from phone_sim.cli.output import console, progress, quiet_option, say
from phone_sim.cli.report_file import ReportFile, write_report
from phone_sim.cli.tls_options import ciphers_option, tls_max_of_firmware_option
from phone_sim.errors import UsageError
from phone_sim.mac_address import DEFAULT_MAC

if TYPE_CHECKING:
    from phone_sim.audit.audit_report import AuditReport
    from phone_sim.audit.gate import Gate
    from phone_sim.audit.plan import AuditPlan

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_QUIET_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outputs:
    """Where the result goes."""

    junit: Path | None
    html: Path | None
    write_baseline: Path | None
    github: bool
    as_json: bool


@click.command(short_help="Say what a boot server does well and badly.")
@click.argument("url")
@click.option("--mac", default=DEFAULT_MAC.digits, show_default=True, help="MAC address of the phones that boot.")
@click.option("--other-mac", help="A phone whose files must not be given to others. [default: the next MAC]")
@click.option(
    "--model", "models", multiple=True, help="Model of the phones. Can be repeated. [default: all in the bulletin]"
)
@firmware_option
@click.option(
    "--source-address",
    "sources",
    multiple=True,
    metavar="IP",
    help="Address or network of this machine; each boot, then the audit itself, asks from the next. Can be repeated.",
)
@click.option("--trust", type=_FILE, metavar="KEY.pem", help="Public key that license keys are verified with.")
@click.option("--ca-file", type=_FILE, help="Authorities for HTTPS and FTPS servers. [default: certifi's]")
@click.option("--client-cert", type=_FILE, metavar="FILE.pem", help="The phones' own certificate, with its key.")
@tls_max_of_firmware_option
@ciphers_option
@click.option("--outside", default="", metavar="NAME", help="A file you have put beside the root, to be asked for.")
@boot_rom_option
@click.option("--timeout", type=FiniteRange(0.1, 60), default=5.0, show_default=True, help="Seconds for each answer.")
@click.option(
    "--time-limit", type=FiniteRange(1, 3600), default=300.0, show_default=True, help="Seconds for the audit."
)
@click.option(
    "--select",
    multiple=True,
    metavar="CHECKS",
    help="Report only these checks and rules: names or patterns, comma-separated. Can be repeated.",
)
@click.option("--ignore", multiple=True, metavar="CHECKS", help="Do not report these checks or rules. Can be repeated.")
@fail_on_option("audit")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Findings that are known, and do not fail the audit.")
@click.option(
    "--write-baseline", type=ReportFile(), metavar="FILE", help="Write what is found as known, and end with 0."
)
@click.option("--junit", type=ReportFile(), metavar="FILE", help="Write the findings as JUnit XML.")
@click.option("--html", type=ReportFile(), metavar="FILE", help="Write the report as one HTML page.")
@click.option("--github", is_flag=True, help="Print what is bad as workflow commands of GitHub Actions as well.")
@wait_option
@json_option
@quiet_option
def command(
    url: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    baseline: Path | None,
    write_baseline: Path | None,
    junit: Path | None,
    html: Path | None,
    github: bool,
    wait: float,
    as_json: bool,
    **phone: Any,
) -> None:
    """Boot every model of the bulletin against the boot server at URL, and say what the server does well and badly.

    Each model boots with both license rules, always and when-needed; then the server is asked for files that are there,
    are not there, and are not for us. The files that the phones got are checked as by `phone-sim check`. All requests
    come one after another. Two files are uploaded: the log of the phones that boot, <mac>-app.log, and an override file
    that sets nothing, <mac>-phone.cfg, if the server has none; with --boot-rom also the log of that stage,
    <mac>-boot.log.

    Ends with 1 when an error is found; --fail-on sets another severity. --select and --ignore take names of checks and
    rules, or patterns, comma-separated. The table [audit] of phone-sim.toml in the working directory or its parent can
    say the same: select, ignore, fail-on, and per-file-ignores with rules by file pattern. Options beat the file.

    A finding of the baseline is known as long as severity and evidence are the same; the line of a file and numbers
    such as times do not count.

    \b
    Examples: phone-sim audit http://127.0.0.1:8080/ --html audit.html
              phone-sim audit http://127.0.0.1:8080/ --fail-on warning --ignore 'tftp-*,keep-alive'
              phone-sim audit http://127.0.0.1:8080/ --write-baseline known.json
              phone-sim audit http://127.0.0.1:8080/ --baseline known.json
    """
    from phone_sim.audit.gate import AUDIT, Gate, read_baseline
    from phone_sim.cli.audit_plan import make_plan
    from phone_sim.findings.selection import read_selection

    gate = Gate(
        selection=read_selection(Path.cwd(), AUDIT).on_command_line(select, ignore, fail_on),
        baseline=frozenset() if baseline is None else read_baseline(baseline),
    )
    if github and as_json:
        raise UsageError("--github and --json both print to stdout: give one of them")
    outputs = _Outputs(junit=junit, html=html, write_baseline=write_baseline, github=github, as_json=as_json)
    plan = make_plan(url, **phone)
    _await_server(plan, wait)
    _audit(plan, gate, outputs)


def _await_server(plan: "AuditPlan", seconds: float) -> None:
    """Wait for the boot server, as the phones of the audit ask."""
    from contextlib import closing

    from phone_sim.runtime.transport import network_transport

    transport = network_transport(
        limits=plan.limits,
        ca_file=plan.ca_file,
        client_cert=plan.client_cert,
        tls_max=plan.tls_max,
        ciphers=plan.ciphers,
        source_address=plan.source_address(0),
    )
    with closing(transport):
        await_server(plan.url, seconds, transport)


def _audit(plan: "AuditPlan", gate: "Gate", outputs: _Outputs) -> None:
    from phone_sim.audit.audit_report import AuditReport
    from phone_sim.audit.gate import as_baseline
    from phone_sim.audit.github import as_workflow_commands
    from phone_sim.audit.html_page import as_html
    from phone_sim.audit.judging import audit
    from phone_sim.audit.junit import as_junit
    from phone_sim.audit.observe import observe
    from phone_sim.cli.phone_report import talk

    logs = f"{plan.mac}-app.log, -boot.log" if plan.boot_rom else f"{plan.mac}-app.log"
    talk(f"Phones with the MAC {plan.mac} boot; {logs} and -phone.cfg are uploaded.")
    seen = observe(plan, _progress())
    everything = audit(seen)
    findings = gate.reported(everything)
    unreported = sum(one.is_bad for one in everything) - sum(one.is_bad for one in findings)
    report = AuditReport(seen=seen, findings=findings, gone=gate.gone(findings), unreported=unreported)
    _print(report, as_json=outputs.as_json)
    if outputs.github:
        for line in as_workflow_commands(findings):
            say(line)
    write_report("--junit", outputs.junit, as_junit(seen, findings, gate.fails))
    write_report("--html", outputs.html, as_html(report, gate.fails).encode())
    if seen.interruption is not None:
        raise seen.interruption
    if outputs.write_baseline is not None:
        write_report("--write-baseline", outputs.write_baseline, as_baseline(findings))
    elif any(map(gate.fails, findings)):
        click.get_current_context().exit(1)


def _progress() -> Callable[[str], None]:
    """Says what is done next, once it takes long, and then not more often than every few seconds."""
    from time import monotonic

    last = monotonic()

    def tell(what: str) -> None:
        nonlocal last
        if monotonic() - last >= _QUIET_SECONDS:
            last = monotonic()
            progress(what)

    return tell


def _print(report: "AuditReport", *, as_json: bool) -> None:
    from phone_sim.audit import audit_report
    from phone_sim.audit.hints import hints
    from phone_sim.audit.terminal import print_table, tab_separated
    from phone_sim.cli.phone_report import print_json, talk

    if as_json:
        print_json(audit_report.as_json(report))
        return
    terminal = console()
    if terminal.is_terminal:
        print_table(report.findings, terminal)
    else:
        say("\n".join(tab_separated(report.findings)))
    for one in report.gone:
        talk(f"No longer found, take it out of the baseline: {one}")
    for hint in hints(report.seen):
        talk(hint)
    talk(audit_report.summary(report))
