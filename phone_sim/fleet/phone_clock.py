"""The clocks of a fleet: one for all phones, and each phone's own, which may be ahead or behind.

This module does not know what a phone does at which time.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from phone_sim.fleet.population.phones import Population
from phone_sim.runtime.clock import Clock, ScaledClock


class PhoneClock(Protocol):
    """What a phone of a fleet reads from its clock."""

    def now(self) -> datetime | None:
        """The time, or None for a clock that was never set."""

    def instant(self) -> datetime:
        """The time, counted from 1970 for a clock that was never set."""

    def elapsed(self) -> timedelta:
        """How long the clock has run."""


def clock_of(population: Population) -> Clock:
    """The clock of a population in real time: from the system's time on, unless the population sets another."""
    return ScaledClock(population.now or datetime.now(UTC), population.speed)


def seconds_until(due: float, clock: Clock) -> float:
    """Real seconds until the clock has run for `due` seconds; infinity where `due` is infinite."""
    ahead = due - clock.elapsed().total_seconds()
    speed = clock.speed if isinstance(clock, ScaledClock) else 1
    return ahead / speed


class ShiftedClock:
    """A phone's own clock: another clock plus `ahead` seconds; negative for behind."""

    __slots__ = ("_ahead", "_clock")

    def __init__(self, clock: Clock, ahead: float) -> None:
        self._clock = clock
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime | None:
        """The time on the phone; None for a clock that was never set."""
        now = self._clock.now()
        return None if now is None else now + self._ahead

    def instant(self) -> datetime:
        """The time on the phone, counted from 1970 for a clock that was never set."""
        return self._clock.instant() + self._ahead

    def elapsed(self) -> timedelta:
        """How long the clock has run."""
        return self._clock.elapsed()
