"""The clocks of the phones of a fleet: one for all of them, from which each phone's own may differ.

This module does not know what a phone does at which time.
"""

from datetime import datetime, timedelta
from typing import Protocol

from phone_sim.fleet.population.phones import Population
from phone_sim.runtime.clock import Clock, ScaledClock, SystemClock


class PhoneClock(Protocol):
    """What a phone of a fleet reads of its clock."""

    def now(self) -> datetime | None:
        """The time, or None for a clock that was never set."""

    def instant(self) -> datetime:
        """The time, counted from 1970 for a clock that was never set."""

    def elapsed(self) -> timedelta:
        """How long it has run."""


def clock_of(population: Population) -> Clock:
    """The clock of a population in real time: the system's, unless it says otherwise."""
    if population.now is None and population.speed == 1:
        return SystemClock()
    return ScaledClock(population.now or SystemClock().now(), population.speed)


def seconds_until(due: float, clock: Clock) -> float:
    """How long it really is until the clock has run for `due` seconds; infinity for ever."""
    ahead = due - clock.elapsed().total_seconds()
    speed = clock.speed if isinstance(clock, ScaledClock) else 1
    return ahead / speed


class ShiftedClock:
    """Another clock as a phone has it that is `ahead` of it by so many seconds, or behind."""

    __slots__ = ("_ahead", "_clock")

    def __init__(self, clock: Clock, ahead: float) -> None:
        self._clock = clock
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime | None:
        """The time, as the phone has it."""
        now = self._clock.now()
        return None if now is None else now + self._ahead

    def instant(self) -> datetime:
        """The same, of a clock that was never set, too."""
        return self._clock.instant() + self._ahead

    def elapsed(self) -> timedelta:
        """How long the clock has run."""
        return self._clock.elapsed()
