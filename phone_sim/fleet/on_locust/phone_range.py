"""The phones of one process in one run: a range of a population, on greenlets, reported to Locust."""

import time
from collections import Counter
from collections.abc import Callable

from locust.env import Environment
from locust.stats import RequestStats, StatsEntry

from phone_sim.fleet.census import Census
from phone_sim.fleet.fleet import CompletedBoot, Fleet, Listeners
from phone_sim.fleet.on_locust.live_fleet import LiveFleet
from phone_sim.fleet.on_locust.open_file_limit import allow_open_files
from phone_sim.fleet.on_locust.users import reporting, transports
from phone_sim.fleet.phone_clock import clock_of
from phone_sim.fleet.population.source_addresses import check_source_addresses
from phone_sim.fleet.protocol.phone_details import PhoneDetails
from phone_sim.fleet.protocol.run_setup import Assignment, RunSetup
from phone_sim.fleet.protocol.run_status import LICENSED_NAME, ProcessReport
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.client_certificates import check_certificates
from phone_sim.runtime.transport import Limits

OnLine = Callable[[MacAddress, str], None]

# A census of fifty thousand phones takes a quarter of a second, so it is reused for fifty times as long as it took.
_SHARE_OF_CENSUS = 50
_NEWEST = 0.5
_TRANSFER = 12


def check_machine(setup: RunSetup, numbers: range) -> None:
    """Refuse phones for which this machine lacks addresses, certificates or open files. Raises UsageError."""
    check_source_addresses(setup.population.source_networks)
    macs = (setup.population.phone(number).mac for number in numbers)
    check_certificates(setup.tls, macs, setup.population.firmwares)
    allow_open_files(setup.at_once)


class PhoneRange:
    """The phones of an assignment, of which the first `switched_on` are switched on."""

    def __init__(self, environment: Environment, assignment: Assignment, on_line: OnLine) -> None:
        setup = assignment.setup
        self.assignment = assignment
        self.switched_on = 0
        self.is_over = False
        self._clock = clock_of(setup.population)
        self._licensed = StatsEntry(RequestStats(), LICENSED_NAME, "BOOT")
        self._unlicensed: dict[MacAddress, float] = {}
        self._census: Census | None = None
        self._fresh_until = 0.0
        locust = reporting(environment, on_line)
        self._report_boot = locust.on_boot
        self._fleet = Fleet(
            setup.population,
            boot_server=setup.boot_server,
            clock=self._clock,
            transport=transports(Limits(answer=setup.timeout, transfer=_TRANSFER * setup.timeout), setup.tls),
            anchor=setup.anchor,
            expectation=setup.expectation,
            patience=setup.timeout,
            listeners=Listeners(on_exchange=locust.on_exchange, on_boot=self._on_boot, on_line=locust.on_line),
            watched=setup.watched,
        )
        self._live = LiveFleet(self._fleet, self._clock, at_once=setup.at_once)

    def switch_on(self, count: int) -> None:
        """Switch on the next `count` phones, or as many as are left."""
        start = self.switched_on
        self.switched_on = min(len(self.assignment.numbers), start + count)
        self._live.switch_on(self.assignment.numbers[start : self.switched_on])

    def end(self, grace: float) -> None:
        """Stop all phones after `grace` seconds; their census and details stay."""
        if not self.is_over:
            self.is_over = True
            self._live.stop(grace)
            self._census = None

    def report(self, *, final: bool = False) -> ProcessReport:
        """The report on the phones; with very many phones, the census may be some seconds old before the end."""
        return ProcessReport(
            run=self.assignment.run,
            census=self._recent_census(),
            busy=self._live.busy,
            waiting=self._live.waiting,
            licensed=Counter(self._licensed.response_times),
            final=final,
        )

    def details(self, number: int) -> PhoneDetails:
        """The details of the phone of this number."""
        return PhoneDetails.of(self._fleet, number)

    def _recent_census(self) -> Census:
        began = time.monotonic()
        if self._census is None or (not self.is_over and began > self._fresh_until):
            self._census = Census.of(self._fleet, self.assignment.numbers)
            ended = time.monotonic()
            self._fresh_until = ended + max(_NEWEST, _SHARE_OF_CENSUS * (ended - began))
        return self._census

    def _on_boot(self, boot: CompletedBoot) -> None:
        now = time.monotonic()
        if not boot.is_licensed and boot.is_first:
            self._unlicensed[boot.mac] = now - boot.seconds
        elif boot.is_licensed and (boot.is_first or boot.mac in self._unlicensed):
            powered_on = self._unlicensed.pop(boot.mac, now - boot.seconds)
            self._licensed.log(1000 * (now - powered_on), 0)  # type: ignore[arg-type]  # it rounds
        self._report_boot(boot)
