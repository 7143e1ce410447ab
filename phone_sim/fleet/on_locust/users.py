"""`PhoneUser`, a phone as a user of Locust; `phone_sim.fleet.users` is its public import."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from gevent.event import Event
from locust import User, events
from locust.env import Environment
from locust.runners import WorkerRunner

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.effects import Fetched, NotFound, Streamed, Uploaded
from phone_sim.fleet.fleet import CompletedBoot, Fleet, Listeners
from phone_sim.fleet.on_locust.interruption import interrupt_main_greenlet
from phone_sim.fleet.on_locust.live_fleet import LiveFleet
from phone_sim.fleet.on_locust.request_names import bounded_name, request_name
from phone_sim.fleet.on_locust.statistics import bounded_reason
from phone_sim.fleet.phone_clock import clock_of
from phone_sim.fleet.population.phones import PHONE_LIMIT, PlannedPhone, Population
from phone_sim.fleet.population.population_file import read_fleet_file
from phone_sim.fleet.population.source_addresses import check_source_addresses
from phone_sim.fleet.protocol.message import sendable
from phone_sim.fleet.protocol.run_setup import split_evenly
from phone_sim.fleet.transport import fleet_transport
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.printable import printable, visible
from phone_sim.runtime.client_certificates import check_certificates, own_tls
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport import Limits, Tls, Transport, check_addresses
from phone_sim.runtime.trust_file import load_anchor

BOOT_NAME = "boot"
AT_ONCE = 100
"""Maximum number of phones that are busy at the same time (our choice)."""
PHONES_PER_WORKER = 10_000
"""Phones of a worker where the number of workers is not known (our choice)."""
CERTIFICATES_CHECKED = 10_000
"""Number of phones whose certificates are checked at the start; the others may not be needed (our choice)."""


class RequestFailedError(PhoneSimError):
    """A request of a phone, or its boot, failed; with the phone's reason."""

    def __repr__(self) -> str:
        # Locust shows an error by its repr, and a worker sends nothing else of it.
        return str(self)


def reporting(environment: Environment, on_line: Callable[[MacAddress, str], None] | None = None) -> Listeners:
    """Listeners that report each request and each boot to Locust.

    A missing file is an answer and not a failure: whether the phone can do without it shows in its boot. The number of
    names and reasons is bounded.
    """

    def failure(method: str, name: str, reason: str) -> RequestFailedError:
        reason = printable(sendable(reason))
        return RequestFailedError(bounded_reason(environment.stats.errors, method, name, reason))

    def on_exchange(mac: MacAddress, exchange: Exchange) -> None:
        reply, method = exchange.reply, exchange.method
        is_answer = isinstance(reply, Fetched | Streamed | Uploaded | NotFound)
        name = bounded_name(request_name(mac, exchange.path), method, environment.stats.entries)
        environment.events.request.fire(
            request_type=method,
            name=name,
            response_time=1000 * exchange.seconds,
            response_length=exchange.size,
            exception=None if is_answer else failure(method, name, getattr(reply, "reason", "")),
            context={"mac": mac.digits},
        )

    def on_boot(boot: CompletedBoot) -> None:
        environment.events.request.fire(
            request_type="BOOT",
            name=BOOT_NAME,
            response_time=1000 * boot.seconds,
            response_length=0,
            exception=None if boot.shortcoming is None else failure("BOOT", BOOT_NAME, boot.shortcoming.text),
            context={"mac": boot.mac.digits},
        )

    return Listeners(on_exchange=on_exchange, on_boot=on_boot, on_line=on_line or (lambda _mac, _line: None))


def _stay_on(_: User) -> None:
    Event().wait()


class PhoneUser(User):
    """A phone: it is switched on when the user starts, and then stays on, with its daily checks and log uploads.

    `host` is the address of the boot server. `population` is a population or the path of its file, which each worker of
    Locust needs. Paths are relative to the current folder, or else to the locustfile. `trust` is the file of the public
    key that license keys are verified with; without it, the test pair's (D5). A boot that falls short of `expectation`
    is a failure; `expects_licenses` (deprecated) is the same as the expectation `LICENSED`. `tls` has the settings of
    HTTPS and FTPS, with `<MAC>` in the name of a client certificate for the phone's own. Tasks can be added, and can
    `reboot` the phone.

    With Locust's --processes, or --master with --expect-workers, the workers share the phones of the population evenly.
    Where Locust does not know the number of workers, each gets `phones_per_worker` phones, in the order in which the
    workers come.
    """

    abstract = True
    population: ClassVar[Population | Path | str | None] = None
    trust: ClassVar[Path | None] = None
    expectation: ClassVar[BootExpectation] = BootExpectation.CONFIGURED
    expects_licenses: ClassVar[bool] = False
    timeout: ClassVar[float] = 5.0
    tls: ClassVar[Tls] = Tls()
    phones_per_worker: ClassVar[int | None] = None
    _fleets: ClassVar[WeakKeyDictionary[Environment, dict[type["PhoneUser"], tuple[LiveFleet, Iterator[int]]]]] = (
        WeakKeyDictionary()
    )

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if environment not in self._fleets:
            self._fleets[environment] = {}
            environment.events.test_stop.add_listener(self._drop_all)
        of_class = self._fleets[environment]
        if type(self) not in of_class:
            fleet = self._new_fleet(environment)
            of_class[type(self)] = (fleet, iter(self._numbers(environment, fleet.fleet.population.count)))
        self.fleet, numbers = of_class[type(self)]
        number = next(numbers, None)
        if number is None:
            raise UsageError(
                f"{type(self).__name__} has no phone left here: give it a larger population, "
                "Locust --expect-workers, or the class phones_per_worker"
            )
        self.number = number

    def __init_subclass__(cls) -> None:
        # Locust requires a task of every user class, and subclasses inherit tasks.
        own = [task for task in cls.tasks if task is not _stay_on]
        cls.tasks = own or [_stay_on]

    def on_start(self) -> None:
        """Switch the phone on."""
        self.fleet.run_due(self.number)

    def reboot(self) -> None:
        """Reboot the phone by hand (B15)."""
        self.fleet.reboot(self.number)

    @classmethod
    def check_files(cls) -> None:
        """Refuse a population or a trust anchor that cannot be used. Raises UsageError, which names the file."""
        cls._population()
        cls._anchor()

    @classmethod
    def check_host(cls, environment: Environment) -> None:
        """Refuse a boot server that no phone can ask; one that is given later is not checked. Raises UsageError."""
        if environment.host or cls.host:
            cls._boot_server(environment)

    @classmethod
    def _drop_all(cls, environment: Environment, **_: Any) -> None:
        """Stop the phones of a run that has ended: the next run has its own."""
        for fleet, _numbers in cls._fleets.pop(environment, {}).values():
            fleet.stop()

    @classmethod
    def _numbers(cls, environment: Environment, count: int) -> range:
        """The phones of this process."""
        runner = environment.runner
        if not isinstance(runner, WorkerRunner):
            return range(count)
        index, expected = runner.worker_index, getattr(environment.parsed_options, "expect_workers", 1)
        if cls.phones_per_worker is None and index < expected and expected > 1:
            return split_evenly(count, expected)[index]
        size = cls.phones_per_worker or PHONES_PER_WORKER
        return range(index * size, min(count, (index + 1) * size))

    @classmethod
    def _new_fleet(cls, environment: Environment) -> LiveFleet:
        population = cls._population()
        check_source_addresses(population.source_networks)
        numbers = cls._numbers(environment, population.count)
        macs = (population.phone(number).mac for number in numbers[:CERTIFICATES_CHECKED])
        check_certificates(cls.tls, macs, population.firmwares)
        clock = clock_of(population)
        fleet = Fleet(
            population,
            boot_server=cls._boot_server(environment),
            clock=clock,
            transport=transports(Limits(answer=cls.timeout, transfer=12 * cls.timeout), cls.tls),
            anchor=cls._anchor(),
            expectation=BootExpectation.LICENSED if cls.expects_licenses else cls.expectation,
            patience=cls.timeout,
            listeners=reporting(environment),
        )
        return LiveFleet(fleet, clock, at_once=AT_ONCE)

    @classmethod
    def _population(cls) -> Population:
        if isinstance(cls.population, Population):
            return cls.population
        if cls.population is None:
            return Population(count=PHONE_LIMIT)
        return read_fleet_file(cls._path(Path(cls.population))).population

    @classmethod
    def _path(cls, file: Path) -> Path:
        """A file of the class: in the current folder, or else beside the locustfile."""
        own = getattr(sys.modules.get(cls.__module__), "__file__", None)
        return file if own is None or file.exists() else Path(own).parent / file

    @classmethod
    def _anchor(cls) -> TrustAnchor:
        return load_anchor(None if cls.trust is None else cls._path(Path(cls.trust)))

    @classmethod
    def _boot_server(cls, environment: Environment) -> str:
        if not (address := environment.host or cls.host):
            raise UsageError(f"{cls.__name__} has no boot server: give it a host, or Locust one with --host")
        check_addresses(address)
        return address


def transports(limits: Limits, tls: Tls) -> Callable[[PlannedPhone], Transport]:
    """Makes the transport of a phone, from its source address, with its certificate and as its firmware speaks TLS."""

    def transport(phone: PlannedPhone) -> Transport:
        own = own_tls(tls, phone.mac, phone.firmware)
        return fleet_transport(limits=limits, tls=own, source_address=phone.source_address)

    return transport


def _prepare(environment: Environment, **_: Any) -> None:
    """End Locust, master or worker, before a run that could not have phones, and let no boot of a phone take Ctrl+C."""
    interrupt_main_greenlet()
    for user_class in environment.user_classes:
        try:
            if issubclass(user_class, PhoneUser):
                user_class.check_files()
                user_class.check_host(environment)
        except PhoneSimError as error:
            sys.stderr.write(visible(f"Error: {user_class.__name__}: {error}\n"))
            raise SystemExit(error.exit_code) from None


events.init.add_listener(_prepare)
