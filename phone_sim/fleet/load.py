"""A fleet as load on a boot server, with Locust as a library: its statistics, web page, CSV files and HTML report.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

import csv
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment
from locust.html import get_html_report
from locust.runners import STATE_INIT, STATE_STOPPED, LocalRunner
from locust.stats import (
    PERCENTILES_TO_REPORT,
    StatsCSV,
    StatsCSVFileWriter,
    StatsEntry,
    get_error_report_summary,
    get_percentile_stats_summary,
    get_stats_summary,
    stats_history,
)

from phone_sim.errors import UsageError
from phone_sim.fleet.descriptors import allow_open_files
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.live import LiveFleet
from phone_sim.fleet.population import Population
from phone_sim.fleet.result import census
from phone_sim.fleet.seconds import forget_old_seconds
from phone_sim.fleet.thresholds import ALL, Threshold, passed
from phone_sim.fleet.users import BOOT_NAME, PhoneUser, reporting, transports
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import SystemClock
from phone_sim.runtime.transport import Limits

_TALK_EVERY = 5.0
_GRACE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is to be done: the phones, their boot server, and how fast they come; `seconds` None goes on for ever.

    With `web` (host and port) the page of Locust starts and stops the phones. `csv_prefix` and `html` are files that
    are written, as Locust writes them. `on_line` is told the log lines of the `watched` phones.
    """

    population: Population
    boot_server: str
    anchor: TrustAnchor
    limits: Limits
    spawn_rate: float
    seconds: float | None
    expects_licenses: bool
    at_once: int
    thresholds: tuple[Threshold, ...] = ()
    web: tuple[str, int] | None = None
    csv_prefix: str | None = None
    html: Path | None = None
    watched: tuple[MacAddress, ...] = ()
    on_line: Callable[[MacAddress, str], None] = lambda _mac, _line: None
    talk: Callable[[str], None] = lambda _words: None


class FleetUser(PhoneUser):
    """What Locust counts as a user here: a phone of the one fleet, without a greenlet of its own."""


class _FleetRunner(LocalRunner):
    """Locust's runner, whose users are the phones of a fleet."""

    def __init__(self, environment: Environment, live: LiveFleet, wanted: int) -> None:
        self._live = live
        self._wanted = wanted
        self._switched_on = 0
        super().__init__(environment)

    @property
    def user_count(self) -> int:
        """How many phones were switched on."""
        return self._switched_on

    @property
    def user_classes_count(self) -> dict[str, int]:
        """The same, by the only class there is."""
        return {FleetUser.__name__: self._switched_on}

    def spawn_users(self, user_classes_spawn_count: dict[str, int], wait: bool = False) -> list[Any]:  # noqa: ARG002
        """Switch on the next phones."""
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.update_state("spawning")
        end = min(self._wanted, self._switched_on + sum(user_classes_spawn_count.values()))
        self._live.switch_on(range(self._switched_on, end))
        self._switched_on = end
        return []

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:
        """Phones stay up until the end of the run, when all of them are dropped."""


def run_load(load: Load) -> dict[str, Any]:
    """Run the load to its end; the result is what became of the phones, with what Locust counted.

    Raises:
        UsageError: too few open files are allowed for the phones that may be busy at once.
    """
    allow_open_files(load.at_once)
    environment = Environment(user_classes=[FleetUser], host=load.boot_server)
    clock = SystemClock()
    fleet = Fleet(
        load.population,
        boot_server=load.boot_server,
        clock=clock,
        transport=transports(load.limits),
        anchor=load.anchor,
        expects_licenses=load.expects_licenses,
        listeners=reporting(environment, load.on_line),
        watched=load.watched,
    )
    live = LiveFleet(fleet, clock, at_once=load.at_once)
    runner = environment.runner = _FleetRunner(environment, live, load.population.count)
    try:
        interrupted = _run(load, environment, runner, live)
    finally:
        live.stop(_GRACE)
        runner.quit()
    if load.html is not None:
        load.html.write_text(get_html_report(environment, show_download_link=False), encoding="utf-8")
    return {**_result(load, environment, fleet), "interrupted": interrupted}


def _run(load: Load, environment: Environment, runner: _FleetRunner, live: LiveFleet) -> bool:
    """Until the time is over or somebody ends it; true in the latter case."""
    beside = Group()
    beside.spawn(stats_history, runner)
    beside.spawn(_talk, load, environment, live)
    writer = _csv_writer(load, environment)
    if writer is not None:
        beside.spawn(writer.stats_writer)
    page = None
    if load.web is not None:
        page = environment.create_web_ui(*load.web)
        load.talk(f"Locust's page is at http://{load.web[0]}:{load.web[1]}/")
    else:
        runner.start(load.population.count, load.spawn_rate)
    try:
        interrupted = _wait(load.seconds)
    finally:
        beside.kill()
        if page is not None:
            page.stop()
        if writer is not None:
            writer.close_files()
            _write_last(load, environment)
    return interrupted


def _wait(seconds: float | None) -> bool:
    """Wait for the end; true for an interrupt or SIGTERM before it."""
    ended = Event()
    terminated = gevent.signal_handler(signal.SIGTERM, ended.set)
    try:
        return bool(ended.wait(seconds))
    except KeyboardInterrupt:
        return True
    finally:
        terminated.cancel()


def _csv_writer(load: Load, environment: Environment) -> StatsCSVFileWriter | None:
    if load.csv_prefix is None:
        return None
    try:
        return StatsCSVFileWriter(environment, PERCENTILES_TO_REPORT, load.csv_prefix)
    except OSError as error:
        raise UsageError(f"--csv {load.csv_prefix}: {error.strerror}") from error


def _write_last(load: Load, environment: Environment) -> None:
    """Write the statistics as they are in the end: the writer of Locust may have missed the last second."""
    tables = StatsCSV(environment, PERCENTILES_TO_REPORT)
    for name, write in (("stats", tables.requests_csv), ("failures", tables.failures_csv)):
        with Path(f"{load.csv_prefix}_{name}.csv").open("w", newline="") as file:
            write(csv.writer(file))


def _talk(load: Load, environment: Environment, live: LiveFleet) -> None:
    while True:
        gevent.sleep(_TALK_EVERY)
        forget_old_seconds(environment.stats)
        boots = environment.stats.get(BOOT_NAME, "BOOT")
        load.talk(
            f"{boots.num_requests} boots, {boots.num_failures} not as expected; {live.busy} phones busy, "
            f"{live.waiting} waiting; {environment.stats.total.current_rps:.0f} requests/s"
        )


def _result(load: Load, environment: Environment, fleet: Fleet) -> dict[str, Any]:
    entries = [entry for _, entry in sorted(environment.stats.entries.items())]
    return {
        **census(fleet, load.population.count),
        "requests": [_measures(entry) for entry in entries],
        "failures": [
            {"method": error.method, "name": error.name, "reason": str(error.error), "count": error.occurrences}
            for error in environment.stats.errors.values()
        ],
        "thresholds_passed": passed(load.thresholds, lambda name, metric: _measure(environment, name, metric)),
        "table": [
            *get_stats_summary(environment.stats, current=False),
            *get_percentile_stats_summary(environment.stats),
            *(get_error_report_summary(environment.stats) if environment.stats.errors else []),
        ],
    }


def _measures(entry: StatsEntry) -> dict[str, Any]:
    return {
        "method": entry.method,
        "name": entry.name,
        "count": entry.num_requests,
        "failures": entry.num_failures,
        **{metric: _metric(entry, metric) for metric in ("p50", "p95", "p99", "max", "rate")},
    }


def _measure(environment: Environment, name: str, metric: str) -> float | None:
    """What the statistics say of the requests of a name; of several methods, the worst."""
    entries = [each for (found, _), each in environment.stats.entries.items() if found == name and each.num_requests]
    if name == ALL:
        entries = [environment.stats.total]
    measured = [_metric(entry, metric) for entry in entries]
    return None if not measured else min(measured) if metric == "rate" else max(measured)


def _metric(entry: StatsEntry, metric: str) -> float:
    match metric:
        case "failures":
            return 100 * entry.fail_ratio
        case "rate":
            return float(entry.total_rps)
        case "max":
            return float(entry.max_response_time)
        case "avg":
            return float(entry.avg_response_time)
        case _:
            return float(entry.get_response_time_percentile(int(metric[1:]) / 100))
