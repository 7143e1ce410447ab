"""The fleet: many phones, one clock, and one agenda of what is to happen to which of them.

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
from phone_sim.fleet.faults import FaultyWays
from phone_sim.fleet.member import NEVER, Member
from phone_sim.fleet.performance import Performance
from phone_sim.fleet.phone_clock import PhoneClock, ShiftedClock
from phone_sim.fleet.population import PlannedPhone, Population
from phone_sim.fleet.shared import Shared
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.transport import Transport

_AGENDA_SPARE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
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
    on_boot: Callable[[Boot], None] = lambda _boot: None
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
        self.members: dict[int, Member] = {}
        self._boot_server = boot_server
        self._clock = clock
        self._transport = transport
        self._anchor = anchor
        self._expects_licenses = expects_licenses
        self._listeners = listeners or Listeners()
        self._watched = frozenset(watched)
        self._agenda: list[tuple[float, int]] = []
        self._agenda_limit = _AGENDA_SPARE
        self._paused: dict[int, Flow[None]] = {}
        self._performances: dict[int, Performance] = {}
        self._shared = Shared()
        self._profile = lru_cache(profile_for)
        faults = population.faults
        self._ways = FaultyWays(faults, population.seed, patience) if faults is not None else None
        self._began: float | None = None

    def plan(self, numbers: Iterable[int], start: float = 0.0) -> None:
        """Put on the agenda that the phones of these numbers are switched on, `start` seconds after it began."""
        self._agenda += ((start + self.population.phone(number).switched_on, number) for number in numbers)
        heapq.heapify(self._agenda)

    def next_due(self) -> float:
        """When the next thing happens, in seconds of the clock since the fleet began; infinity for nothing."""
        return self._agenda[0][0] if self._agenda else math.inf

    def take_due(self, now: float) -> int | None:
        """The number of a phone that something is to happen to by now, and take it off the agenda."""
        while self._agenda and self._agenda[0][0] <= now:
            due, number = heapq.heappop(self._agenda)
            member = self.members.get(number)
            if member is None or member.due == due:
                return number
        return None

    def happen(self, number: int) -> None:
        """Let happen what is due to a phone: that it is switched on, a daily check, an upload, a reboot, the end of a
        pause."""
        member = self.members.get(number)
        if member is None:
            self._switch_on(number)
        elif (flow := self._paused.pop(number, None)) is not None:
            self._run(member, flow, boots=False)
        elif member.reboot <= member.due:
            member.reboot = NEVER
            self.reboot(number)
        elif member.check <= member.due:
            self.check(member)
        else:
            self._run(member, member.phone.upload_log(), boots=False)

    def _switch_on(self, number: int) -> None:
        planned = self.population.phone(number)
        member = self.members[number] = Member(number, Phone(self._identity(planned)))
        if self._began is None:
            self._began = self._clock.elapsed().total_seconds() - planned.switched_on
        if planned.rebooted < NEVER:
            member.reboot = self._began + planned.rebooted
        self._run(member, member.phone.power_on(), boots=True)

    def check(self, member: Member) -> None:
        """Perform the daily check of a phone that is in service (B12)."""
        member.check = NEVER
        self._run(member, member.phone.polling_time(), boots=False)

    def reboot(self, number: int) -> None:
        """Reboot a phone by hand (B15). Raises LifecycleError if it is not in service."""
        member = self.members[number]
        self._run(member, member.phone.reboot(), boots=False)

    @property
    def faults(self) -> dict[str, int]:
        """How many requests had a fault of the population's, by kind."""
        return dict(self._ways.drawn) if self._ways is not None else {}

    def log(self, member: Member) -> bytes:
        """The log of a phone so far, uploaded or not, with what it has just written."""
        performance = self._performances.get(member.number)
        contents = member.log if performance is None else performance.log
        return contents.on_server + contents.pending

    def shortcoming(self, member: Member) -> str:
        """Why a phone is not as expected; empty if it is."""
        service = member.phone.service
        if service is None:
            return f"it is {member.phone.state.value}"
        if service.configuration.problem:
            return f"no configuration: {service.configuration.problem}"
        lacking = [gate for gate in service.gates if isinstance(gate, NotLicensed)] if self._expects_licenses else []
        return f"{lacking[0].feature.key}: {lacking[0].reason}" if lacking else ""

    def _run(self, member: Member, flow: Flow[None], *, boots: bool) -> None:
        planned, mac = self.population.phone(member.number), member.phone.identity.mac
        listeners = self._listeners
        member.due = NEVER  # whatever is on the agenda for it does not count meanwhile
        transport = self._transport(planned)
        if self._ways is not None:
            transport = self._ways.of(mac, transport)
        clock = ShiftedClock(self._clock, planned.clock_ahead) if planned.clock_ahead else self._clock
        performance = Performance(
            member,
            clock=clock,
            transport=transport,
            listener=(lambda line: listeners.on_line(mac, line)) if mac in self._watched else None,
            on_exchange=lambda exchange: listeners.on_exchange(mac, exchange),
        )
        self._performances[member.number] = performance
        try:
            performance.run(flow, boots=boots)
        finally:
            del self._performances[member.number]
            transport.close()
        self._put_on_agenda(member, performance, clock)
        if performance.boot_seconds is not None:
            service = member.phone.service
            boot = Boot(
                mac=mac,
                seconds=performance.boot_seconds,
                shortcoming=self.shortcoming(member),
                is_licensed=service is not None and not any(isinstance(gate, NotLicensed) for gate in service.gates),
                is_first=boots,
            )
            listeners.on_boot(boot)

    def _put_on_agenda(self, member: Member, performance: Performance, clock: PhoneClock) -> None:
        now = clock.elapsed().total_seconds()
        phone = member.phone
        if performance.paused is not None:
            self._paused[member.number], seconds = performance.paused
            member.due = now + seconds
        elif phone.state is State.IDLE and phone.service is not None:
            phone.service = self._shared.service(phone.service)
            member.flash = self._shared.flash(member.flash)
            if performance.woken_at is not None:
                finding = first_finding(phone.service, performance.woken_at)
                wait = NEVER if finding is None else (finding - clock.instant()).total_seconds()
                member.check = now + wait
            member.due = min(member.check, member.reboot, self._next_upload(member, now))
        if member.due < NEVER:
            heapq.heappush(self._agenda, (member.due, member.number))
            if len(self._agenda) > self._agenda_limit:
                self._forget_the_past()

    def _forget_the_past(self) -> None:
        """Take off the agenda what is due no more: phones that are rebooted again and again would fill it."""
        members = self.members
        self._agenda = list(
            {(due, number) for due, number in self._agenda if number not in members or members[number].due == due}
        )
        heapq.heapify(self._agenda)
        self._agenda_limit = 2 * len(self._agenda) + _AGENDA_SPARE

    def _next_upload(self, member: Member, now: float) -> float:
        """When the log is uploaded; not at all as long as there is nothing to upload, which is how most phones are."""
        service = member.phone.service
        if not member.has_unsent_log or service is None or member.upload == NEVER:
            return NEVER
        period = service.session.settings.log.upload_period
        return member.upload + max(0, math.ceil((now - member.upload) / period)) * period

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
