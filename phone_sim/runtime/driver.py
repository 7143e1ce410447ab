"""The driver: performs what a phone's flows ask for and sends the replies back.

One event is dealt with at a time, whichever thread it comes from. A flow that pauses is resumed by the agenda; a
power cut closes it. This module knows no protocol and no rule of licensing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from phone_sim.firmware.effects import (
    AskTimeAfter,
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
    SetClock,
    Show,
    Upload,
    UploadLogAfter,
    UploadReply,
    WakeAt,
    WriteFlash,
)
from phone_sim.firmware.keys import Press
from phone_sim.firmware.network_effects import AskDirectory, AskLease, AskTime
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.runtime.agenda import Agenda, Waits
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport

# What a phone asked of its boot server is kept for people to look at, not for ever.
_EXCHANGES_KEPT = 1000

Request = TypeVar("Request", Fetch, Upload)
Answer = TypeVar("Answer", FetchReply, UploadReply)


class PhoneDriver:
    """Runs one phone on a clock, an agenda, a transport, a flash and a log.

    `frame` is what the display shows, `reboots` the reason of each reboot so far. `on_effect` is told of every effect
    before it is performed, `on_exchange` of every request when it has its reply. Any thread may call; an event that
    comes out of a flow, from a transport say, is dealt with when that flow is over.
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
        network: Network | None = None,
        on_effect: Callable[[Effect], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.phone = phone
        self.frame = Frame()
        self.reboots: list[str] = []
        self._exchanges: deque[Exchange] = deque(maxlen=_EXCHANGES_KEPT)
        self._clock = clock
        self._agenda = agenda
        self._transport = transport
        self._flash = flash
        self._log = log
        self._network = network or Network()
        self._on_effect = on_effect
        self._on_exchange = on_exchange
        self._lock = threading.RLock()
        self._events: deque[Callable[[], Flow[None]]] = deque()
        self._busy = False
        self._power_is_cut = False
        self._powered_on_at = clock.elapsed()
        self._flow: Flow[None] | None = None
        self._paused: Flow[None] | None = None
        self._waits = Waits()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was asked of servers so far, the last thousand."""
        return tuple(self._exchanges)

    def power_on(self) -> None:
        """Switch the phone on; it has booted on return."""
        self._happen(self.phone.power_on)

    def cut_power(self) -> None:
        """Pull the plug, at whatever moment.

        What the phone is doing comes to nothing: it is off when the effect under way has ended, in whichever thread.
        """
        self._power_is_cut = True
        self._notice_power_cut()

    def reboot(self) -> None:
        """Reboot by hand (B15)."""
        self._happen(self.phone.reboot)

    def start_call(self) -> None:
        """Begin a call."""
        with self._lock:
            self.phone.start_call()

    def end_call(self) -> None:
        """End a call."""
        self._happen(self.phone.end_call)

    def search_directory(self, text: str) -> None:
        """Search the corporate directory; the display shows what came of it on return."""
        self._happen(partial(self.phone.search_directory, text))

    def press(self, key: Press) -> None:
        """Press a key; the display shows what came of it on return. One that a phone does not take is not kept."""
        if self.phone.takes_keys:
            self._happen(partial(self.phone.press, key))

    def licenses(self) -> Frame:
        """What the display shows under Menu > Status > Licenses; a phone that boots meanwhile does not hold this up."""
        return self.phone.licenses(ClockReading(self._clock.now()))

    def clock_set(self) -> None:
        """Say that the clock was set or changed."""
        self._happen(self.phone.clock_set)

    def _happen(self, event: Callable[[], Flow[None]]) -> None:
        """Deal with an event, after the flow that is under way and what happened before."""
        with self._lock:
            self._events.append(event)
            if self._busy:
                return
            self._busy = True
            try:
                while self._events:
                    self._run(self._events.popleft()())
                    self._upload_full_log()
            finally:
                self._busy = False
                self._events.clear()
        self._notice_power_cut()

    def _run(self, flow: Flow[None]) -> None:
        """Perform a flow to its end, its next pause or a power cut."""
        self._flow = flow
        reply: Any = None
        while self._flow is not None and not self._power_is_cut:
            try:
                effect = self._flow.send(reply)
            except StopIteration:
                self._flow = None
                return
            if self._on_effect is not None:
                self._on_effect(effect)
            if not self._power_is_cut:
                reply = self._perform(effect)
        if self._power_is_cut:
            self._go_off()

    def _notice_power_cut(self) -> None:
        """Go off, unless a flow is under way: then `_run` does."""
        while self._power_is_cut and self._lock.acquire(blocking=False):
            try:
                if self._busy:
                    return
                self._go_off()
            finally:
                self._lock.release()

    def _go_off(self) -> None:
        """Lose everything but flash; the time as well, where it came from the network."""
        self._power_is_cut = False
        self.phone.cut_power()
        for flow in (self._flow, self._paused):
            if flow is not None:
                flow.close()
        self._flow = self._paused = None
        self._events.clear()
        self._waits.cancel()
        if self._network.time is not None:
            self._clock.forget()
        self._log.forget(b"")
        self.frame = Frame()

    def _perform(self, effect: Effect) -> Any:  # noqa: C901 - one line for each effect
        match effect:
            case Log():
                self._write(effect)
            case Fetch():
                return self._exchange(effect, self._transport.fetch)
            case Upload():
                return self._exchange(effect, self._transport.upload)
            case AskLease():
                return self._network.lease and self._network.lease(effect)
            case AskDirectory():
                return self._network.directory and self._network.directory(effect)
            case AskTime():
                return self._network.time and self._network.time(effect)
            case ReadClock():
                return ClockReading(self._clock.now())
            case SetClock():
                self._clock.set(effect.instant)
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
                self._waits.wait(
                    "check", self._agenda.at(effect.instant, partial(self._happen, self.phone.polling_time))
                )
            case UploadLogAfter():
                self._waits.wait(
                    "log", self._agenda.after(effect.seconds, partial(self._happen, self.phone.upload_log))
                )
            case AskTimeAfter():
                self._waits.wait("time", self._agenda.after(effect.seconds, partial(self._happen, self.phone.ask_time)))
            case Pause():
                self._pause(effect.seconds)
            case Reboot():
                self._restart(effect.reason)
        return None

    def _write(self, line: Log) -> None:
        text = line.format.line(
            component=line.component,
            level=line.level,
            text=line.text,
            instant=self._clock.instant(),
            uptime=self._clock.elapsed() - self._powered_on_at,
        )
        self._log.write(text)
        server, syslog = line.syslog, self._network.syslog
        if server is not None and syslog is not None:
            syslog.send(server.host, server.message(line.level, text, self.phone.identity.mac))

    def _exchange(self, request: Request, perform: Callable[[Request], Answer]) -> Answer:
        began = time.perf_counter()
        reply = perform(request)
        exchange = Exchange(request=request, reply=reply, seconds=time.perf_counter() - began)
        self._exchanges.append(exchange)
        if self._on_exchange is not None:
            self._on_exchange(exchange)
        return reply

    def _pause(self, seconds: float) -> None:
        """Set the flow aside; the agenda takes it up again."""
        self._flow, self._paused = None, self._flow
        self._waits.wait("pause", self._agenda.after(seconds, partial(self._happen, self._take_up)))

    def _take_up(self) -> Flow[None]:
        """The flow that was set aside, which goes on where it stopped; none after a power cut."""
        flow, self._paused = self._paused, None
        return flow if flow is not None else _nothing()

    def _restart(self, reason: str) -> None:
        """The flow that asked for the reboot is over; the boot flow takes its place."""
        self.reboots.append(reason)
        self._waits.cancel()
        self._powered_on_at = self._clock.elapsed()
        self._flow = self.phone.restart()

    def _upload_full_log(self) -> None:
        service = self.phone.service
        if service is not None and self._log.size > service.session.settings.log.file_size:
            self._run(self.phone.upload_log(full=True))


def _nothing() -> Flow[None]:
    yield from ()
