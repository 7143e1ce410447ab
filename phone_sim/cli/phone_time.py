"""Time for the phone of `phone-sim run`: real, by a factor, or as fast as it can pass."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from phone_sim.cli.output import talk

if TYPE_CHECKING:
    from phone_sim.runtime.clock import Clock
    from phone_sim.runtime.scheduler import Scheduler

AS_FAST_AS_CAN_BE = "max"
_LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneTime:
    """Time for a phone: `live` lets it pass until the end, or until something has ended, and takes the events that a
    user types; `close` ends it."""

    clock: "Clock"
    scheduler: "Scheduler"
    live: Callable[[Callable[[str], None], Callable[[], bool]], None]
    close: Callable[[], None]


def virtual_time(start: datetime | None, until: datetime | None) -> PhoneTime:
    """Time that jumps from one thing to do to the next. Raises UsageError without an end."""
    from phone_sim.errors import UsageError
    from phone_sim.runtime.clock import ManualClock
    from phone_sim.runtime.scheduler import HeapScheduler

    if until is None:
        raise UsageError(f"--speed {AS_FAST_AS_CAN_BE} needs --until: it would never end")
    clock = ManualClock(start)
    scheduler = HeapScheduler(clock)

    def live(_: Callable[[str], None], is_over: Callable[[], bool]) -> None:
        if not is_over():
            scheduler.run_until(until)

    return PhoneTime(clock=clock, scheduler=scheduler, live=live, close=lambda: None)


def real_time(start: datetime | None, speed: float, until: datetime | None, events: str) -> PhoneTime:
    """Time that passes, faster or slower by a factor; a terminal is told which `events` can be typed."""
    from phone_sim.runtime.clock import ScaledClock
    from phone_sim.runtime.scheduler import ApsScheduler

    clock = ScaledClock(start, speed)
    scheduler = ApsScheduler(clock)
    ended = threading.Event()

    def live(happen: Callable[[str], None], is_over: Callable[[], bool]) -> None:
        if until is not None:
            scheduler.at(until, ended.set)
        if sys.stdin is not None and sys.stdin.isatty():
            talk(f"Type what is to happen: {events}.")
            threading.Thread(target=_typed, args=(happen, ended.set), daemon=True).start()
        while not is_over() and not ended.wait(_LOOK_EVERY):
            pass  # on Windows, Ctrl+C does not end a wait

    return PhoneTime(clock=clock, scheduler=scheduler, live=live, close=scheduler.close)


def _typed(happen: Callable[[str], None], quit_phone: Callable[[], None]) -> None:
    for line in sys.stdin:
        if (event := line.strip()) == "quit":
            quit_phone()
        elif event:
            happen(event)
