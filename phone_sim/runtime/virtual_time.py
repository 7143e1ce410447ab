"""Virtual time for any number of phones: it stands still until it is told to pass.

A clock and a scheduler that belong together, and what happens when somebody sets the clock. This module does not know
what falls due.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from phone_sim.errors import UsageError
from phone_sim.instants import END, RANGE, parse_instant
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.scheduler import HeapScheduler


class _SharedClock(ManualClock):
    """A clock that tells when somebody sets it."""

    def __init__(self, start: datetime | None, when_set: list[Callable[[], None]]) -> None:
        super().__init__(start)
        self._when_set = when_set

    def set(self, instant: datetime) -> None:
        super().set(instant)
        for call in tuple(self._when_set):
            call()


class VirtualTime:
    """Time that begins at `start`, or with a clock that was never set (D12).

    The phones on it share its clock: one that has time servers sets it for all, and takes the time from all when its
    power is cut.

    An instant is a datetime or its text in ISO 8601, `2026-12-31T23:00`, from 1970 to 2186. It is UTC without an
    offset.

    Any thread may use it. Only one lets time pass, and the others wait until that time has passed; so a phone's
    callback must not do it while another thread does.

    Raises:
        UsageError: the start is not an instant.
    """

    def __init__(self, start: datetime | str | None = None) -> None:
        self._when_set: list[Callable[[], None]] = []
        self._passing = threading.RLock()
        self.clock: ManualClock = _SharedClock(None if start is None else parse_instant(start), self._when_set)
        self.scheduler = HeapScheduler(self.clock)

    @property
    def now(self) -> datetime | None:
        """The time in UTC, or None while the clock was never set."""
        return self.clock.now()

    def catch_up(self) -> None:
        """Let the time pass that has passed by itself: none here."""

    def set(self, instant: datetime | str) -> None:
        """Set the clock, forward or back, as SNTP does: no time passes, and the phones are told.

        Raises:
            UsageError: it is not an instant.
        """
        self.clock.set(parse_instant(instant))

    def run(self, span: timedelta) -> None:
        """Let a span of time pass, and all happen that falls due in it: daily checks, reboots, uploads.

        Raises:
            UsageError: the span is negative, or goes beyond 2186.
        """
        if span < timedelta():
            raise UsageError(f"time does not pass by {span}: the clock can be set back")
        with self._passing:
            if span >= END - self.clock.instant():
                raise UsageError(f"time does not pass by {span} from {self.clock.instant()}: the end is not {RANGE}")
            self.scheduler.run(span)

    def run_until(self, instant: datetime | str) -> None:
        """Let time pass until the clock shows `instant`.

        Raises:
            UsageError: it is not an instant, or that time is over.
        """
        end = parse_instant(instant)
        with self._passing:
            if end < self.clock.instant():
                raise UsageError(f"time does not pass from {self.clock.instant()} to {end}: the clock can be set back")
            self.scheduler.run_until(end)

    def when_set(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call each time that the clock was set; what is returned ends that."""
        self._when_set.append(call)

        def end() -> None:
            with suppress(ValueError):  # it has ended already
                self._when_set.remove(call)

        return end
