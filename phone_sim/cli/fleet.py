"""`phone-sim fleet`: many phones."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.expectation import expect_option, expectation, require_licensed_option
from phone_sim.cli.interruption import interruption_noted
from phone_sim.cli.named_server import wait_option
from phone_sim.cli.option_types import FiniteRange, Instant
from phone_sim.cli.options import (
    ca_file_option,
    client_certs_option,
    json_option,
    trust_option,
)
from phone_sim.cli.output import quiet_option, say, warn
from phone_sim.cli.tls_options import ciphers_option, tls_max_of_firmware_option, tls_min_option

if TYPE_CHECKING:
    from phone_sim.fleet.population.phones import Population
    from phone_sim.fleet.population.population_file import FleetFile
    from phone_sim.mac_address import MacAddress

_FILE = click.Path(path_type=Path, dir_okay=False)
_PORT = click.IntRange(1, 65535)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


class Span(click.ParamType[float]):
    """A span of time as Locust takes it: `90`, `90s`, `5m`, `1h30m`. In seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds."""
        if isinstance(value, float):
            return value
        match = _SPAN.fullmatch(str(value))
        if not value or match is None:
            self.fail(f"{value!r} is not a time such as 90s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return float(3600 * hours + 60 * minutes + seconds)


@click.command(short_help="Let many phones boot and stay on, as load or on virtual time.")
@click.option("--server", metavar="URL", help="Boot server. [default: the population's own, with --virtual]")
@click.option("--population", "file", type=_FILE, metavar="FILE", help="Which phones there are, and their licenses.")
@click.option("-u", "--users", type=click.IntRange(1), help="Number of phones. [default: the population's]")
@click.option("-r", "--spawn-rate", type=FiniteRange(0.01), help="Phones a second. [default: the population's]")
@click.option("-t", "--run-time", type=Span(), help="End after this time: 90s, 5m, 1h30m. [default: never]")
@click.option("--until-up", is_flag=True, help="End when all phones have booted; --run-time is the limit.")
@click.option("--headless", is_flag=True, help="Begin at once, without Locust's web page.")
@click.option(
    "--web-host", default="127.0.0.1", show_default=True, help="Address of Locust's web page, and of metrics."
)
@click.option(
    "--web-name",
    "web_names",
    metavar="NAME[:PORT]",
    multiple=True,
    help="Name that browsers and Prometheus reach the page by. Can be repeated.",
)
@click.option("--web-port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="Port of that page.")
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), help="Serve Prometheus metrics at this port of --web-host."
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Most phones busy at once, in all.",
)
@click.option("--timeout", type=FiniteRange(0.1, 60), default=5.0, show_default=True, help="Seconds for an answer.")
@expect_option
@require_licensed_option
@click.option(
    "--fail-if", "rules", multiple=True, metavar="RULE", help="End with 1 if so: 'boot.p95>2s'. May be given again."
)
@click.option("--csv", "csv_prefix", metavar="PREFIX", help="Write Locust's statistics to CSV files.")
@click.option("--html", type=_FILE, help="Write Locust's report to an HTML file.")
@click.option(
    "--log-of", "watched", multiple=True, metavar="MAC", help="Show this phone's log on stderr. May be given again."
)
@click.option("--processes", type=click.IntRange(-1), help="Share the phones among so many workers; -1: one a core.")
@click.option("--master", is_flag=True, help="Share the phones among workers that come to this master.")
@click.option("--worker", is_flag=True, help="Be a worker: the master says everything else.")
@click.option("--master-host", default="127.0.0.1", show_default=True, help="With --worker: where the master is.")
@click.option("--master-port", type=_PORT, default=5557, show_default=True, help="With --worker: the master's port.")
@click.option("--master-max-wait", type=Span(), default="30", help="With --worker: time for its answer. [default: 30s]")
@click.option("--master-bind-host", default="127.0.0.1", show_default=True, help="With --master: address; * for all.")
@click.option(
    "--master-bind-port", type=click.IntRange(0, 65535), default=5557, show_default=True, help="With --master: port."
)
@click.option("--expect-workers", type=click.IntRange(1, 1000), default=1, show_default=True, help="Wait for so many.")
@click.option(
    "--expect-workers-max-wait", type=Span(), default="60", help="End if they do not come by then. [default: 60s]"
)
@click.option("--ends-with-input", is_flag=True, hidden=True)
@click.option(
    "--write-site", "site", type=_FOLDER, metavar="FOLDER", help="Write the boot server's files and licenses."
)
@click.option("--authority", type=_FOLDER, help="With --write-site: folder of the authority. [default: test pair]")
@click.option("--virtual", is_flag=True, help="Virtual time and no sockets: what becomes of the phones until --until.")
@click.option("--now", type=Instant(), help="With --virtual: time at the start. [default: the population's]")
@click.option("--until", type=Instant(), help="With --virtual: time at the end.")
@trust_option
@ca_file_option
@client_certs_option
@tls_min_option
@tls_max_of_firmware_option
@ciphers_option
@wait_option
@json_option
@quiet_option
def command(**values: Any) -> None:
    """Let many phones boot against a boot server, and stay on.

    Each is the same firmware as that of phone-sim boot. Under load, statistics are on stdout in the end, and the page
    of Locust shows them meanwhile; requests have the phone's own address as <MAC> and other numbers as * in their
    names, and a whole boot is the request named boot. Ends with 1 when a phone is not up as expected (--expect, as for
    phone-sim boot) or a --fail-if rule holds. With --until-up the run ends when all phones have booted, and with 1 if
    they have not after --run-time. With --write-site no phone boots: what the boot server of the population is to have
    is written.

    Only this machine can open the page and the metrics. With another --web-host, an address with a token is on stderr,
    and nobody is let in without it; a program sends Authorization: Bearer TOKEN. The page starts phones at the boot
    server of --server only. It speaks HTTP: who reads that network reads the token.

    With --processes or --master, each phone is of one worker. A worker that is lost takes its phones with it: they
    count as lost, and the run goes on. Workers are told the population by the master, which trusts whoever comes.

    Example: phone-sim fleet --server http://127.0.0.1:8080/ --users 500 --spawn-rate 50 --run-time 1m --headless
    """
    from phone_sim.cli.fleet_load import be_worker, load
    from phone_sim.cli.fleet_option_rules import check_options
    from phone_sim.cli.fleet_site import write_site
    from phone_sim.errors import MacAddressError, UsageError
    from phone_sim.fleet.population.phones import Population
    from phone_sim.fleet.population.population_file import FleetFile, read_fleet_file
    from phone_sim.mac_address import MacAddress

    check_options(values)
    if values["worker"]:
        be_worker(values)
        return
    try:
        watched = tuple(MacAddress.parse(mac) for mac in values["watched"])
    except MacAddressError as error:
        raise UsageError(f"--log-of {error}") from error
    found = FleetFile(population=Population(count=1)) if values["file"] is None else read_fleet_file(values["file"])
    if values["users"] is not None:
        found = replace(found, population=found.population.of(values["users"]))
    _warn_of_firmware(found.population)
    if values["headless"] or values["virtual"]:  # the page can start more phones
        _check_watched(found, watched)
    if values["site"] is not None:
        write_site(found, values["site"], values["authority"], as_json=values["as_json"])
    elif values["virtual"]:
        _virtual(found, watched, values)
    else:
        load(found, watched, values)


def _warn_of_firmware(population: "Population") -> None:
    from phone_sim.runtime.model_files import load_model

    models = [load_model(model) for model, share in population.models.items() if share]
    firmwares = [firmware for firmware, share in population.firmwares.items() if share]
    warn(*(model.firmware_warning(firmware) for model in models for firmware in firmwares))


def _check_watched(found: "FleetFile", watched: "tuple[MacAddress, ...]") -> None:
    from phone_sim.errors import UsageError

    population = found.population
    for mac in watched:
        if not population.has(mac):
            first, last = population.phone(0).mac, population.phone(population.count - 1).mac
            raise UsageError(f"--log-of {mac}: no phone has this address; the first has {first}, the last {last}")


def _virtual(found: "FleetFile", watched: "tuple[MacAddress, ...]", values: dict[str, Any]) -> None:
    from phone_sim.cli.fleet_load import report
    from phone_sim.errors import UsageError
    from phone_sim.fleet.virtual_run import run_virtual
    from phone_sim.runtime.trust_file import load_anchor

    if values["until"] is None:
        raise UsageError("--virtual needs --until: it would never end")
    anchor = load_anchor(values["trust"])
    with interruption_noted() as noted:
        result = run_virtual(
            found,
            start=values["now"] or found.population.now or datetime.now(UTC),
            end=values["until"],
            anchor=anchor,
            expectation=expectation(values["expect"], require_licensed=values["require_licensed"]),
            watched=watched,
            on_line=lambda mac, line: say(f"{mac} {line}", err=True),
            is_over=lambda: noted.interruption is not None,
        )
    report(result, values["as_json"], interruption=noted.interruption)
