"""Performs one flow of a phone of a fleet, as `phone_sim.runtime.driver` does for a single phone.

What it needs for that lives only as long as the flow. A phone of a fleet speaks only to its boot server. This module
knows no protocol and no rule of licensing.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from phone_sim.firmware.effects import FlashReply, Flow, LogContents, Written
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.network_effects import Move, MoveReply, NotConnected
from phone_sim.firmware.screen import Frame
from phone_sim.fleet.fleet_phone import NEVER, FleetPhone
from phone_sim.fleet.phone_clock import PhoneClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.network import Network
from phone_sim.runtime.performer import Performer
from phone_sim.runtime.transport import Transport

# A load is for the boot server that was named, and for no other that its files name.
_NETWORK = Network(other_boot_servers=False)


class PhoneRun:
    """One flow of a phone, performed until it ends or pauses.

    Then `paused` is the flow that pauses and for how many seconds, None if it ended; `woken_at` is the instant at which
    the phone asked to be woken, and `boot_seconds` how long its last boot took, if it booted. The transfers of a boot
    may take `boot_limit` seconds together.
    """

    def __init__(
        self,
        phone: FleetPhone,
        *,
        clock: PhoneClock,
        transport: Transport,
        listener: Callable[[str], None] | None,
        on_exchange: Callable[[Exchange], None],
        boot_limit: float,
    ) -> None:
        self._phone = phone
        self._clock = clock
        self._log = LogSink(listener, phone.log)
        self._performer = Performer(
            phone.mac,
            self,
            clock=clock,
            transport=transport,
            flash=self,
            log=self._log,
            network=_NETWORK,
            on_exchange=on_exchange,
            boot_seconds=boot_limit,
        )
        self._performer.powered_on_at = timedelta(seconds=phone.powered_on)
        self._flow: Flow[None] | None = None
        self._began: float | None = None
        self.paused: tuple[Flow[None], float] | None = None
        self.woken_at: datetime | None = None
        self.boot_seconds: float | None = None

    @property
    def log(self) -> LogContents:
        """The log file of the phone now."""
        return self._log.contents()

    def run(self, flow: Flow[None], *, boots: bool) -> None:
        """Perform a flow, which `boots` the phone or not, to its end or its next pause."""
        try:
            if boots:
                self._begin_boot()
            else:  # the files of a poll may take as long as those of a boot
                self._performer.boot_time.begin()
            self._perform_all(flow)
            self._performer.boot_time.end()
            if self._began is not None and self.paused is None:
                self.boot_seconds = time.perf_counter() - self._began
            service = self._phone.service
            if self.paused is None and service is not None and self._log.size > service.session.settings.log.file_size:
                self._perform_all(self._phone.firmware.upload_log(full=True))
        finally:  # also when the load ends in the middle of the flow
            if self._log.has_changed:
                self._phone.log = self._log.contents()

    def _perform_all(self, flow: Flow[None]) -> None:
        self._flow = flow
        reply: object = None
        while self._flow is not None:
            try:
                effect = self._flow.send(reply)
            except StopIteration:
                self._flow = None
            else:
                reply = self._performer.perform(effect)

    def read(self) -> FlashReply:
        """Read the phone's flash."""
        return self._phone.flash

    def write(self, contents: FlashContents) -> Written:
        """Replace the contents of the phone's flash."""
        self._phone.flash = contents
        return Written()

    def show(self, frame: Frame) -> None:
        """Nobody sees the display of a phone of a fleet."""

    def set_clock(self, instant: datetime) -> None:
        """A phone of a fleet keeps the fleet's time."""

    def wake_at(self, instant: datetime) -> None:
        """Note the instant for the fleet."""
        self.woken_at = instant

    def upload_log_after(self, seconds: float) -> None:
        """Note when the log is due."""
        self._phone.upload = self._now() + seconds

    def ask_time_after(self, seconds: float) -> None:
        """A phone of a fleet has no time servers."""

    def poll_after(self, seconds: float) -> None:
        """Note when the configuration files are polled."""
        self._phone.poll = self._now() + seconds

    def pause(self, seconds: float) -> None:
        """Leave the flow to the fleet."""
        if self._flow is not None:
            self.paused, self._flow = (self._flow, seconds), None

    def move(self, move: Move) -> MoveReply:  # noqa: ARG002 - its network has no other boot server
        """A phone of a fleet stays with the fleet's boot server."""
        return NotConnected()

    def restart(self, reason: str) -> None:  # noqa: ARG002 - the fleet counts reboots
        """Replace the flow that asked for it by a boot."""
        self._phone.reboots += 1
        self._begin_boot()
        self._flow = self._phone.firmware.restart()

    def _begin_boot(self) -> None:
        self._began = time.perf_counter()
        self._performer.boot_time.begin()
        self._performer.powered_on_at = self._clock.elapsed()
        self._phone.powered_on = self._now()
        self._phone.check = self._phone.poll = self._phone.upload = NEVER
        self.woken_at = None

    def _now(self) -> float:
        return self._clock.elapsed().total_seconds()
