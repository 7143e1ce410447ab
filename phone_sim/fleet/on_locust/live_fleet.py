"""A fleet in real time, on greenlets: a bounded number of phones is busy at once, the others are entries in a schedule.

It needs gevent, and is of use only where gevent has taken the place of the blocking sockets, which importing Locust
does. This module knows nothing of Locust.
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
    """Lets what is due to the phones of a fleet happen, to at most `at_once` of them at the same time.

    With one phone one thing goes on at a time; what else is to happen to it meanwhile waits for that.
    """

    def __init__(self, fleet: Fleet, clock: Clock, *, at_once: int) -> None:
        self.fleet = fleet
        self._clock = clock
        self._pool = Pool(at_once)
        self._under_way: dict[int, Event] = {}
        self._arrived: deque[int] = deque()
        self._something_new = Event()
        self._watch = gevent.spawn(self._let_happen)

    @property
    def waiting(self) -> int:
        """How many phones are to be switched on and have to wait for others."""
        return len(self._arrived)

    @property
    def busy(self) -> int:
        """With how many phones something is going on."""
        return len(self._pool)

    def switch_on(self, numbers: Iterable[int]) -> None:
        """Switch phones on, as soon as it is their turn."""
        self._arrived.extend(numbers)
        self._something_new.set()

    def happen(self, number: int) -> None:
        """Let what is due to a phone happen, when there is room for it; it has on return."""
        _wait_for(self._pool.spawn(self._happen, number))

    def reboot(self, number: int) -> None:
        """Reboot a phone by hand (B15), when there is room for it and nothing else is going on with it.

        It has rebooted on return. Raises LifecycleError if it is not in service.
        """
        _wait_for(self._pool.spawn(self._alone, number, lambda: self.fleet.reboot(number)))

    def stop(self, grace: float = 0.0) -> None:
        """Let nothing begin any more, and end what is still under way after `grace` seconds."""
        self._watch.kill()
        self._arrived.clear()
        self._pool.join(timeout=grace)
        self._pool.kill()

    def _let_happen(self) -> None:
        while True:
            number = self._next()
            if number is not None:
                self._pool.spawn(self._happen, number)  # waits until there is room
                continue
            self._something_new.clear()
            self._something_new.wait(min(_LONGEST_WAIT, max(0.001, seconds_until(self.fleet.next_due(), self._clock))))

    def _happen(self, number: int) -> None:
        self._alone(number, lambda: self._happen_if_due(number))

    def _happen_if_due(self, number: int) -> None:
        # Something else may have happened to it since it was due: then it was put on the schedule anew.
        fleet_phone = self.fleet.phones.get(number)
        if fleet_phone is None or fleet_phone.due <= self._now():
            self.fleet.happen(number)

    def _alone(self, number: int, event: Callable[[], None]) -> None:
        while (other := self._under_way.get(number)) is not None:
            other.wait()
        ended = self._under_way[number] = Event()
        try:
            event()
        finally:
            del self._under_way[number]
            ended.set()

    def _next(self) -> int | None:
        """The next phone that something is to happen to; those that are up go before those that are to come."""
        due = self.fleet.take_due(self._now())
        return due if due is not None else self._arrived.popleft() if self._arrived else None

    def _now(self) -> float:
        return self._clock.elapsed().total_seconds()


def _wait_for(event: gevent.Greenlet) -> None:
    """Wait for what is happening, and raise what it raises; but not Ctrl+C, which gevent tells the main greenlet."""
    event.join()
    if isinstance(event.exception, Exception):
        raise event.exception
