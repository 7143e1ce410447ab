"""The fleet: many phones, one clock, and one schedule of when something is due for which phone.

The caller asks the fleet which phone is due and runs it: on virtual time one phone after another, under load as many at
a time as there are greenlets. This module does not know which.
"""

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.boot_judgment import is_lost_log, judge, judge_facts
from phone_sim.firmware.daily_check import first_finding
from phone_sim.firmware.effects import Flow, Upload
from phone_sim.firmware.features import lacks_proven_license
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.parameters.layers import OWN_MAC
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.session import Identity
from phone_sim.fleet.fault_injection import FaultInjector
from phone_sim.fleet.fleet_phone import NEVER, FleetPhone, Shortcoming, ShortcomingKind
from phone_sim.fleet.interning import Interning
from phone_sim.fleet.phone_clock import PhoneClock, ShiftedClock
from phone_sim.fleet.phone_run import PhoneRun
from phone_sim.fleet.population.phones import PlannedPhone, Population
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.boot_time import BOOT_TIMEOUTS
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.transport import Transport

_SCHEDULE_SPARE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedBoot:
    """A boot that has ended: the phone, how many seconds it took, and why it is not as expected; None if it is.

    `is_licensed` when every configured feature has a license; `is_first` when the phone was just switched on.
    """

    mac: MacAddress
    seconds: float
    shortcoming: Shortcoming | None
    is_licensed: bool
    is_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Callbacks for requests and boots of all phones, and for log lines of the watched ones."""

    on_exchange: Callable[[MacAddress, Exchange], None] = lambda _mac, _exchange: None
    on_boot: Callable[[CompletedBoot], None] = lambda _boot: None
    on_line: Callable[[MacAddress, str], None] = lambda _mac, _line: None


class Fleet:
    """The phones of a population; `switched_on` holds those that were switched on, by number.

    `boot_server` is the address of their boot server. `transport` makes a phone's transport for one run. A phone waits
    `patience` seconds for an answer, or without end with 0; a boot has 60 times as long for all that it asks. What a
    boot has to come to is the `expectation`. Log lines of the phones in `watched` go to the listeners.
    `failed_log_uploads` counts the uploads of logs that the boot server did not take.
    """

    def __init__(
        self,
        population: Population,
        *,
        boot_server: str,
        clock: Clock,
        transport: Callable[[PlannedPhone], Transport],
        anchor: TrustAnchor,
        expectation: BootExpectation = BootExpectation.CONFIGURED,
        patience: float = 0.0,
        listeners: Listeners | None = None,
        watched: Iterable[MacAddress] = (),
    ) -> None:
        self.population = population
        self.switched_on: dict[int, FleetPhone] = {}
        self._boot_server = boot_server
        self._clock = clock
        self._transport = transport
        self._anchor = anchor
        self.failed_log_uploads = 0
        self._expectation = expectation
        self._unclean: dict[int, Shortcoming] = {}
        self._listeners = listeners or Listeners()
        self._watched = frozenset(watched)
        self._schedule: list[tuple[float, int]] = []
        self._schedule_limit = _SCHEDULE_SPARE
        self._paused: dict[int, Flow[None]] = {}
        self._runs: dict[int, PhoneRun] = {}
        self._interning = Interning()
        self._boot_limit = BOOT_TIMEOUTS * patience if patience else math.inf
        faults = population.faults
        self._injector = FaultInjector(faults, population.seed, patience) if faults is not None else None
        self._began: float | None = None

    def plan(self, numbers: Iterable[int], start: float = 0.0) -> None:
        """Schedule the phones of these numbers to be switched on; the schedule begins after `start` seconds."""
        self._schedule += ((start + self.population.phone(number).switched_on, number) for number in numbers)
        heapq.heapify(self._schedule)

    def next_due(self) -> float:
        """When the next phone is due, in seconds of the clock since the fleet began; infinity if none is."""
        return self._schedule[0][0] if self._schedule else math.inf

    def take_due(self, now: float) -> int | None:
        """Take a phone that is due by `now` off the schedule, and return its number; None if none is due."""
        while self._schedule and self._schedule[0][0] <= now:
            due, number = heapq.heappop(self._schedule)
            phone = self.switched_on.get(number)
            if phone is None or phone.due == due:
                return number
        return None

    def run_due(self, number: int) -> None:
        """Run what is due for a phone: switch it on, or its daily check, poll, log upload, reboot or end of a pause."""
        phone = self.switched_on.get(number)
        if phone is None:
            self._switch_on(number)
        elif (flow := self._paused.pop(number, None)) is not None:
            self._run(phone, flow, boots=False)
        elif phone.reboot <= phone.due:
            phone.reboot = NEVER
            self.reboot(number)
        elif phone.check <= phone.due:
            self.check(phone)
        elif phone.poll <= phone.due:
            self.poll(phone)
        else:
            self._run(phone, phone.firmware.upload_log(), boots=False)

    def _switch_on(self, number: int) -> None:
        planned = self.population.phone(number)
        phone = self.switched_on[number] = FleetPhone(number, Phone(self._identity(planned)))
        if self._began is None:
            self._began = self._clock.elapsed().total_seconds() - planned.switched_on
        if planned.rebooted < NEVER:
            phone.reboot = self._began + planned.rebooted
        self._run(phone, phone.firmware.power_on(), boots=True)

    def check(self, phone: FleetPhone) -> None:
        """Perform the daily check of a phone that is in service (B12)."""
        phone.check = NEVER
        self._run(phone, phone.firmware.polling_time(), boots=False)

    def poll(self, phone: FleetPhone) -> None:
        """Poll the configuration files of a phone that is in service (`prov.polling.*`)."""
        phone.poll = NEVER
        self._run(phone, phone.firmware.poll(), boots=False)

    def reboot(self, number: int) -> None:
        """Reboot a phone by hand (B15). Raises LifecycleError if it is not in service."""
        phone = self.switched_on[number]
        self._run(phone, phone.firmware.reboot(), boots=False)

    @property
    def faults(self) -> dict[str, int]:
        """The number of injected faults, by kind."""
        return dict(self._injector.drawn) if self._injector is not None else {}

    def log(self, phone: FleetPhone) -> bytes:
        """The log of a phone so far, uploaded or not, with the lines of a run that has not ended."""
        run = self._runs.get(phone.number)
        contents = phone.log if run is None else run.log
        return contents.on_server + contents.pending

    def shortcoming(self, phone: FleetPhone) -> Shortcoming | None:
        """Why a phone is not as expected; None if it is."""
        service = phone.service
        if service is None:
            return Shortcoming(ShortcomingKind.COMING_UP, f"it is {phone.state.value}")
        if facts := judge_facts(service, self._expectation):
            return Shortcoming.of_boot(facts[0])
        return self._unclean.get(phone.number)

    def _judge_findings(self, phone: FleetPhone, exchanges: list[Exchange]) -> None:
        """Keep what keeps a boot from being clean; phones with the same files share the text."""
        self._unclean.pop(phone.number, None)
        if self._expectation is BootExpectation.CLEAN and (found := judge(phone.service, exchanges, self._expectation)):
            first = Shortcoming.of_boot(found[0])
            self._unclean[phone.number] = replace(first, text=first.text.replace(phone.mac.digits, OWN_MAC))

    def _run(self, phone: FleetPhone, flow: Flow[None], *, boots: bool) -> None:
        planned, mac = self.population.phone(phone.number), phone.mac
        listeners = self._listeners
        phone.due = NEVER  # entries for it on the schedule are stale while it runs
        transport = self._transport(planned)
        if self._injector is not None:
            transport = self._injector.wrap(mac, transport)
        clock = ShiftedClock(self._clock, planned.clock_ahead) if planned.clock_ahead else self._clock
        exchanges: list[Exchange] = []

        def on_exchange(exchange: Exchange) -> None:
            if self._expectation is BootExpectation.CLEAN:
                exchanges.append(exchange)
            if isinstance(exchange.request, Upload):
                self.failed_log_uploads += is_lost_log(exchange)
            listeners.on_exchange(mac, exchange)

        run = PhoneRun(
            phone,
            clock=clock,
            transport=transport,
            listener=(lambda line: listeners.on_line(mac, line)) if mac in self._watched else None,
            on_exchange=on_exchange,
            boot_limit=self._boot_limit,
        )
        self._runs[phone.number] = run
        try:
            run.run(flow, boots=boots)
        finally:
            del self._runs[phone.number]
            transport.close()
        self._schedule_next(phone, run, clock)
        if run.boot_seconds is not None:
            self._judge_findings(phone, exchanges)
            is_licensed = not any(map(lacks_proven_license, phone.gates))
            boot = CompletedBoot(
                mac=mac,
                seconds=run.boot_seconds,
                shortcoming=self.shortcoming(phone),
                is_licensed=phone.service is not None and is_licensed,
                is_first=boots,
            )
            listeners.on_boot(boot)

    def _schedule_next(self, phone: FleetPhone, run: PhoneRun, clock: PhoneClock) -> None:
        now, service = clock.elapsed().total_seconds(), phone.service
        if run.paused is not None:
            self._paused[phone.number], seconds = run.paused
            phone.due = now + seconds
        elif phone.state is State.IDLE and service is not None:
            if run.boot_seconds is not None:  # else it has what it had before
                phone.firmware.service = self._interning.service(service)
                phone.flash = self._interning.flash(phone.flash)
            if run.woken_at is not None:
                finding = first_finding(service, run.woken_at)
                wait = NEVER if finding is None else (finding - clock.instant()).total_seconds()
                phone.check = now + wait
            phone.due = min(phone.check, phone.poll, phone.reboot, self._next_upload(phone, now))
        if phone.due < NEVER:
            heapq.heappush(self._schedule, (phone.due, phone.number))
            if len(self._schedule) > self._schedule_limit:
                self._drop_stale_entries()

    def _drop_stale_entries(self) -> None:
        """Remove stale entries from the schedule: phones that reboot again and again would fill it."""
        phones = self.switched_on
        self._schedule = list(
            {(due, number) for due, number in self._schedule if number not in phones or phones[number].due == due}
        )
        heapq.heapify(self._schedule)
        self._schedule_limit = 2 * len(self._schedule) + _SCHEDULE_SPARE

    def _next_upload(self, phone: FleetPhone, now: float) -> float:
        """When the log is uploaded next; never while there is nothing to upload, as on most phones."""
        service = phone.service
        if not phone.has_unsent_log or service is None or phone.upload == NEVER:
            return NEVER
        period = service.session.settings.log.upload_period
        return phone.upload + max(0, math.ceil((now - phone.upload) / period)) * period

    def _identity(self, planned: PlannedPhone) -> Identity:
        return make_identity(
            self._boot_server,
            model=planned.model,
            mac=planned.mac,
            firmware=planned.firmware,
            trust=self._anchor,
            always_fetches_license=self.population.always_fetches_license,
            boot_rom=self.population.boot_rom,
        )
