"""A fleet in real time, on greenlets: a bounded number of phones is busy at once, the others are entries in an agenda.

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
    """Lets what is due to the phones of a fleet happen, to at most `at_once` of them at the same time."""

    def __init__(self, fleet: Fleet, clock: Clock, *, at_once: int) -> None:
        self.fleet = fleet
        self._clock = clock
        self._pool = Pool(at_once)
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

    def do(self, event: Callable[[], None]) -> None:
        """Let something else happen to a phone, when there is room for it; it has on return."""
        self._pool.spawn(event).get()

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
                self._pool.spawn(self.fleet.happen, number)  # waits until there is room
                continue
            self._something_new.clear()
            self._something_new.wait(min(_LONGEST_WAIT, max(0.001, seconds_until(self.fleet.next_due(), self._clock))))

    def _next(self) -> int | None:
        """The next phone that something is to happen to; those that are up go before those that are to come."""
        due = self.fleet.take_due(self._now())
        return due if due is not None else self._arrived.popleft() if self._arrived else None

    def _now(self) -> float:
        return self._clock.elapsed().total_seconds()
