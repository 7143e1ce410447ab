"""The phones of one process in one run: a range of a population, alive on greenlets, told to Locust.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

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
from phone_sim.fleet.population.source_addresses import check_sources
from phone_sim.fleet.protocol.phone_details import PhoneDetails
from phone_sim.fleet.protocol.run_report import LICENSED_NAME, Report
from phone_sim.fleet.protocol.run_setup import Assignment, Setup
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.certificates import check_certificates
from phone_sim.runtime.transport import Limits

OnLine = Callable[[MacAddress, str], None]

# A census of fifty thousand phones takes a quarter of a second: it is as old as fifty times what it took.
_SHARE_OF_CENSUS = 50
_NEWEST = 0.5
_TRANSFER = 12


def check_machine(setup: Setup, numbers: range) -> None:
    """Refuse phones for which this machine lacks the addresses, certificates or open files. Raises UsageError."""
    check_sources(setup.population.sources)
    check_certificates(setup.tls, (setup.population.phone(number).mac for number in numbers))
    allow_open_files(setup.at_once)


class PhoneRange:
    """The phones of an assignment; `switched_on` of them are, the first ones."""

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
        told = reporting(environment, on_line)
        self._tell_boot = told.on_boot
        self._fleet = Fleet(
            setup.population,
            boot_server=setup.boot_server,
            clock=self._clock,
            transport=transports(Limits(answer=setup.timeout, transfer=_TRANSFER * setup.timeout), setup.tls),
            anchor=setup.anchor,
            expects_licenses=setup.expects_licenses,
            patience=setup.timeout,
            listeners=Listeners(on_exchange=told.on_exchange, on_boot=self._on_boot, on_line=told.on_line),
            watched=setup.watched,
        )
        self._live = LiveFleet(self._fleet, self._clock, at_once=setup.at_once)

    def switch_on(self, count: int) -> None:
        """Switch so many more phones on, as far as there are any."""
        start = self.switched_on
        self.switched_on = min(len(self.assignment.numbers), start + count)
        self._live.switch_on(self.assignment.numbers[start : self.switched_on])

    def end(self, grace: float) -> None:
        """Let nothing happen any more, and drop all phones; what became of them can still be asked."""
        if not self.is_over:
            self.is_over = True
            self._live.stop(grace)
            self._census = None

    def report(self, *, final: bool = False) -> Report:
        """What can be said of the phones; of very many, the census may be some seconds old before the end."""
        return Report(
            run=self.assignment.run,
            census=self._recent_census(),
            busy=self._live.busy,
            waiting=self._live.waiting,
            licensed=Counter(self._licensed.response_times),
            final=final,
        )

    def particulars(self, number: int) -> PhoneDetails:
        """What can be said of the phone of this number."""
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
        self._tell_boot(boot)
