"""A fleet as load on a boot server, with Locust's statistics, web page, CSV files and HTML report."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment
from locust.html import get_html_report
from locust.stats import stats_history
from prometheus_client import make_wsgi_app
from zmq import ZMQError

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.fleet.fleet_phone import ShortcomingKind
from phone_sim.fleet.on_locust.escaped_csv import CsvReport
from phone_sim.fleet.on_locust.guarded_server import GuardedServer, serve_guarded
from phone_sim.fleet.on_locust.interruption import Interruption, interruption
from phone_sim.fleet.on_locust.master import FleetMaster
from phone_sim.fleet.on_locust.metrics import registry
from phone_sim.fleet.on_locust.page import FleetPage
from phone_sim.fleet.on_locust.phone_range import OnLine, check_machine
from phone_sim.fleet.on_locust.runner import FleetRunner, FleetUser, options
from phone_sim.fleet.on_locust.statistics import drop_old_seconds, metric_value, statistics_result
from phone_sim.fleet.on_locust.thresholds import Threshold, passed
from phone_sim.fleet.on_locust.users import BOOT_NAME
from phone_sim.fleet.on_locust.worker_processes import WorkerProcesses, worker_processes
from phone_sim.fleet.protocol.run_setup import Distribution, RunSetup
from phone_sim.whole_file import replace_report

_TALK_EVERY = 5.0
_LOOK_EVERY = 0.5
_NOT_UP = frozenset({ShortcomingKind.COMING_UP, ShortcomingKind.NOT_SWITCHED_ON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A load run: the phones and their boot server, and how many phones are switched on a second.

    It ends after `seconds`, never with None; with `until_up` already when all phones have booted. With `web` (host and
    port) Locust's page starts and stops the phones, and proposes `seconds`. `metrics` (host and port) is for
    Prometheus. `names` are further names of both. `csv_prefix` and `html` name the files that Locust writes. `on_line`
    gets the log lines of the watched phones, `talk` a message for people, `progress` a line of it every few seconds.
    Without a `distribution` all phones run in
    this process.
    """

    setup: RunSetup
    spawn_rate: float
    seconds: float | None
    until_up: bool = False
    thresholds: tuple[Threshold, ...] = ()
    web: tuple[str, int] | None = None
    metrics: tuple[str, int] | None = None
    names: tuple[str, ...] = ()
    csv_prefix: str | None = None
    html: Path | None = None
    on_line: OnLine = lambda _mac, _line: None
    talk: Callable[[str], None] = lambda _words: None
    progress: Callable[[str], None] = lambda _words: None
    distribution: Distribution | None = None


def run_load(load: Load) -> dict[str, Any]:
    """Run the load to its end; the result has the census of the phones, and Locust's statistics.

    `interruption` in it is the signal that ended the run, `unwritten` names the files that could not be written.

    Raises:
        UsageError: an address is taken, a file cannot be written, or the machine lacks addresses or open files.
        PhoneSimError: the expected workers do not come.
    """
    environment = Environment(
        user_classes=[FleetUser],
        host=load.setup.boot_server,
        parsed_options=options(
            num_users=load.setup.population.count, spawn_rate=load.spawn_rate, run_time=load.seconds
        ),
    )
    with ExitStack() as stack:
        interrupted = stack.enter_context(interruption())
        runner: FleetMaster | FleetRunner
        started = None
        if load.distribution is None or load.distribution.started:
            check_machine(load.setup, range(load.setup.population.count))
        if load.distribution is None:
            runner = FleetRunner(environment, load.setup, load.on_line)
        else:
            runner = _master(load, environment, load.distribution)
            started = stack.enter_context(worker_processes(load.distribution.started, ("127.0.0.1", runner.port)))
        environment.runner = runner
        stack.callback(runner.quit)
        if started is not None and isinstance(runner, FleetMaster):
            runner.greenlet.spawn(_watch, started, runner)
        unwritten: list[str] = []
        with _beside(load, environment, runner, unwritten):
            _run(load, runner, started, interrupted)
            runner.stop()
        if (html := load.html) is not None:
            page = get_html_report(environment, show_download_link=False).encode()
            _note_failure(unwritten, f"--html {html}", lambda: replace_report(html, page))
        return {
            **_result(load, environment, runner),
            "interrupted": interrupted.is_set(),
            "interruption": interrupted.exception,
            "unwritten": unwritten,
        }


def _master(load: Load, environment: Environment, distribution: Distribution) -> FleetMaster:
    host, port = distribution.bind
    try:
        runner = FleetMaster(environment, load.setup, bind=(host, port), on_line=load.on_line, talk=load.talk)
    except ZMQError as error:
        raise UsageError(f"the master cannot listen at {host}:{port}: is it free, and of this machine?") from error
    load.talk(f"The master is at {host}:{runner.port}")
    return runner


@contextmanager
def _beside(
    load: Load, environment: Environment, runner: FleetMaster | FleetRunner, unwritten: list[str]
) -> Iterator[None]:
    """Run beside the phones: the page, the metrics, the files, and a line of progress every few seconds."""
    beside = Group()
    _check_report(load.html)
    with ExitStack() as stack:
        tables = _csv_report(load, environment)
        stack.callback(beside.kill)
        if tables is not None:
            files = f"--csv {load.csv_prefix}"
            stack.callback(_note_failure, unwritten, files, tables.finish)
            beside.spawn(_note_failure, unwritten, files, tables.write)
        beside.spawn(stats_history, runner)
        beside.spawn(_tell_progress, load, environment, runner)
        token = None
        if load.web is not None:
            page = FleetPage(environment, load.setup, runner, load.web, load.names)
            stack.callback(page.stop)
            token = page.server.access.token
            _say_where(load, "Locust's page is at", page.server, "")
        if load.metrics is not None:
            application = make_wsgi_app(registry(environment, runner.status))
            server = serve_guarded(application, "--metrics-port", load.metrics, load.names, token)
            stack.callback(server.stop)
            _say_where(load, "Metrics are at", server, "metrics")
        yield


def _say_where(load: Load, what: str, server: GuardedServer, path: str) -> None:
    """Say where a server is, and once how to get in."""
    load.talk(f"{what} {server.url}{path}")
    if (token := server.access.token) is not None:
        load.talk(f"Open {server.url}{path}?token={token}; a program sends Authorization: Bearer {token}")


def _run(
    load: Load, runner: FleetMaster | FleetRunner, started: WorkerProcesses | None, interrupted: Interruption
) -> None:
    """Run until the time has passed, all phones are up if that is enough, all workers are lost, or an interruption."""
    if isinstance(runner, FleetMaster) and load.distribution is not None:
        _wait_for_workers(load.distribution, runner, started, interrupted)
    if interrupted.is_set():
        return
    ends: list[Event] = [interrupted]
    if load.web is None:
        ends += [runner.all_lost] if isinstance(runner, FleetMaster) else []
        runner.start(load.setup.population.count, load.spawn_rate)
    if load.until_up:
        ends.append(all_up := Event())
        runner.greenlet.spawn(_set_when_up, all_up, runner)
    gevent.wait(ends, timeout=load.seconds if load.web is None else None, count=1)


def _set_when_up(all_up: Event, runner: FleetMaster | FleetRunner) -> None:
    """Set the event when no phone is left that could still come up."""
    while any(shortcoming.kind in _NOT_UP for shortcoming in runner.status().census.reasons):
        gevent.sleep(_LOOK_EVERY)
    all_up.set()


def _wait_for_workers(
    distribution: Distribution, runner: FleetMaster, started: WorkerProcesses | None, interrupted: Event
) -> None:
    left = distribution.patience
    while len(runner.ready()) < distribution.expected and not interrupted.wait(0.1):
        if started is not None:
            started.check()
        left -= 0.1
        if left < 0:
            raise PhoneSimError(
                f"{len(runner.ready())} of {distribution.expected} workers came in {distribution.patience:g} s"
            )


def _watch(started: WorkerProcesses, runner: FleetMaster) -> None:
    while True:
        gevent.sleep(_LOOK_EVERY)
        runner.mark_ended(started.ended())


def _csv_report(load: Load, environment: Environment) -> CsvReport | None:
    if load.csv_prefix is None:
        return None
    try:
        return CsvReport(environment, load.csv_prefix)
    except OSError as error:
        raise UsageError(f"--csv {load.csv_prefix}: {error.strerror}") from error


def _check_report(html: Path | None) -> None:
    """Refuse a report that cannot be written before the phones boot."""
    if html is not None:
        try:
            html.open("a").close()
        except OSError as error:
            raise UsageError(f"--html {html}: {error.strerror}") from error


def _note_failure(unwritten: list[str], what: str, write: Callable[[], object]) -> None:
    """Write, and note once that it failed: the result of a run is not lost by it."""
    try:
        write()
    except OSError as error:
        failure = f"{what}: {error.strerror or error}"
        if failure not in unwritten:
            unwritten.append(failure)


def _tell_progress(load: Load, environment: Environment, runner: FleetMaster | FleetRunner) -> None:
    while True:
        gevent.sleep(_TALK_EVERY)
        drop_old_seconds(environment.stats)
        boots, status = environment.stats.get(BOOT_NAME, "BOOT"), runner.status()
        load.progress(
            f"{boots.num_requests} boots, {boots.num_failures} not as expected; {status.busy} phones busy, "
            f"{status.waiting} waiting; {environment.stats.total.current_rps:.0f} requests/s"
        )


def _result(load: Load, environment: Environment, runner: FleetMaster | FleetRunner) -> dict[str, Any]:
    status, stats = runner.status(), environment.stats
    return {
        **status.census.result(),
        **({"workers": list(status.workers)} if load.distribution is not None else {}),
        **statistics_result(stats),
        "thresholds_passed": passed(
            load.thresholds, lambda name, metric: metric_value(stats, status.licensed, name, metric)
        ),
    }
