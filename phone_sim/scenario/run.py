"""Running a scenario: its boot server, its phones on virtual time, step after step, up to the first that fails.

Time in a scenario is virtual; only answers over real sockets take real time. This module does not know how a scenario
was written, nor who reads its outcome.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from phone_sim.errors import PhoneSimError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.virtual_phone import VirtualPhone
from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import Fetch, FetchReply, Stream, StreamReply, Upload, Uploaded, UploadReply
from phone_sim.firmware.network_effects import MovesEndlessly
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Limits, Transport
from phone_sim.runtime.virtual_time import VirtualTime
from phone_sim.scenario.expectations import Seen, Unmet, unmet
from phone_sim.scenario.remote_server import RemoteServer
from phone_sim.scenario.scenario import (
    Action,
    AddContact,
    ChangeParameters,
    ClockChange,
    EmbeddedServer,
    PhoneEvent,
    PressKeys,
    RunFor,
    RunUntil,
    Scenario,
    ScenarioPhone,
    ScenarioStep,
)
from phone_sim.scenario.server import ScenarioServer

TIME_LIMIT = 300.0
"""Seconds that a scenario may take, looked at after each step; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailure:
    """What was not as expected: the step, counted from 1, the phone (empty when it is about none), and what."""

    number: int
    step: ScenarioStep
    phone: str
    unmet: Unmet


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioOutcome:
    """A scenario that was run: what failed, the whole log of each phone, and the seconds it took."""

    scenario: Scenario
    seed: int
    failures: tuple[StepFailure, ...]
    logs: Mapping[str, str]
    seconds: float

    @property
    def passed(self) -> bool:
        """True when all was as expected."""
        return not self.failures


def run_scenario(scenario: Scenario, seed: int | None = None) -> ScenarioOutcome:
    """Run a scenario; `seed` takes the place of its own.

    Raises:
        UsageError: its embedded boot server cannot listen, or a file for a named one cannot be used.
    """
    began = time.perf_counter()
    used = scenario.seed if seed is None else seed
    with ExitStack() as stack:
        server = _server(scenario, used)
        stack.enter_context(server)
        running = _ScenarioRun(scenario, server, stack)
        failures: list[StepFailure] = []
        for number, step in enumerate(scenario.steps, start=1):
            failures += running.take(number, step)
            if not failures and time.perf_counter() - began > TIME_LIMIT:
                late = Unmet(key="time", expected=f"at most {TIME_LIMIT:.0f} s for the scenario", found="more")
                failures.append(StepFailure(number=number, step=step, phone="", unmet=late))
            if failures:
                break
        logs = {name: phone.virtual.log for name, phone in running.phones.items()}
    return ScenarioOutcome(
        scenario=scenario, seed=used, failures=tuple(failures), logs=logs, seconds=time.perf_counter() - began
    )


def _server(scenario: Scenario, seed: int) -> ScenarioServer | RemoteServer:
    limits = limits_of(scenario)
    if isinstance(scenario.server, EmbeddedServer):
        return ScenarioServer(scenario.server, seed=seed, limits=limits)
    return RemoteServer(scenario.server, limits=limits)


def limits_of(scenario: Scenario) -> Limits:
    """How long its phones wait."""
    return Limits(answer=scenario.timeout, transfer=12 * scenario.timeout)


class _ScenarioRun:
    """The boot server, the time and the phones of a scenario."""

    def __init__(self, scenario: Scenario, server: ScenarioServer | RemoteServer, stack: ExitStack) -> None:
        self._server = server
        self._time = VirtualTime(scenario.start)
        self.phones = {each.name: _ObservedPhone(each, server, self._time) for each in scenario.phones}
        for phone in self.phones.values():
            stack.enter_context(phone.virtual)

    def take(self, number: int, step: ScenarioStep) -> list[StepFailure]:
        """Take a step; what was not as expected."""
        phones = [self.phones[name] for name in step.phones]
        if step.action is not None:
            for phone in self.phones.values():
                phone.start_anew()
            try:
                self._do(step.action, phones)
                for phone in self.phones.values():
                    phone.check_moves()
            except PhoneSimError as error:
                undone = Unmet(key=step.name, expected="that it can be done", found=str(error))
                return [StepFailure(number=number, step=step, phone="", unmet=undone)]
        return [
            StepFailure(number=number, step=step, phone=phone.name, unmet=each)
            for phone in phones
            for each in unmet(step.expectation, phone.seen(step.expectation.boot))
        ]

    def _do(self, action: Action, phones: "list[_ObservedPhone]") -> None:
        match action:
            case PhoneEvent() | PressKeys() | ChangeParameters() | AddContact():
                for phone in phones:
                    phone.happen(action)
            case ClockChange():
                self._time.set(action.to)
            case RunUntil():
                self._time.run_until(action.instant)
            case RunFor():
                self._time.run(action.span)
            case change:
                self._server.change(change)


class _ObservedPhone:
    """A phone of a scenario, and what it asked, logged and rebooted for since the last action began."""

    def __init__(self, case: ScenarioPhone, server: ScenarioServer | RemoteServer, virtual_time: VirtualTime) -> None:
        self.name = case.name
        self._transport = _Watched(server.transport(case), server.path_of)
        self.virtual = VirtualPhone(
            server.url,
            model=case.model,
            mac=case.mac,
            trust=server.trust,
            firmware=case.firmware,
            always_fetches_license=case.always_fetches_license,
            boot_rom=case.boot_rom,
            time=virtual_time,
            transport=self._transport,
            network=Network(other_boot_servers=server.reaches_others),
        )
        self._endless: MovesEndlessly | None = None
        self._before: InService | None = None
        self._lines = 0
        self._reboots = 0

    def start_anew(self) -> None:
        self._transport.downloads.clear()
        self._transport.uploads.clear()
        self._before = self.virtual.driver.phone.service
        self._lines = len(self.virtual.log.splitlines())
        self._reboots = len(self.virtual.reboots)

    def happen(self, event: PhoneEvent | PressKeys | ChangeParameters | AddContact) -> None:
        if isinstance(event, PressKeys):
            self.virtual.press(*event.keys)
            return
        if isinstance(event, ChangeParameters):
            for name, value in event.values.items():
                self.virtual.change(name, value, by=event.origin.value)
            return
        if isinstance(event, AddContact):
            self.virtual.add_contact(event.number, last_name=event.last_name, first_name=event.first_name)
            return
        events: Mapping[PhoneEvent, Callable[[], None]] = {
            PhoneEvent.BOOT: self.virtual.boot,
            PhoneEvent.REBOOT: self.virtual.driver.reboot,
            PhoneEvent.CALL: self.virtual.start_call,
            PhoneEvent.HANGUP: self.virtual.end_call,
            PhoneEvent.CUT_POWER: self.virtual.cut_power,
            PhoneEvent.POWER_ON: self.virtual.driver.power_on,
            PhoneEvent.CHECK_SYNC: self.virtual.check_sync,
        }
        events[event]()

    def check_moves(self) -> None:
        """Complain once of boot servers that send the phone to each other. Raises PhoneSimError."""
        before, self._endless = self._endless, self.virtual.driver.moves.endless
        if self._endless is not None and self._endless is not before:
            raise PhoneSimError(f"{self.name}: {self._endless}")

    def seen(self, expected: BootExpectation | None) -> Seen:
        phone = self.virtual
        service = phone.driver.phone.service
        is_judged = expected is not None and service is not None and service is not self._before
        return Seen(
            requests=tuple(self._transport.downloads),
            uploads=tuple(self._transport.uploads),
            gates={} if service is None else {gate.feature.key: gate for gate in service.gates},
            parameters={} if service is None else service.parameters,
            log=phone.log.splitlines()[self._lines :],
            reboots=phone.reboots[self._reboots :],
            screen=phone.screen,
            licenses=phone.licenses(),
            state=phone.state,
            shortcomings=phone.shortcomings(expected) if expected is not None and is_judged else (),
        )


class _Watched:
    """A transport that keeps the paths of the downloads, and of the uploads that the server took."""

    def __init__(self, transport: Transport, path_of: Callable[[Fetch | Stream | Upload], str]) -> None:
        self.downloads: list[str] = []
        self.uploads: list[str] = []
        self._transport = transport
        self._path_of = path_of

    def fetch(self, request: Fetch) -> FetchReply:
        if not request.is_head:
            self.downloads.append(self._path_of(request))
        return self._transport.fetch(request)

    def stream(self, request: Stream) -> StreamReply:
        self.downloads.append(self._path_of(request))
        return self._transport.stream(request)

    def upload(self, request: Upload) -> UploadReply:
        reply = self._transport.upload(request)
        if isinstance(reply, Uploaded):
            self.uploads.append(self._path_of(request))
        return reply

    def close(self) -> None:
        self._transport.close()
