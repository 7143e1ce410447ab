"""A fleet in real time, on greenlets: a bounded number of phones is busy at once, the others are entries in a schedule.

It is of use only with sockets of gevent. This module does not know Locust.
"""

from collections import deque
from collections.abc import Callable, Iterable

import gevent
from gevent.event import Event
from gevent.pool import Pool

from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.phone_clock import seconds_until
from phone_sim.runtime.clock import Clock

# How long a change of the clock can go unnoticed, in seconds.
_LONGEST_WAIT = 1.0


class LiveFleet:
    """Runs what is due for the phones of a fleet, for at most `at_once` of them at the same time.

    A phone does one thing at a time; what else is due for it waits.
    """

    def __init__(self, fleet: Fleet, clock: Clock, *, at_once: int) -> None:
        self.fleet = fleet
        self._clock = clock
        self._pool = Pool(at_once)
        self._under_way: dict[int, Event] = {}
        self._arrived: deque[int] = deque()
        self._something_new = Event()
        self._running = gevent.spawn(self._run_schedule)

    @property
    def waiting(self) -> int:
        """The number of phones that wait to be switched on."""
        return len(self._arrived)

    @property
    def busy(self) -> int:
        """The number of phones that are running something."""
        return len(self._pool)

    def switch_on(self, numbers: Iterable[int]) -> None:
        """Switch phones on, as soon as it is their turn."""
        self._arrived.extend(numbers)
        self._something_new.set()

    def run_due(self, number: int) -> None:
        """Run what is due for a phone, when there is room for it; it has run on return."""
        _wait_for(self._pool.spawn(self._run_due, number))

    def reboot(self, number: int) -> None:
        """Reboot a phone by hand (B15), when there is room for it and it is not busy.

        It has rebooted on return. Raises LifecycleError if it is not in service.
        """
        _wait_for(self._pool.spawn(self._alone, number, lambda: self.fleet.reboot(number)))

    def stop(self, grace: float = 0.0) -> None:
        """Start nothing more, and kill what is still running after `grace` seconds."""
        self._running.kill()
        self._arrived.clear()
        self._pool.join(timeout=grace)
        self._pool.kill()

    def _run_schedule(self) -> None:
        while True:
            number = self._next()
            if number is not None:
                self._pool.spawn(self._run_due, number)  # waits until there is room
                continue
            self._something_new.clear()
            self._something_new.wait(min(_LONGEST_WAIT, max(0.001, seconds_until(self.fleet.next_due(), self._clock))))

    def _run_due(self, number: int) -> None:
        self._alone(number, lambda: self._run_if_due(number))

    def _run_if_due(self, number: int) -> None:
        # Something else may have run since it was due: then it was scheduled anew.
        phone = self.fleet.switched_on.get(number)
        if phone is None or phone.due <= self._now():
            self.fleet.run_due(number)

    def _alone(self, number: int, run: Callable[[], None]) -> None:
        while (other := self._under_way.get(number)) is not None:
            other.wait()
        ended = self._under_way[number] = Event()
        try:
            run()
        finally:
            del self._under_way[number]
            ended.set()

    def _next(self) -> int | None:
        """The next phone to run: phones that are up go before phones that are to be switched on."""
        due = self.fleet.take_due(self._now())
        return due if due is not None else self._arrived.popleft() if self._arrived else None

    def _now(self) -> float:
        return self._clock.elapsed().total_seconds()


def _wait_for(run: gevent.Greenlet) -> None:
    """Wait for a run, and raise what it raises; but not KeyboardInterrupt, which gevent raises in the main greenlet."""
    run.join()
    if isinstance(run.exception, Exception):
        raise run.exception
