"""The driver: performs what a phone's flows ask for and sends the replies back.

One event is dealt with at a time, whichever thread it comes from. A flow that pauses is resumed by the agenda; a
power cut closes it. This module knows no protocol and no rule of licensing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from phone_sim.firmware.effects import (
    ClockReading,
    Effect,
    Fetch,
    FetchReply,
    Flow,
    ForgetLog,
    Log,
    Pause,
    ReadClock,
    ReadFlash,
    ReadLog,
    Reboot,
    Show,
    Upload,
    UploadLogAfter,
    UploadReply,
    WakeAt,
    WriteFlash,
)
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.runtime.agenda import Agenda, Entry
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.transport import Transport

# What a phone asked of its boot server is kept for people to look at, not for ever.
_EXCHANGES_KEPT = 1000

Request = TypeVar("Request", Fetch, Upload)
Answer = TypeVar("Answer", FetchReply, UploadReply)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of the phone and its reply; `seconds` is how long it took."""

    request: Fetch | Upload
    reply: FetchReply | UploadReply
    seconds: float

    @property
    def method(self) -> str:
        """The method of the protocol: GET, PUT, RRQ or WRQ."""
        tftp = urlsplit(self.request.location.url).scheme == "tftp"
        if isinstance(self.request, Fetch):
            return "RRQ" if tftp else "GET"
        return "WRQ" if tftp else "PUT"


class PhoneDriver:
    """Runs one phone on a clock, an agenda, a transport, a flash and a log.

    `exchanges` is what was asked of servers, `frame` what the display shows, `reboots` the reason of each reboot so
    far. `on_effect` is told of every effect before it is performed.
    """

    def __init__(
        self,
        phone: Phone,
        *,
        clock: Clock,
        agenda: Agenda,
        transport: Transport,
        flash: Flash,
        log: LogSink,
        on_effect: Callable[[Effect], None] | None = None,
    ) -> None:
        self.phone = phone
        self.frame = Frame()
        self.reboots: list[str] = []
        self.exchanges: deque[Exchange] = deque(maxlen=_EXCHANGES_KEPT)
        self._clock = clock
        self._agenda = agenda
        self._transport = transport
        self._flash = flash
        self._log = log
        self._on_effect = on_effect
        self._lock = threading.RLock()
        self._powered_on_at = clock.instant()
        self._flow: Flow[None] | None = None
        self._paused: Flow[None] | None = None
        self._waits: dict[str, Entry] = {}

    def power_on(self) -> None:
        """Switch the phone on; it has booted on return."""
        with self._lock:
            flow = self.phone.power_on()
            self._abandon()
            self._powered_on_at = self._clock.instant()
            self._run(flow)

    def cut_power(self) -> None:
        """Pull the plug, at whatever moment."""
        with self._lock:
            self.phone.cut_power()
            self._abandon()
            self.frame = Frame()

    def reboot(self) -> None:
        """Reboot by hand (B15)."""
        with self._lock:
            self._run(self.phone.reboot())

    def start_call(self) -> None:
        """Begin a call."""
        with self._lock:
            self.phone.start_call()

    def end_call(self) -> None:
        """End a call."""
        with self._lock:
            self._run(self.phone.end_call())

    def licenses(self) -> Frame:
        """What the display shows under Menu > Status > Licenses."""
        with self._lock:
            return self.phone.licenses(ClockReading(self._clock.now()))

    def clock_set(self) -> None:
        """Say that the clock was set or changed."""
        with self._lock:
            self._run(self.phone.clock_set())

    def _run(self, flow: Flow[None], reply: Any = None) -> None:
        """Perform a flow to its end or its next pause."""
        self._flow = flow
        while self._flow is not None:
            try:
                effect = self._flow.send(reply)
            except StopIteration:
                self._flow = None
                break
            if self._on_effect is not None:
                self._on_effect(effect)
            reply = self._perform(effect)
        self._upload_full_log()

    def _perform(self, effect: Effect) -> Any:  # noqa: C901 - one line for each effect
        match effect:
            case Log():
                self._write(effect)
            case Fetch():
                return self._exchange(effect, self._transport.fetch)
            case Upload():
                return self._exchange(effect, self._transport.upload)
            case ReadClock():
                return ClockReading(self._clock.now())
            case ReadFlash():
                return self._flash.read()
            case WriteFlash():
                return self._flash.write(effect.contents)
            case ReadLog():
                return self._log.contents()
            case ForgetLog():
                self._log.forget(effect.on_server)
            case Show():
                self.frame = effect.frame
            case WakeAt():
                self._wait("check", self._agenda.at(effect.instant, self._woken))
            case UploadLogAfter():
                self._wait("log", self._agenda.after(effect.seconds, self._log_due))
            case Pause():
                self._pause(effect.seconds)
            case Reboot():
                self._restart(effect.reason)
        return None

    def _write(self, line: Log) -> None:
        instant = self._clock.instant() if self._clock.now() is not None else UNSET_CLOCK
        uptime = self._clock.instant() - self._powered_on_at
        text = line.format.line(
            component=line.component, level=line.level, text=line.text, instant=instant, uptime=uptime
        )
        self._log.write(text)

    def _exchange(self, request: Request, perform: Callable[[Request], Answer]) -> Answer:
        began = time.perf_counter()
        reply = perform(request)
        self.exchanges.append(Exchange(request=request, reply=reply, seconds=time.perf_counter() - began))
        return reply

    def _pause(self, seconds: float) -> None:
        """Set the flow aside; the agenda takes it up again."""
        flow, self._flow = self._flow, None
        if flow is not None:
            self._paused = flow
            self._wait("pause", self._agenda.after(seconds, self._resume))

    def _restart(self, reason: str) -> None:
        """The flow that asked for the reboot is over; the boot flow takes its place."""
        if self._flow is not None:
            self._flow.close()
        self.reboots.append(reason)
        self._cancel_waits()
        self._powered_on_at = self._clock.instant()
        self._flow = self.phone.power_on()

    def _resume(self) -> None:
        with self._lock:
            flow, self._paused = self._paused, None
            if flow is not None:
                self._run(flow)

    def _woken(self) -> None:
        with self._lock:
            self._run(self.phone.polling_time())

    def _log_due(self) -> None:
        with self._lock:
            self._run(self.phone.upload_log())

    def _upload_full_log(self) -> None:
        service = self.phone.service
        if service is not None and self._log.size > service.session.settings.log.file_size:
            self._run(self.phone.upload_log(full=True))

    def _wait(self, name: str, entry: Entry) -> None:
        """Wait for an entry in place of an earlier one of the same name."""
        if (earlier := self._waits.get(name)) is not None:
            earlier.cancel()
        self._waits[name] = entry

    def _abandon(self) -> None:
        """Give up the flow that is under way, a reboot that waits among them."""
        for flow in (self._flow, self._paused):
            if flow is not None:
                flow.close()
        self._flow = self._paused = None
        self._cancel_waits()

    def _cancel_waits(self) -> None:
        for entry in self._waits.values():
            entry.cancel()
        self._waits.clear()
