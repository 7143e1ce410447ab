"""Agendas: what is to be done when, on a phone's clock.

`HeapAgenda` is for virtual time: it is run to an instant and leaves nothing to chance. `ApsAgenda` is for real and
scaled time, on APScheduler. Neither knows what it calls.
"""

import heapq
import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from phone_sim.runtime.clock import Clock, ManualClock


class Entry(Protocol):
    """Something to be done."""

    def cancel(self) -> None:
        """Do not do it; nothing happens if it is done already."""


class Agenda(Protocol):
    """What is to be done when."""

    def at(self, instant: datetime, call: Callable[[], None]) -> Entry:
        """Call at an instant of the clock; one that has passed already is called as soon as may be."""

    def after(self, seconds: float, call: Callable[[], None]) -> Entry:
        """Call after so many seconds of the clock."""


class _HeapEntry:
    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


class HeapAgenda:
    """An agenda in virtual time: entries are called in the order of their instants, then of their making."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._heap: list[tuple[datetime, int, _HeapEntry]] = []
        self._order = itertools.count()

    def at(self, instant: datetime, call: Callable[[], None]) -> Entry:
        """Call when the agenda is run to `instant` or later."""
        entry = _HeapEntry(call)
        heapq.heappush(self._heap, (instant, next(self._order), entry))
        return entry

    def after(self, seconds: float, call: Callable[[], None]) -> Entry:
        """Call when the agenda is run that far."""
        return self.at(self._clock.instant() + timedelta(seconds=seconds), call)

    def run_until(self, end: datetime) -> None:
        """Let time pass until `end`, calling what falls due on the way, also what that puts on the agenda."""
        while self._heap and self._heap[0][0] <= end:
            instant, _, entry = heapq.heappop(self._heap)
            if entry.call is not None:
                self._clock.pass_to(max(instant, self._clock.instant()))
                entry.call()
        self._clock.pass_to(max(end, self._clock.instant()))

    def run(self, span: timedelta) -> None:
        """Let a span of time pass."""
        self.run_until(self._clock.instant() + span)


class ApsAgenda:
    """An agenda in real or scaled time, on a background thread of APScheduler. `close` ends the thread."""

    def __init__(self, clock: Clock) -> None:
        # APScheduler takes a tenth of a second to import, and virtual time does not need it.
        from apscheduler.schedulers.background import BackgroundScheduler

        self._clock = clock
        # A check that falls due while the machine is asleep or busy must be late, not lost.
        defaults = {"misfire_grace_time": None, "coalesce": True}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.start()

    def at(self, instant: datetime, call: Callable[[], None]) -> Entry:
        """Call on the agenda's thread when the clock shows `instant`."""
        return _Job(self._scheduler.add_job(call, "date", run_date=self._clock.wall_time_of(instant)))

    def after(self, seconds: float, call: Callable[[], None]) -> Entry:
        """Call on the agenda's thread after so many seconds of the clock."""
        return self.at(self._clock.instant() + timedelta(seconds=seconds), call)

    def close(self) -> None:
        """End the thread; what is still to be done is not."""
        # In this order: a scheduler that is shut down while it looks through its jobs dies of an exception.
        self._scheduler.pause()
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)


class _Job:
    def __init__(self, job: Any) -> None:
        self._job = job

    def cancel(self) -> None:
        from apscheduler.jobstores.base import JobLookupError

        with suppress(JobLookupError):  # it has run
            self._job.remove()
