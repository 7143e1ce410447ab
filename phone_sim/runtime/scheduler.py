"""Schedulers: what is to be done when, on a phone's clock.

`HeapScheduler` is for virtual time: it is run to an instant and leaves nothing to chance. `ApsScheduler` is for real
and scaled time, on APScheduler. On both, what is to be done at an instant is done when the clock shows it, also when
the clock is set meanwhile; what is to be done after a time is done after that time, whatever the clock shows. Neither
knows what it calls.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.runtime.clock import Clock, ManualClock

# How soon a clock that was set is noticed, in seconds.
_LOOK_EVERY = 0.5


class ScheduledCall(Protocol):
    """Something to be done."""

    def cancel(self) -> None:
        """Do not do it; nothing happens if it is done already."""


class Scheduler(Protocol):
    """What is to be done when."""

    def at(self, instant: datetime, call: Callable[[], None]) -> ScheduledCall:
        """Call at an instant of the clock; one that has passed already is called as soon as may be."""

    def after(self, seconds: float, call: Callable[[], None]) -> ScheduledCall:
        """Call after so many seconds of the clock."""


class Waits:
    """What a phone waits for, by name: one entry of a scheduler each."""

    def __init__(self) -> None:
        self._entries: dict[str, ScheduledCall] = {}

    def wait(self, name: str, entry: ScheduledCall) -> None:
        """Wait for an entry in place of an earlier one of the same name."""
        if (earlier := self._entries.get(name)) is not None:
            earlier.cancel()
        self._entries[name] = entry

    def cancel(self) -> None:
        """Wait for nothing any more."""
        for entry in self._entries.values():
            entry.cancel()
        self._entries.clear()


class _HeapEntry:
    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self.call = None


_Heap = list[tuple[timedelta, int, _HeapEntry]]


class HeapScheduler:
    """A scheduler in virtual time: entries are called in the order of their instants, then of their making.

    Any thread may put something on it; one at a time runs it.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._at: _Heap = []  # by the time that the clock shows, from 1970
        self._after: _Heap = []  # by the time that has passed
        self._order = itertools.count()

    def at(self, instant: datetime, call: Callable[[], None]) -> ScheduledCall:
        """Call when the scheduler is run to `instant` or later."""
        return self._push(self._at, instant - UNSET_CLOCK, call)

    def after(self, seconds: float, call: Callable[[], None]) -> ScheduledCall:
        """Call when the scheduler is run that far."""
        return self._push(self._after, self._clock.elapsed() + timedelta(seconds=seconds), call)

    def run_until(self, end: datetime) -> None:
        """Let time pass until `end`, calling what falls due on the way, also what that puts on the scheduler.

        How long that is, is reckoned at the beginning: a clock that is set on the way shows another time in the end.
        """
        self.run(max(end - self._clock.instant(), timedelta()))

    def run(self, span: timedelta) -> None:
        """Let a span of time pass, calling what falls due in it."""
        end = self._clock.elapsed() + span
        while self.step(end - self._clock.elapsed()):
            pass

    def step(self, span: timedelta) -> bool:
        """Call what falls due next in a span of time, at its time; False when nothing did, and the span has passed."""
        with self._clock.lock:
            entry = self._pop(span)
            if entry is None:
                self._let_pass(span)
        call = None if entry is None else entry.call
        if call is not None:
            call()
        return entry is not None

    def _push(self, heap: _Heap, due: timedelta, call: Callable[[], None]) -> ScheduledCall:
        entry = _HeapEntry(call)
        with self._clock.lock:
            heapq.heappush(heap, (due, next(self._order), entry))
        return entry

    def _pop(self, left: timedelta) -> _HeapEntry | None:
        """The next entry, at its time, or None when none falls due in the time that is left."""
        shown, elapsed = self._clock.instant() - UNSET_CLOCK, self._clock.elapsed()
        tops = [
            (heap[0][0] - now, heap[0][1], heap) for heap, now in ((self._at, shown), (self._after, elapsed)) if heap
        ]
        if not tops:
            return None
        wait, _, heap = min(tops, key=lambda top: top[:2])
        if wait > left:
            return None
        entry = heapq.heappop(heap)[2]
        if entry.call is not None:
            self._let_pass(wait)
        return entry

    def _let_pass(self, span: timedelta) -> None:
        if span > timedelta():
            self._clock.pass_to(self._clock.instant() + span)


class ApsScheduler:
    """A scheduler in real or scaled time, on a background thread of APScheduler. `close` ends its threads."""

    def __init__(self, clock: Clock) -> None:
        # APScheduler takes a tenth of a second to import, and virtual time does not need it.
        from apscheduler.schedulers.background import BackgroundScheduler

        self._clock = clock
        # A check that falls due while the machine is asleep or busy must be late, not lost.
        defaults = {"misfire_grace_time": None, "coalesce": True}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=defaults)
        self._scheduler.start()
        self._jobs: set[_Job] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watch_clocks, name="clock watch", daemon=True)
        self._watch.start()

    def at(self, instant: datetime, call: Callable[[], None]) -> ScheduledCall:
        """Call on the scheduler's thread when the clock shows `instant`."""
        return self._add(lambda: instant, call)

    def after(self, seconds: float, call: Callable[[], None]) -> ScheduledCall:
        """Call on the scheduler's thread after so many seconds of the clock."""
        due = self._clock.elapsed() + timedelta(seconds=seconds)
        return self._add(lambda: self._clock.instant() + (due - self._clock.elapsed()), call)

    def close(self) -> None:
        """End the threads; what is still to be done is not."""
        self._closed.set()
        if threading.current_thread() is not self._watch:
            self._watch.join()
        # In this order: a scheduler that is shut down while it looks through its jobs dies of an exception.
        self._scheduler.pause()
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)

    def _add(self, due: Callable[[], datetime], call: Callable[[], None]) -> ScheduledCall:
        job = _Job(due, call, self._forget)
        with self._lock:  # so that the job is known before it happens
            self._jobs.add(job)
            self._schedule(job)
        return job

    def _schedule(self, job: "_Job") -> None:
        run_date = self._clock.wall_time_of(job.due())
        job.scheduled = self._scheduler.add_job(self._happen, "date", run_date=run_date, args=(job,))

    def _happen(self, job: "_Job") -> None:
        with self._lock:
            if job not in self._jobs:
                return
            if self._clock.instant() < job.due():
                # A clock was set since it was reckoned, or the two do not run quite alike.
                self._schedule(job)
                return
            self._jobs.discard(job)
        job.call()

    def _forget(self, job: "_Job") -> None:
        with self._lock:
            self._jobs.discard(job)

    def _watch_clocks(self) -> None:
        """Reckon anew, now and then, when each job is due: the phone's clock or the system's may have been set."""
        while not self._closed.wait(_LOOK_EVERY):
            with self._lock:
                for job in tuple(self._jobs):
                    job.reckon(self._clock)


class _Job:
    """Something to call, and the job of the scheduler for it. `due` is when, by what the phone's clock shows now."""

    scheduled: Any

    def __init__(self, due: Callable[[], datetime], call: Callable[[], None], forget: Callable[["_Job"], None]) -> None:
        self.due = due
        self.call = call
        self._forget = forget

    def reckon(self, clock: Clock) -> None:
        """Move it to where it belongs."""
        from apscheduler.jobstores.base import JobLookupError

        with suppress(JobLookupError):  # it is about to happen
            self.scheduled.modify(next_run_time=clock.wall_time_of(self.due()))

    def cancel(self) -> None:
        """Do not call."""
        from apscheduler.jobstores.base import JobLookupError

        self._forget(self)
        with suppress(JobLookupError):  # it has happened
            self.scheduled.remove()
