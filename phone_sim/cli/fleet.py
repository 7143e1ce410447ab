"""`phone-sim fleet`: many phones."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import Instant, json_option, trust_option

if TYPE_CHECKING:
    from phone_sim.fleet.read_population import FleetFile
    from phone_sim.mac_address import MacAddress

_FILE = click.Path(path_type=Path, dir_okay=False)
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
@click.option("-r", "--spawn-rate", type=click.FloatRange(0.01), help="Phones a second. [default: the population's]")
@click.option("-t", "--run-time", type=Span(), help="End after this time: 90s, 5m, 1h30m. [default: never]")
@click.option("--headless", is_flag=True, help="Begin at once, without Locust's web page.")
@click.option("--web-host", default="127.0.0.1", show_default=True, help="Address of Locust's web page.")
@click.option("--web-port", type=click.IntRange(1, 65535), default=8089, show_default=True, help="Port of that page.")
@click.option(
    "--at-once", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Most phones busy at once."
)
@click.option(
    "--timeout", type=click.FloatRange(0.1, 60), default=5.0, show_default=True, help="Seconds for an answer."
)
@click.option("--require-licensed", is_flag=True, help="A phone with an unlicensed feature is not as expected.")
@click.option(
    "--fail-if", "rules", multiple=True, metavar="RULE", help="End with 1 if so: 'boot.p95>2s'. May be given again."
)
@click.option("--csv", "csv_prefix", metavar="PREFIX", help="Write Locust's statistics to CSV files.")
@click.option("--html", type=_FILE, help="Write Locust's report to an HTML file.")
@click.option(
    "--log-of", "watched", multiple=True, metavar="MAC", help="Show this phone's log on stderr. May be given again."
)
@click.option(
    "--write-site", "site", type=_FOLDER, metavar="FOLDER", help="Write the boot server's files and licenses."
)
@click.option("--authority", type=_FOLDER, help="With --write-site: folder of the authority. [default: test pair]")
@click.option("--virtual", is_flag=True, help="Virtual time and no sockets: what becomes of the phones until --until.")
@click.option("--now", type=Instant(), help="With --virtual: time at the start. [default: the population's]")
@click.option("--until", type=Instant(), help="With --virtual: time at the end.")
@trust_option
@json_option
def command(**values: Any) -> None:
    """Let many phones boot against a boot server, and stay on.

    Each is the same firmware as that of phone-sim boot. Under load, statistics are on stdout in the end, and the page
    of Locust shows them meanwhile; requests have the phone's own address as <MAC> in their names, and a whole boot is
    the request named boot. Ends with 1 when a phone is not up as expected or a --fail-if rule holds. With --write-site
    no phone boots: what the boot server of the population is to have is written.

    Example: phone-sim fleet --server http://127.0.0.1:8080/ --users 500 --spawn-rate 50 --run-time 1m --headless
    """
    from phone_sim.cli.fleet_site import write_site
    from phone_sim.errors import MacAddressError, UsageError
    from phone_sim.fleet.population import Population
    from phone_sim.fleet.read_population import FleetFile, read_fleet_file
    from phone_sim.mac_address import MacAddress

    try:
        watched = tuple(MacAddress.parse(mac) for mac in values["watched"])
    except MacAddressError as error:
        raise UsageError(f"--log-of {error}") from error
    found = FleetFile(population=Population(count=1)) if values["file"] is None else read_fleet_file(values["file"])
    if values["users"] is not None:
        found = FleetFile(population=found.population.of(values["users"]), files=found.files, licenses=found.licenses)
    if values["authority"] is not None and values["site"] is None:
        raise UsageError("--authority goes with --write-site: phones are told whom to trust with --trust")
    if values["site"] is not None:
        write_site(found, values["site"], values["authority"], as_json=values["as_json"])
    elif values["virtual"]:
        _virtual(found, watched, values)
    else:
        _load(found, watched, values)


def _load(found: "FleetFile", watched: "tuple[MacAddress, ...]", values: dict[str, Any]) -> None:
    from phone_sim.cli.report import talk
    from phone_sim.errors import UsageError
    from phone_sim.firmware.location import BootServer
    from phone_sim.fleet.thresholds import Threshold
    from phone_sim.runtime.transport import Limits
    from phone_sim.runtime.trust_file import load_anchor

    if values["server"] is None:
        raise UsageError("--server is missing: where is the boot server?")
    BootServer.parse_all(values["server"])
    thresholds = tuple(Threshold.parse(rule) for rule in values["rules"])
    population, timeout = found.population, values["timeout"]
    try:
        # Before anything that holds on to a socket: it replaces those of the whole process.
        from phone_sim.fleet.load import Load, run_load
    except ModuleNotFoundError as error:
        raise UsageError(f"fleet needs {error.name}: pip install 'phone-sim[fleet]'") from error

    result = run_load(
        Load(
            population=population,
            boot_server=values["server"],
            anchor=load_anchor(values["trust"]),
            limits=Limits(answer=timeout, transfer=12 * timeout),
            spawn_rate=values["spawn_rate"] or population.count / max(1.0, population.seconds),
            seconds=values["run_time"],
            expects_licenses=values["require_licensed"],
            at_once=values["at_once"],
            thresholds=thresholds,
            web=None if values["headless"] else (values["web_host"], values["web_port"]),
            csv_prefix=values["csv_prefix"],
            html=values["html"],
            watched=watched,
            on_line=lambda mac, line: talk(f"{mac} {line}"),
            talk=talk,
        )
    )
    table = result.pop("table")
    _report(result, values["as_json"], table)


def _virtual(found: "FleetFile", watched: "tuple[MacAddress, ...]", values: dict[str, Any]) -> None:
    from phone_sim.cli.report import talk
    from phone_sim.errors import UsageError
    from phone_sim.fleet.virtual import run_virtual
    from phone_sim.runtime.trust_file import load_anchor

    if values["until"] is None:
        raise UsageError("--virtual needs --until: it would never end")
    if values["server"] is not None:
        raise UsageError("--virtual goes with no --server: the population file says what the boot server has")
    result = run_virtual(
        found,
        start=values["now"] or found.population.now or datetime.now(UTC),
        end=values["until"],
        anchor=load_anchor(values["trust"]),
        expects_licenses=values["require_licensed"],
        watched=watched,
        on_line=lambda mac, line: talk(f"{mac} {line}"),
    )
    _report(result, values["as_json"], [])


def _report(result: dict[str, Any], as_json: bool, table: list[str]) -> None:
    from phone_sim.cli.report import print_json, talk
    from phone_sim.errors import PhoneSimError

    if as_json:
        print_json(result)
    else:
        click.echo("\n".join([*table, *_words(result)]))
    if passed := result.get("thresholds_passed"):
        talk(
            "\n".join(
                f"{rule}: it is {'not known' if value is None else f'{value:.1f}'}" for rule, value in passed.items()
            )
        )
    if result.get("interrupted"):
        raise KeyboardInterrupt
    if result["as_expected"] < result["phones"] or passed:
        missing = result["phones"] - result["as_expected"]
        raise PhoneSimError(
            f"{missing} of {result['phones']} phones are not as expected, {len(passed or ())} rules hold"
        )


def _words(result: dict[str, Any]) -> list[str]:
    """What became of the phones, for people."""
    lines = [f"{result['phones']} phones, {result['as_expected']} as expected, {result['reboots']} reboots"]
    lines += [f"  {state}: {count}" for state, count in result["states"].items()]
    for feature, counts in result["features"].items():
        lines += [f"  {feature}: {what}: {count}" for what, count in counts.items()]
    if busiest := result.get("busiest_minute"):
        lines.append(
            f"{result['requests']} requests; most, {busiest['requests']}, in the minute of {busiest['begins']}"
        )
    lines += [f"  fault on purpose: {kind}: {count}" for kind, count in sorted(result["faults"].items())]
    if "phone_days" in result:
        lines.append(f"{result['phone_days']} days of phones in {result['seconds']} s")
    return lines + [f"  not as expected: {count}: {reason}" for reason, count in result["shortcomings"].items()]
