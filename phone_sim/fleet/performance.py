"""Performs what a phone of a fleet asks for while something happens to it, as `phone_sim.runtime.driver` does for one
phone: but what it needs for that lives no longer than the flow.

A phone of a fleet speaks to its boot server and to nothing else: it gets no lease, no time and no directory. This
module knows no protocol and no rule of licensing.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from phone_sim.firmware.effects import (
    ClockReading,
    Effect,
    Fetch,
    Flow,
    ForgetLog,
    Log,
    LogContents,
    Pause,
    ReadClock,
    ReadFlash,
    ReadLog,
    Reboot,
    Upload,
    UploadLogAfter,
    WakeAt,
    WriteFlash,
    Written,
)
from phone_sim.fleet.member import NEVER, Member
from phone_sim.fleet.phone_clock import PhoneClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.transport import Transport


class Performance:
    """One thing that happens to a phone, until its flow is over or pauses.

    Then `paused` is the flow that pauses and for how many seconds, None for none; `woken_at` is the instant that the
    phone asked to be woken at, and `boot_seconds` how long its last boot took, if it booted.
    """

    def __init__(
        self,
        member: Member,
        *,
        clock: PhoneClock,
        transport: Transport,
        listener: Callable[[str], None] | None,
        on_exchange: Callable[[Exchange], None],
    ) -> None:
        self._member = member
        self._clock = clock
        self._transport = transport
        self._on_exchange = on_exchange
        self._log = LogSink(listener, member.log)
        self._flow: Flow[None] | None = None
        self._began: float | None = None
        self.paused: tuple[Flow[None], float] | None = None
        self.woken_at: datetime | None = None
        self.boot_seconds: float | None = None

    @property
    def log(self) -> LogContents:
        """The log file of the phone as it is now."""
        return self._log.contents()

    def run(self, flow: Flow[None], *, boots: bool) -> None:
        """Perform a flow, which `boots` the phone or not, to its end or its next pause."""
        try:
            if boots:
                self._begin_boot()
            self._perform_all(flow)
            if self._began is not None and self.paused is None:
                self.boot_seconds = time.perf_counter() - self._began
            service = self._member.phone.service
            if self.paused is None and service is not None and self._log.size > service.session.settings.log.file_size:
                self._perform_all(self._member.phone.upload_log(full=True))
        finally:  # a run that ends breaks it off
            self._member.log = self._log.contents()

    def _perform_all(self, flow: Flow[None]) -> None:
        self._flow = flow
        reply: Any = None
        while self._flow is not None:
            try:
                effect = self._flow.send(reply)
            except StopIteration:
                self._flow = None
            else:
                reply = self._perform(effect)

    def _perform(self, effect: Effect) -> Any:  # noqa: C901 - one line for each effect
        match effect:
            case Log():
                self._write(effect)
            case Fetch() | Upload():
                return self._exchange(effect)
            case ReadClock():
                return ClockReading(self._clock.now())
            case ReadFlash():
                return self._member.flash
            case WriteFlash():
                self._member.flash = effect.contents
                return Written()
            case ReadLog():
                return self._log.contents()
            case ForgetLog():
                self._log.forget(effect.on_server)
            case WakeAt():
                self.woken_at = effect.instant
            case UploadLogAfter():
                self._member.upload = self._now() + effect.seconds
            case Pause():
                self.paused, self._flow = (self._flow, effect.seconds) if self._flow is not None else None, None
            case Reboot():
                self._member.reboots += 1
                self._begin_boot()
                self._flow = self._member.phone.restart()
        return None

    def _begin_boot(self) -> None:
        self._began = time.perf_counter()
        self._member.powered_on = self._now()
        self._member.check = self._member.upload = NEVER
        self.woken_at = None

    def _write(self, line: Log) -> None:
        instant, uptime = self._clock.instant(), self._clock.elapsed() - timedelta(seconds=self._member.powered_on)
        self._log.write(
            line.format.line(component=line.component, level=line.level, text=line.text, instant=instant, uptime=uptime)
        )

    def _exchange(self, request: Fetch | Upload) -> Any:
        began = time.perf_counter()
        reply = self._transport.fetch(request) if isinstance(request, Fetch) else self._transport.upload(request)
        self._on_exchange(Exchange(request=request, reply=reply, seconds=time.perf_counter() - began))
        return reply

    def _now(self) -> float:
        return self._clock.elapsed().total_seconds()
