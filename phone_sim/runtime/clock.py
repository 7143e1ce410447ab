"""Clocks: what time it is for a phone, and when that time comes for people.

`now()` is aware UTC, or None while the clock was never set (D12). This module does not know what is done at which time.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

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


class SystemClock:
    """The system's clock."""

    def now(self) -> datetime | None:
        """The system's time."""
        return self.instant()

    def instant(self) -> datetime:
        """The system's time."""
        return datetime.now(UTC)

    def elapsed(self) -> timedelta:
        """How long the system has run."""
        return timedelta(seconds=time.monotonic())

    def wall_time_of(self, instant: datetime) -> datetime:
        """The same instant."""
        return instant


class ScaledClock:
    """A clock that starts at `start` and runs `speed` times as fast as time does."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> datetime | None:
        """The scaled time."""
        return self.instant()

    def instant(self) -> datetime:
        """The scaled time."""
        return self._start + self.elapsed()

    def elapsed(self) -> timedelta:
        """How much scaled time has passed."""
        return timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    def wall_time_of(self, instant: datetime) -> datetime:
        """When the scaled time will be `instant`, reckoned from now: the system's clock may have been set meanwhile."""
        return datetime.now(UTC) + (instant - self.instant()) / self._speed


class ManualClock:
    """A clock that stands still until it is told the time; without a start it is unset."""

    def __init__(self, start: datetime | None = None) -> None:
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
        self._set = True
        self._instant = instant

    def pass_to(self, instant: datetime) -> None:
        """Let time pass until `instant`; an unset clock stays unset."""
        self._elapsed += instant - self._instant
        self._instant = instant
