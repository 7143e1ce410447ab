"""The fleet: many phones, one clock, and one schedule of what is to happen to which of them.

Whoever runs a fleet asks it what is due and lets it happen, in whichever order and as many at a time as they like: on
virtual time one after the other, under load as many as there are greenlets. This module does not know which.
"""

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from phone_sim.firmware.effects import Flow
from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.polling import first_finding
from phone_sim.firmware.profile import FirmwareProfile, profile_for
from phone_sim.firmware.session import Identity
from phone_sim.fleet.fault_injection import FaultInjector
from phone_sim.fleet.fleet_phone import NEVER, FleetPhone
from phone_sim.fleet.interning import Interning
from phone_sim.fleet.phone_clock import PhoneClock, ShiftedClock
from phone_sim.fleet.phone_run import PhoneRun
from phone_sim.fleet.population.phones import PlannedPhone, Population
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.transport import Transport

_SCHEDULE_SPARE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedBoot:
    """A boot that has ended: of which phone, in how many seconds, and why it is not as expected; empty if it is.

    It leaves every configured feature `licensed` or not; `is_first` when the phone was just switched on.
    """

    mac: MacAddress
    seconds: float
    shortcoming: str
    is_licensed: bool
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Who is told of the requests of phones and of their boots, and of the log lines of those that are watched."""

    on_exchange: Callable[[MacAddress, Exchange], None] = lambda _mac, _exchange: None
    on_boot: Callable[[CompletedBoot], None] = lambda _boot: None
    on_line: Callable[[MacAddress, str], None] = lambda _mac, _line: None


class Fleet:
    """The phones of a population.

    `boot_server` is the address of their boot server. `transport` gives a phone its way there for as long as something
    happens to it; with faults in the population, a phone waits `patience` seconds for an answer that does not come.
    With `expects_licenses` a boot that leaves a configured feature without a license has a shortcoming.
    The log of the phones of `watched` is told to the listener.
    """

    def __init__(
        self,
        population: Population,
        *,
        boot_server: str,
        clock: Clock,
        transport: Callable[[PlannedPhone], Transport],
        anchor: TrustAnchor,
        expects_licenses: bool = False,
        patience: float = 0.0,
        listeners: Listeners | None = None,
        watched: Iterable[MacAddress] = (),
    ) -> None:
        self.population = population
        self.phones: dict[int, FleetPhone] = {}
        self._boot_server = boot_server
        self._clock = clock
        self._transport = transport
        self._anchor = anchor
        self._expects_licenses = expects_licenses
        self._listeners = listeners or Listeners()
        self._watched = frozenset(watched)
        self._schedule: list[tuple[float, int]] = []
        self._schedule_limit = _SCHEDULE_SPARE
        self._paused: dict[int, Flow[None]] = {}
        self._runs: dict[int, PhoneRun] = {}
        self._interning = Interning()
        self._profile = lru_cache(profile_for)
        faults = population.faults
        self._injector = FaultInjector(faults, population.seed, patience) if faults is not None else None
        self._began: float | None = None

    def plan(self, numbers: Iterable[int], start: float = 0.0) -> None:
        """Put on the schedule that the phones of these numbers are switched on, `start` seconds after it began."""
        self._schedule += ((start + self.population.phone(number).switched_on, number) for number in numbers)
        heapq.heapify(self._schedule)

    def next_due(self) -> float:
        """When the next thing happens, in seconds of the clock since the fleet began; infinity for nothing."""
        return self._schedule[0][0] if self._schedule else math.inf

    def take_due(self, now: float) -> int | None:
        """The number of a phone that something is to happen to by now, and take it off the schedule."""
        while self._schedule and self._schedule[0][0] <= now:
            due, number = heapq.heappop(self._schedule)
            fleet_phone = self.phones.get(number)
            if fleet_phone is None or fleet_phone.due == due:
                return number
        return None

    def happen(self, number: int) -> None:
        """Let happen what is due to a phone: that it is switched on, a daily check, an upload, a reboot, the end of a
        pause."""
        fleet_phone = self.phones.get(number)
        if fleet_phone is None:
            self._switch_on(number)
        elif (flow := self._paused.pop(number, None)) is not None:
            self._run(fleet_phone, flow, boots=False)
        elif fleet_phone.reboot <= fleet_phone.due:
            fleet_phone.reboot = NEVER
            self.reboot(number)
        elif fleet_phone.check <= fleet_phone.due:
            self.check(fleet_phone)
        else:
            self._run(fleet_phone, fleet_phone.phone.upload_log(), boots=False)

    def _switch_on(self, number: int) -> None:
        planned = self.population.phone(number)
        fleet_phone = self.phones[number] = FleetPhone(number, Phone(self._identity(planned)))
        if self._began is None:
            self._began = self._clock.elapsed().total_seconds() - planned.switched_on
        if planned.rebooted < NEVER:
            fleet_phone.reboot = self._began + planned.rebooted
        self._run(fleet_phone, fleet_phone.phone.power_on(), boots=True)

    def check(self, fleet_phone: FleetPhone) -> None:
        """Perform the daily check of a phone that is in service (B12)."""
        fleet_phone.check = NEVER
        self._run(fleet_phone, fleet_phone.phone.polling_time(), boots=False)

    def reboot(self, number: int) -> None:
        """Reboot a phone by hand (B15). Raises LifecycleError if it is not in service."""
        fleet_phone = self.phones[number]
        self._run(fleet_phone, fleet_phone.phone.reboot(), boots=False)

    @property
    def faults(self) -> dict[str, int]:
        """How many requests had a fault of the population's, by kind."""
        return dict(self._injector.drawn) if self._injector is not None else {}

    def log(self, fleet_phone: FleetPhone) -> bytes:
        """The log of a phone so far, uploaded or not, with what it has just written."""
        run = self._runs.get(fleet_phone.number)
        contents = fleet_phone.log if run is None else run.log
        return contents.on_server + contents.pending

    def shortcoming(self, fleet_phone: FleetPhone) -> str:
        """Why a phone is not as expected; empty if it is."""
        service = fleet_phone.phone.service
        if service is None:
            return f"it is {fleet_phone.phone.state.value}"
        if service.configuration.problem:
            return f"no configuration: {service.configuration.problem}"
        lacking = [gate for gate in service.gates if isinstance(gate, NotLicensed)] if self._expects_licenses else []
        return f"{lacking[0].feature.key}: {lacking[0].reason}" if lacking else ""

    def _run(self, fleet_phone: FleetPhone, flow: Flow[None], *, boots: bool) -> None:
        planned, mac = self.population.phone(fleet_phone.number), fleet_phone.phone.identity.mac
        listeners = self._listeners
        fleet_phone.due = NEVER  # whatever is on the schedule for it does not count meanwhile
        transport = self._transport(planned)
        if self._injector is not None:
            transport = self._injector.of(mac, transport)
        clock = ShiftedClock(self._clock, planned.clock_ahead) if planned.clock_ahead else self._clock
        run = PhoneRun(
            fleet_phone,
            clock=clock,
            transport=transport,
            listener=(lambda line: listeners.on_line(mac, line)) if mac in self._watched else None,
            on_exchange=lambda exchange: listeners.on_exchange(mac, exchange),
        )
        self._runs[fleet_phone.number] = run
        try:
            run.run(flow, boots=boots)
        finally:
            del self._runs[fleet_phone.number]
            transport.close()
        self._put_on_schedule(fleet_phone, run, clock)
        if run.boot_seconds is not None:
            service = fleet_phone.phone.service
            boot = CompletedBoot(
                mac=mac,
                seconds=run.boot_seconds,
                shortcoming=self.shortcoming(fleet_phone),
                is_licensed=service is not None and not any(isinstance(gate, NotLicensed) for gate in service.gates),
                is_first=boots,
            )
            listeners.on_boot(boot)

    def _put_on_schedule(self, fleet_phone: FleetPhone, run: PhoneRun, clock: PhoneClock) -> None:
        now = clock.elapsed().total_seconds()
        phone = fleet_phone.phone
        if run.paused is not None:
            self._paused[fleet_phone.number], seconds = run.paused
            fleet_phone.due = now + seconds
        elif phone.state is State.IDLE and phone.service is not None:
            phone.service = self._interning.service(phone.service)
            fleet_phone.flash = self._interning.flash(fleet_phone.flash)
            if run.woken_at is not None:
                finding = first_finding(phone.service, run.woken_at)
                wait = NEVER if finding is None else (finding - clock.instant()).total_seconds()
                fleet_phone.check = now + wait
            fleet_phone.due = min(fleet_phone.check, fleet_phone.reboot, self._next_upload(fleet_phone, now))
        if fleet_phone.due < NEVER:
            heapq.heappush(self._schedule, (fleet_phone.due, fleet_phone.number))
            if len(self._schedule) > self._schedule_limit:
                self._forget_the_past()

    def _forget_the_past(self) -> None:
        """Take off the schedule what is due no more: phones that are rebooted again and again would fill it."""
        phones = self.phones
        self._schedule = list(
            {(due, number) for due, number in self._schedule if number not in phones or phones[number].due == due}
        )
        heapq.heapify(self._schedule)
        self._schedule_limit = 2 * len(self._schedule) + _SCHEDULE_SPARE

    def _next_upload(self, fleet_phone: FleetPhone, now: float) -> float:
        """When the log is uploaded; not at all as long as there is nothing to upload, which is how most phones are."""
        service = fleet_phone.phone.service
        if not fleet_phone.has_unsent_log or service is None or fleet_phone.upload == NEVER:
            return NEVER
        period = service.session.settings.log.upload_period
        return fleet_phone.upload + max(0, math.ceil((now - fleet_phone.upload) / period)) * period

    def _identity(self, planned: PlannedPhone) -> Identity:
        return Identity(
            model=load_model(planned.model),
            features=load_features(),
            mac=planned.mac,
            profile=self._profile_of(planned),
            anchor=self._anchor,
            boot_server=self._boot_server,
        )

    def _profile_of(self, planned: PlannedPhone) -> FirmwareProfile:
        return self._profile(planned.firmware, always_fetches_license=self.population.always_fetches_license)
