"""The driver: runs the flows of one phone, has what they ask for performed, and sends the replies back.

One event is dealt with at a time, whichever thread it comes from. A flow that pauses is resumed by the scheduler; a
power cut closes it. This module knows no protocol and no rule of licensing.
"""

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial

from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.effects import ClockReading, Effect, Flow
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import Press
from phone_sim.firmware.network_effects import Move, MoveReply
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.stage import Stage
from phone_sim.runtime.boot_server_moves import BootServerMoves
from phone_sim.runtime.boot_time import BOOT_SECONDS
from phone_sim.runtime.clock import Clock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.network import Network
from phone_sim.runtime.performer import Performer
from phone_sim.runtime.scheduler import Scheduler, Waits
from phone_sim.runtime.transport import Transport

# What a phone asked of its boot server is kept for people to look at, not for ever.
_EXCHANGES_KEPT = 1000


class PhoneDriver:
    """Runs one phone on a clock, a scheduler, a transport, a flash and a log.

    `frame` is what the display shows, `reboots` the reason of each reboot so far, `moves` the way from one boot server
    to another. `on_effect` is told of every effect
    before it is performed, `on_exchange` of every request when it has its reply. Any thread may call; an event that
    comes out of a flow, from a transport say, is dealt with when that flow is over. After `boot_seconds` of transfers a
    boot gives the boot server up.
    """

    def __init__(
        self,
        phone: Phone,
        *,
        clock: Clock,
        scheduler: Scheduler,
        transport: Transport,
        flash: Flash,
        log: LogSink,
        network: Network | None = None,
        on_effect: Callable[[Effect], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        boot_seconds: float = BOOT_SECONDS,
    ) -> None:
        self.phone = phone
        self.frame = Frame()
        self.reboots: list[str] = []
        self.moves = BootServerMoves()
        self._exchanges: deque[Exchange] = deque(maxlen=_EXCHANGES_KEPT)
        self._boot_exchanges: list[Exchange] = []
        self._clock = clock
        self._scheduler = scheduler
        self._log = log
        self._network = network or Network()
        self._performer = Performer(
            phone.identity.mac,
            self,
            clock=clock,
            transport=transport,
            flash=flash,
            log=log,
            network=self._network,
            on_exchange=self._keep,
            boot_seconds=boot_seconds,
        )
        self._on_effect = on_effect
        self._on_exchange = on_exchange
        self._lock = threading.RLock()
        self._events: deque[Callable[[], Flow[None]]] = deque()
        self._busy = False
        self._power_is_cut = False
        self._flow: Flow[None] | None = None
        self._paused: Flow[None] | None = None
        self._waits = Waits()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was asked of servers so far, the last thousand."""
        return tuple(self._exchanges)

    @property
    def boot_exchanges(self) -> tuple[Exchange, ...]:
        """What was asked of servers in the last boot, or so far in the one under way."""
        return tuple(self._boot_exchanges)

    def power_on(self) -> None:
        """Switch the phone on; it has booted on return."""
        self._happen(self._powered_on)

    def _powered_on(self) -> Flow[None]:
        flow = self.phone.power_on()
        self.moves.begin()
        self._boot_exchanges.clear()
        self._performer.boot_time.begin()
        return flow

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
            self.phone.start_call(self._clock.now())

    def end_call(self) -> None:
        """End a call."""
        self._happen(self.phone.end_call)

    def check_sync(self) -> None:
        """Do what a NOTIFY check-sync asks for: a phone that reboots for it has booted on return."""
        self._happen(partial(self._comparing, self.phone.check_sync))

    def _comparing(self, event: Callable[[], Flow[None]]) -> Flow[None]:
        """The flow of an event in which the configuration files are asked for; they may take as long as a boot."""
        self._performer.boot_time.begin()
        return event()

    def change(self, name: str, value: str, origin: Origin) -> None:
        """Change a parameter; a phone that reboots for it has booted on return, unless it waits for a call to end."""
        self._happen(partial(self.phone.change, name, value, origin))

    def add_contact(self, contact: Contact) -> None:
        """Add a contact to the contact directory."""
        self._happen(partial(self.phone.add_contact, contact))

    def search_corporate_directory(self, text: str) -> None:
        """Search the corporate directory; the display shows what came of it on return."""
        self._happen(partial(self.phone.search_corporate_directory, text))

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
        reply: object = None
        while self._flow is not None and not self._power_is_cut:
            try:
                effect = self._flow.send(reply)
            except StopIteration:
                self._flow = None
                self._performer.boot_time.end()
                return
            if self._on_effect is not None:
                self._on_effect(effect)
            if not self._power_is_cut:
                reply = self._performer.perform(effect)
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
        self._performer.boot_time.end()
        self.phone.cut_power()
        for flow in (self._flow, self._paused):
            if flow is not None:
                flow.close()
        self._flow = self._paused = None
        self._events.clear()
        self._waits.cancel()
        if self._network.time is not None:
            self._clock.forget()
        for stage in Stage:
            self._log.forget(b"", stage)
        self.frame = Frame()

    def _keep(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)
        if self.phone.service is None:  # it boots
            self._boot_exchanges.append(exchange)
        if self._on_exchange is not None:
            self._on_exchange(exchange)

    def show(self, frame: Frame) -> None:
        """Show a frame on the display."""
        self.frame = frame

    def set_clock(self, instant: datetime) -> None:
        """Set the phone's clock."""
        self._clock.set(instant)

    def wake_at(self, instant: datetime) -> None:
        """Have the scheduler start the daily check."""
        self._waits.wait("check", self._scheduler.at(instant, partial(self._happen, self.phone.polling_time)))

    def upload_log_after(self, seconds: float) -> None:
        """Have the scheduler start the upload of the log."""
        self._waits.wait("log", self._scheduler.after(seconds, partial(self._happen, self.phone.upload_log)))

    def ask_time_after(self, seconds: float) -> None:
        """Have the scheduler start the next question for the time."""
        self._waits.wait("time", self._scheduler.after(seconds, partial(self._happen, self.phone.ask_time)))

    def poll_after(self, seconds: float) -> None:
        """Have the scheduler start the next poll of the configuration files."""
        poll = partial(self._happen, partial(self._comparing, self.phone.poll))
        self._waits.wait("poll", self._scheduler.after(seconds, poll))

    def pause(self, seconds: float) -> None:
        """Set the flow aside; the scheduler takes it up again."""
        self._flow, self._paused = None, self._flow
        self._waits.wait("pause", self._scheduler.after(seconds, partial(self._happen, self._take_up)))

    def _take_up(self) -> Flow[None]:
        """The flow that was set aside, which goes on where it stopped; none after a power cut."""
        flow, self._paused = self._paused, None
        return flow if flow is not None else _nothing()

    def move(self, move: Move) -> MoveReply:
        """Whether the phone may go to another boot server."""
        return self.moves.ask(move)

    def restart(self, reason: str) -> None:
        """The flow that asked for the reboot is over; the boot flow takes its place."""
        self.reboots.append(reason)
        self.moves.reboot()
        self._waits.cancel()
        self._boot_exchanges.clear()
        self._performer.powered_on_at = self._clock.elapsed()
        self._performer.boot_time.begin()
        self._flow = self.phone.restart()

    def _upload_full_log(self) -> None:
        service = self.phone.service
        if service is not None and self._log.size > service.session.settings.log.file_size:
            self._run(self.phone.upload_log(full=True))


async def _nothing() -> None:
    return
