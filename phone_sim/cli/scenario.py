"""`phone-sim scenario`: runs scenario files and says which went as expected."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.interruption import result_so_far
from phone_sim.cli.named_server import await_server, check_servers, check_wait, wait_option
from phone_sim.cli.options import (
    ca_file_option,
    client_certs_option,
    json_option,
    trust_option,
)
from phone_sim.cli.output import Styled, quiet_option, say, talk, warn
from phone_sim.cli.report_file import ReportFile, write_report
from phone_sim.cli.tls_options import ciphers_option, tls_max_of_firmware_option, tls_min_option
from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.scenario.scenario import Scenario
    from phone_sim.scenario.target_server import ServerOptions


@click.command(short_help="Run scenario files: phones, a boot server, expectations.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--server",
    multiple=True,
    metavar="URL",
    help="Boot server of yours; of several, the first that answers. [default: the file's]",
)
@trust_option
@ca_file_option
@client_certs_option
@tls_min_option
@tls_max_of_firmware_option
@ciphers_option
@click.option("--junit", type=ReportFile(), metavar="FILE", help="File for JUnit XML.")
@click.option("--seed", type=click.IntRange(min=0), help="What chance= and corrupt go by. [default: the file's]")
@click.option("--github", is_flag=True, help="Print failures as workflow commands of GitHub Actions as well.")
@wait_option
@json_option
@quiet_option
def command(
    files: tuple[Path, ...],
    server: tuple[str, ...],
    trust: Path | None,
    ca_file: Path | None,
    client_cert: Path | None,
    tls_min: str | None,
    tls_max: str | None,
    ciphers: str,
    junit: Path | None,
    seed: int | None,
    github: bool,
    wait: float,
    as_json: bool,
) -> None:
    """Run scenario FILEs: phones and a boot server, what happens to them, and what is expected.

    A line for each FILE says ok or failed, and how long it took; a failure shows what was expected and found, and the
    end of the log. All files are read before the first is run. Ends with 1 if a scenario failed, and with 2 if a FILE
    is none; the message names file, line and key.

    A FILE has an embedded boot server of its own, whose license keys are signed with the test pair, or it names one of
    yours with a url. --server names one for all FILEs: each option goes before what a FILE says. What only the embedded
    server can do, such as its files, its licenses and faults, is then an error. Phones upload their logs there.

    Example: phone-sim scenario fixtures/scenarios/*.phone.toml
    """
    from phone_sim.scenario.target_server import ServerOptions

    said = ServerOptions(
        option="--server",
        url=check_servers(server) or None,
        trust=trust,
        ca_file=ca_file,
        client_cert=client_cert,
        tls_min=tls_min,
        tls_max=tls_max,
        ciphers=ciphers or None,
    )
    if github and as_json:
        raise UsageError("--github and --json both print to stdout: give one of them")
    _check(said)
    scenarios = _read(files, said)
    _await_servers(scenarios, wait)
    _run(scenarios, junit=junit, seed=seed, github=github, as_json=as_json)


def _check(said: "ServerOptions") -> None:
    """Refuse what cannot be used before a file is read."""
    from phone_sim.runtime.client_certificates import PATTERN
    from phone_sim.runtime.transport import Tls
    from phone_sim.runtime.transport.tls import client_context
    from phone_sim.runtime.trust_file import load_anchor

    load_anchor(said.trust)
    of_all = None if PATTERN in f"{said.client_cert}" else said.client_cert  # others are known with the phones
    if said.ca_file is not None or of_all is not None:
        client_context(Tls(ca_file=said.ca_file, client_cert=of_all))


def _await_servers(scenarios: "list[Scenario]", seconds: float) -> None:
    """Wait for each boot server that is named; for the embedded ones nobody has to."""
    from phone_sim.scenario.remote_server import RemoteServer
    from phone_sim.scenario.run import limits_of
    from phone_sim.scenario.scenario import NamedServer

    named = {one.server.url: one for one in scenarios if isinstance(one.server, NamedServer)}
    check_wait(" ".join(named), seconds)
    for url, scenario in named.items() if seconds else ():
        if isinstance(scenario.server, NamedServer):
            server = RemoteServer(scenario.server, limits=limits_of(scenario))
            with closing(server.transport(scenario.phones[0])) as transport:
                await_server(url, seconds, transport)


def _run(scenarios: "list[Scenario]", *, junit: Path | None, seed: int | None, github: bool, as_json: bool) -> None:
    from phone_sim.cli.phone_report import print_json
    from phone_sim.scenario import scenario_report
    from phone_sim.scenario.run import run_scenario

    outcomes = []
    with result_so_far() as broken_off:
        for scenario in scenarios:
            outcomes.append(outcome := run_scenario(scenario, seed))
            color = "green" if outcome.passed else "red"
            told = talk if as_json else say
            told(Styled(scenario_report.progress_line(outcome), fg=color))
            if not outcome.passed:
                told(scenario_report.failure_text(outcome))
            if github:
                for line in scenario_report.as_workflow_commands(outcome):
                    say(line)
    if as_json:
        print_json([scenario_report.as_json(outcome) for outcome in outcomes])
    write_report("--junit", junit, scenario_report.as_junit(outcomes))
    if broken_off.interruption is not None:
        say(f"Interrupted: {len(outcomes)} of {len(scenarios)} scenarios were run", err=True)
    broken_off.go_on()
    if not all(outcome.passed for outcome in outcomes):
        click.get_current_context().exit(1)


def _read(files: tuple[Path, ...], said: "ServerOptions") -> "list[Scenario]":
    """The scenarios, on the boot server that is said; every file that is none, or cannot be run there, is named."""
    from phone_sim.runtime.model_files import load_model
    from phone_sim.scenario.read import read_scenario
    from phone_sim.scenario.target_server import with_server

    scenarios, wrong = [], []
    for file in files:
        try:
            scenarios.append(with_server(read_scenario(file), said))
        except UsageError as error:
            wrong.append(str(error))
    if wrong:
        raise UsageError("\n".join(wrong))
    phones = [phone for scenario in scenarios for phone in scenario.phones]
    warn(*(load_model(phone.model).firmware_warning(phone.firmware) for phone in phones))
    return scenarios
