"""`phone-sim fleet` as load: in one process, as a master of workers, or as a worker."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.expectation import expectation
from phone_sim.cli.interruption import handled_by
from phone_sim.cli.named_server import await_server, check_servers
from phone_sim.cli.output import progress, say, talk
from phone_sim.signals import Interrupted

if TYPE_CHECKING:
    from phone_sim.fleet.population.population_file import FleetFile
    from phone_sim.fleet.protocol.run_setup import Distribution, RunSetup
    from phone_sim.mac_address import MacAddress
    from phone_sim.runtime.transport import Tls

_NOTHING = "nothing of that name was counted"


def be_worker(values: dict[str, Any]) -> None:
    """Run as a worker of a master."""
    from phone_sim.errors import UsageError

    try:
        with _unbroken():
            from phone_sim.fleet.on_locust.worker import run_worker
    except ModuleNotFoundError as error:
        raise UsageError(f"fleet needs {error.name}: pip install 'phone-sim[fleet]'") from error
    master = (values["master_host"], values["master_port"])
    run_worker(master, values["master_max_wait"], ends_with_input=values["ends_with_input"])


def load(found: "FleetFile", watched: "tuple[MacAddress, ...]", values: dict[str, Any]) -> None:
    """Run the load, and report the result."""
    from phone_sim.errors import UsageError
    from phone_sim.fleet.on_locust.thresholds import Threshold

    thresholds = tuple(Threshold.parse(rule) for rule in values["rules"])
    setup = _setup(found, watched, values)
    distribution = _distribution(values)
    population = found.population
    try:
        # Before anything that keeps a socket: it replaces the sockets of the whole process.
        with _unbroken():
            from phone_sim.fleet.on_locust.load import Load, run_load
    except ModuleNotFoundError as error:
        raise UsageError(f"fleet needs {error.name}: pip install 'phone-sim[fleet]'") from error

    _await_server(setup, values["wait"])
    web_host, metrics_port = values["web_host"], values["metrics_port"]
    result = run_load(
        Load(
            setup=setup,
            spawn_rate=values["spawn_rate"] or population.count / max(1.0, population.seconds),
            seconds=values["run_time"],
            until_up=values["until_up"],
            thresholds=thresholds,
            web=None if values["headless"] else (web_host, values["web_port"]),
            metrics=None if metrics_port is None else (web_host, metrics_port),
            names=values["web_names"],
            csv_prefix=values["csv_prefix"],
            html=values["html"],
            on_line=lambda mac, line: say(f"{mac} {line}", err=True),
            talk=talk if values["headless"] else partial(say, err=True),  # who needs the page has to know where it is
            progress=progress,
            distribution=distribution,
        )
    )
    table, interruption, unwritten = (result.pop(name) for name in ("table", "interruption", "unwritten"))
    report(result, values["as_json"], table, interruption, unwritten)


def _await_server(setup: "RunSetup", seconds: float) -> None:
    """Wait for the boot server, as the first phone asks."""
    from phone_sim.runtime.client_certificates import own_tls
    from phone_sim.runtime.transport import Limits, network_transport

    if not seconds:
        return
    first = setup.population.phone(0)
    tls = own_tls(setup.tls, first.mac, first.firmware)
    transport = network_transport(
        limits=Limits(answer=setup.timeout, transfer=12 * setup.timeout),
        ca_file=tls.ca_file,
        client_cert=tls.client_cert,
        tls_min=tls.oldest,
        tls_max=tls.newest_spoken,
        ciphers=tls.ciphers,
    )
    with closing(transport):
        await_server(setup.boot_server, seconds, transport)


@contextmanager
def _unbroken() -> Iterator[None]:
    """Postpone signals: one would stop the import that replaces the locks of this process half-way."""
    heard: list[int] = []
    with handled_by(lambda number, _: heard.append(number)):
        yield
    if heard:
        raise Interrupted(heard[0])


def _setup(found: "FleetFile", watched: "tuple[MacAddress, ...]", values: dict[str, Any]) -> "RunSetup":
    from phone_sim.errors import UsageError
    from phone_sim.fleet.protocol.run_setup import RunSetup
    from phone_sim.runtime.trust_file import load_anchor

    if values["server"] is None:
        raise UsageError("--server is missing: where is the boot server?")
    check_servers([values["server"]])
    return RunSetup(
        population=found.population,
        population_text="" if values["file"] is None else values["file"].read_text(encoding="utf-8"),
        boot_server=values["server"],
        anchor=load_anchor(values["trust"]),
        timeout=values["timeout"],
        expectation=expectation(values["expect"], require_licensed=values["require_licensed"]),
        at_once=values["at_once"],
        tls=_tls(values),
        watched=watched,
    )


def _tls(values: dict[str, Any]) -> "Tls":
    """How the phones speak TLS."""
    from phone_sim.runtime.transport import Tls, newest_version, oldest_version

    return Tls(
        ca_file=values["ca_file"],
        client_cert=values["client_cert"],
        oldest=oldest_version(values["tls_min"], newest_version(values["tls_max"])),
        newest=values["tls_max"],
        ciphers=values["ciphers"],
    )


def _distribution(values: dict[str, Any]) -> "Distribution | None":
    """How the phones are shared among workers; workers of --processes connect to a free port of this machine."""
    from phone_sim.errors import UsageError
    from phone_sim.fleet.protocol.run_setup import Distribution

    processes, patience = values["processes"], values["expect_workers_max_wait"]
    if processes is None:
        bind = (values["master_bind_host"], values["master_bind_port"])
        expected = values["expect_workers"]
        return Distribution(bind=bind, expected=expected, patience=patience) if values["master"] else None
    if values["master"] or processes == 0:
        raise UsageError(
            "--processes starts a master and workers, at least one: it goes with no --master and not with 0"
        )
    count = processes if processes > 0 else os.cpu_count() or 1
    return Distribution(bind=("127.0.0.1", 0), expected=count, patience=patience, started=count)


def report(
    result: dict[str, Any],
    as_json: bool,
    table: Sequence[str] = (),
    interruption: KeyboardInterrupt | None = None,
    unwritten: Sequence[str] = (),
) -> None:
    """Print the result of a run, or the result so far, then which files are `unwritten`.

    Raises the interruption that ended the run, or PhoneSimError for a result that is not as expected; ends with 1 for
    a file that was not written.
    """
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import PhoneSimError

    if as_json:
        print_json(result)
    else:
        say("\n".join([*table, *_result_lines(result)]))
    if passed := result.get("thresholds_passed"):
        for rule, value in passed.items():
            say(f"{rule}: {_NOTHING if value is None else f'it is {value:.1f}'}", err=True)
    for failure in unwritten:
        say(f"Error: {failure}", err=True)
    if interruption is not None:
        raise interruption
    if result["as_expected"] < result["phones"] or passed:
        missing = result["phones"] - result["as_expected"]
        rules = f", {len(passed)} of the rules of --fail-if hold" if passed else ""
        raise PhoneSimError(f"{missing} of {result['phones']} phones are not as expected{rules}")
    if unwritten:
        click.get_current_context().exit(1)


def _result_lines(result: dict[str, Any]) -> list[str]:
    """The census of the phones, and what follows from it, for people."""
    lines = [f"{result['phones']} phones, {result['as_expected']} as expected, {result['reboots']} reboots"]
    lines += [f"  {state}: {count}" for state, count in result["states"].items()]
    for feature, counts in result["features"].items():
        lines += [f"  {feature}: {what}: {count}" for what, count in counts.items()]
    if busiest := result.get("busiest_minute"):
        lines.append(
            f"{result['requests']} requests; most, {busiest['requests']}, in the minute of {busiest['begins']}"
        )
    if failed := result["failed_log_uploads"]:
        lines.append(f"  uploads of logs that failed: {failed}")
    lines += [f"  fault on purpose: {kind}: {count}" for kind, count in sorted(result["faults"].items())]
    if "phone_days" in result:
        lines.append(f"{result['phone_days']} days of phones in {result['seconds']} s")
    lines += [_worker_line(worker) for worker in result.get("workers", ())]
    return lines + [f"  not as expected: {count}: {reason}" for reason, count in result["shortcomings"].items()]


def _worker_line(worker: dict[str, Any]) -> str:
    """A worker and its state, for people."""
    what = f"  worker {worker['index']} (pid {worker['pid']} on {worker['host']}), {worker['phones']['count']} phones"
    if (lost := worker.get("lost")) is None:
        return f"{what}: {worker['state']}"
    return f"{what}: lost after {lost['after']:.0f} s, {lost['reason']}"
