"""Clocks: what time it is for a phone, and when that time comes for people.

`now()` is aware UTC, or None while the clock was never set (D12). A phone's clock has no battery (ours, from field
notes 1.3): it loses the time with the power. This module does not know what is done at which time, nor who sets a
clock.
"""

import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from phone_sim.firmware.local_time import UNSET_CLOCK


class Clock(Protocol):
    """A phone's clock."""

    def now(self) -> datetime | None:
        """The time, or None for a clock that was never set."""

    def instant(self) -> datetime:
        """The time, counted from 1970 for a clock that was never set: it runs all the same."""

    def elapsed(self) -> timedelta:
        """How long it has run; setting it does not count."""

    def wall_time_of(self, instant: datetime) -> datetime:
        """When the system's clock will show that this one shows `instant`."""

    def set(self, instant: datetime) -> None:
        """Show another time from now on, forward or back."""

    def forget(self) -> None:
        """Be a clock that was never set, from 1970 on."""


def seconds_passed() -> float:
    """Seconds since some moment, with those that the machine was suspended; setting the system's clock does not count.

    Python's monotonic clock stands still in suspend on Linux and macOS, and runs on on Windows.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    elif sys.platform == "darwin":  # noqa: RET505 - mypy takes only the branches of one `if` for other platforms' own
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    else:
        return time.monotonic()


class _Setting(NamedTuple):
    """What a clock showed at which point of its running, and whether that was the time."""

    shown: datetime
    elapsed: timedelta
    is_time: bool


class ScaledClock:
    """A clock that starts at `start`, or as one that was never set, and runs `speed` times as fast as time does.

    Time that the machine spends in suspend counts: what fell due in it is done on waking, once. Any thread may read the
    clock while another sets it. `passed` tells the seconds that have passed since some moment.
    """

    def __init__(
        self, start: datetime | None, speed: float = 1, *, passed: Callable[[], float] = seconds_passed
    ) -> None:
        self.speed = speed
        self._passed = passed
        self._began = passed()
        self._setting = _Setting(start or UNSET_CLOCK, timedelta(), start is not None)

    def now(self) -> datetime | None:
        """The scaled time, or None."""
        setting = self._setting
        return setting.shown + (self.elapsed() - setting.elapsed) if setting.is_time else None

    def instant(self) -> datetime:
        """The scaled time."""
        setting = self._setting
        return setting.shown + (self.elapsed() - setting.elapsed)

    def elapsed(self) -> timedelta:
        """How much scaled time has passed."""
        return timedelta(seconds=(self._passed() - self._began) * self.speed)

    def wall_time_of(self, instant: datetime) -> datetime:
        """When the scaled time will be `instant`, reckoned from now: either clock may have been set meanwhile."""
        return datetime.now(UTC) + (instant - self.instant()) / self.speed

    def set(self, instant: datetime) -> None:
        """Go on from `instant`."""
        self._setting = _Setting(instant, self.elapsed(), is_time=True)

    def forget(self) -> None:
        """Go on from 1970, as a clock that was never set."""
        self._setting = _Setting(UNSET_CLOCK, self.elapsed(), is_time=False)


class SystemClock(ScaledClock):
    """A clock that shows the system's time, also after that was set; once it is set itself, it keeps the difference."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        super().__init__(self._start)

    def elapsed(self) -> timedelta:
        """How much time has passed by the system's clock."""
        return datetime.now(UTC) - self._start


class ManualClock:
    """A clock that stands still until it is told the time; without a start it is unset.

    Any thread may read and set it. Whoever lets time pass by what it shows holds the `lock` meanwhile.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self.lock = threading.RLock()
        self._set = start is not None
        self._instant = start or UNSET_CLOCK
        self._elapsed = timedelta()

    def now(self) -> datetime | None:
        """The time it was told, or None if it never was."""
        return self._instant if self._set else None

    def instant(self) -> datetime:
        """The time it was told, or what has passed since 1970."""
        return self._instant

    def elapsed(self) -> timedelta:
        """How much time was let pass."""
        return self._elapsed

    def wall_time_of(self, instant: datetime) -> datetime:
        """The instant itself: nobody waits for this clock."""
        return instant

    def set(self, instant: datetime) -> None:
        """Tell the clock the time, forward or back."""
        with self.lock:
            self._set = True
            self._instant = instant

    def forget(self) -> None:
        """Take the time from the clock."""
        with self.lock:
            self._set = False
            self._instant = UNSET_CLOCK

    def pass_to(self, instant: datetime) -> None:
        """Let time pass until `instant`; an unset clock stays unset."""
        self._elapsed += instant - self._instant
        self._instant = instant
