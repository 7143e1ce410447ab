"""The performer: gives each effect of a phone's flow its reply, from a clock, a transport, flash, a log and a network.

It serves the single phone's driver and the fleet alike. What it cannot do is to decide when a flow goes on: that, the
display and the setting of the clock it leaves to the `FlowRunner`. This module knows no protocol and no rule of
licensing.
"""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar, assert_never

from phone_sim.firmware.asking import answer
from phone_sim.firmware.effects import (
    ClockReading,
    Effect,
    Fetch,
    FetchReply,
    ForgetLog,
    Log,
    Pause,
    ReadClock,
    ReadFlash,
    ReadLog,
    Reboot,
    SetClock,
    Show,
    Stream,
    StreamReply,
    Upload,
    UploadReply,
    WriteFlash,
)
from phone_sim.firmware.network_effects import AskDirectory, AskLease, AskMove, AskTime, Move, MoveReply, NotConnected
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.timer_effects import AskTimeAfter, PollAfter, UploadLogAfter, WakeAt
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.boot_time import BootTime
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport

Request = TypeVar("Request", Fetch, Stream, Upload)
Answer = TypeVar("Answer", FetchReply, StreamReply, UploadReply)


class ReadableClock(Protocol):
    """What the performer reads of a phone's clock."""

    def now(self) -> datetime | None:
        """The time, or None for a clock that was never set."""

    def instant(self) -> datetime:
        """The time, counted from 1970 for a clock that was never set."""

    def elapsed(self) -> timedelta:
        """How long it has run."""


class FlowRunner(Protocol):
    """Who runs the flows of a phone: takes what only it can do."""

    def show(self, frame: Frame) -> None:
        """Show a frame on the display."""

    def set_clock(self, instant: datetime) -> None:
        """Set the phone's clock."""

    def wake_at(self, instant: datetime) -> None:
        """Start the daily check at an instant, instead of at any earlier wish."""

    def upload_log_after(self, seconds: float) -> None:
        """Start the upload of the log after a time, instead of at any earlier wish."""

    def ask_time_after(self, seconds: float) -> None:
        """Ask for the time again after a time, instead of at any earlier wish."""

    def poll_after(self, seconds: float) -> None:
        """Poll the configuration files after a time, instead of at any earlier wish."""

    def pause(self, seconds: float) -> None:
        """Set the flow aside for a time."""

    def move(self, move: Move) -> MoveReply:
        """Whether the phone may go to another boot server."""

    def restart(self, reason: str) -> None:
        """Put the boot in the place of the flow."""


class Performer:
    """Performs the effects of one phone. `powered_on_at` is what its clock had run at the start of its boot.

    `boot_time` bounds the transfers of a boot, for who tells it when one begins and ends.
    """

    __slots__ = (
        "_clock",
        "_flash",
        "_log",
        "_mac",
        "_network",
        "_on_exchange",
        "_runner",
        "_transport",
        "boot_time",
        "powered_on_at",
    )

    def __init__(
        self,
        mac: MacAddress,
        runner: FlowRunner,
        *,
        clock: ReadableClock,
        transport: Transport,
        flash: Flash,
        log: LogSink,
        network: Network,
        on_exchange: Callable[[Exchange], None],
        boot_seconds: float = math.inf,
    ) -> None:
        self.boot_time = BootTime(boot_seconds)
        self.powered_on_at = clock.elapsed()
        self._mac = mac
        self._runner = runner
        self._clock = clock
        self._transport = transport
        self._flash = flash
        self._log = log
        self._network = network
        self._on_exchange = on_exchange

    def perform(self, effect: Effect) -> object:  # noqa: C901 - one case for each effect
        """Perform an effect; the result is its reply."""
        match effect:
            case Log():
                self._write(effect)
                return answer(effect, None)
            case Fetch():
                return answer(effect, self.boot_time.refusal or self._transferred(effect, self._transport.fetch))
            case Stream():
                return answer(effect, self.boot_time.refusal or self._transferred(effect, self._transport.stream))
            case Upload():
                return answer(effect, self._transferred(effect, self._transport.upload))
            case AskLease():
                return answer(effect, self._network.lease(effect) if self._network.lease else NotConnected())
            case AskDirectory():
                ask = self._network.corporate_directory
                return answer(effect, ask(effect) if ask else NotConnected())
            case AskTime():
                return answer(effect, self._network.time(effect) if self._network.time else NotConnected())
            case AskMove():
                return answer(effect, self._moved(effect))
            case ReadClock():
                return answer(effect, ClockReading(self._clock.now()))
            case SetClock():
                self._runner.set_clock(effect.instant)
                return answer(effect, None)
            case ReadFlash():
                return answer(effect, self._flash.read())
            case WriteFlash():
                return answer(effect, self._flash.write(effect.contents))
            case ReadLog():
                return answer(effect, self._log.contents(effect.stage))
            case ForgetLog():
                self._log.forget(effect.on_server, effect.stage)
                return answer(effect, None)
            case Show():
                self._runner.show(effect.frame)
                return answer(effect, None)
            case WakeAt():
                self._runner.wake_at(effect.instant)
                return answer(effect, None)
            case UploadLogAfter():
                self._runner.upload_log_after(effect.seconds)
                return answer(effect, None)
            case AskTimeAfter():
                self._runner.ask_time_after(effect.seconds)
                return answer(effect, None)
            case PollAfter():
                self._runner.poll_after(effect.seconds)
                return answer(effect, None)
            case Pause():
                self._runner.pause(effect.seconds)
                return answer(effect, None)
            case Reboot():
                self._runner.restart(effect.reason)
                return answer(effect, None)
            case _:
                assert_never(effect)

    def _write(self, line: Log) -> None:
        text = line.format.line(
            component=line.component,
            level=line.level,
            text=line.text,
            instant=self._clock.instant(),
            uptime=self._clock.elapsed() - self.powered_on_at,
        )
        self._log.write(text, line.stage)
        server, syslog = line.syslog, self._network.syslog
        if server is not None and syslog is not None:
            syslog.send(server.host, server.message(line.level, text, self._mac))

    def _moved(self, ask: AskMove) -> MoveReply:
        return self._runner.move(ask.move) if self._network.other_boot_servers else NotConnected()

    def _transferred(self, request: Request, transfer: Callable[[Request], Answer]) -> Answer:
        began = time.perf_counter()
        reply = transfer(request)
        seconds = time.perf_counter() - began
        self.boot_time.spend(seconds)
        self._on_exchange(Exchange(request=request, reply=reply, seconds=seconds))
        return reply
