"""Locust's dispatcher for phones: how many phones each process has on, and when.

Locust balances users among the workers that are there. A phone belongs to one worker for a whole run; the phones of a
lost worker go to no other.
"""

import math
from collections.abc import Iterator

import gevent
from locust import User
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode

from phone_sim.fleet.protocol.run_setup import in_turn


class PhoneDispatcher(UsersDispatcher):
    """Switches phones on in turn, one of each process, at a common rate."""

    def __init__(self, user_class: type[User], sizes: dict[str, int]) -> None:
        super().__init__([WorkerNode(name) for name in sizes], [user_class])
        self._user_class = user_class
        self._sizes = sizes
        self._switched_on = 0
        self._steps: Iterator[dict[str, dict[str, int]]] = iter(())
        self._is_ramping = False

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: list[type[User]] | None = None,  # noqa: ARG002
    ) -> None:
        """Have `target_user_count` phones on; phones that are on stay on."""
        self._steps = self._ramp(min(target_user_count, sum(self._sizes.values())), spawn_rate)

    def __next__(self) -> dict[str, dict[str, int]]:
        """The number of phones that each process is to have on now, by process and user class."""
        return next(self._steps)

    @property
    def dispatch_in_progress(self) -> bool:
        """True while phones are being switched on."""
        return self._is_ramping

    def add_worker(self, worker_node: WorkerNode) -> None:
        """Ignore a worker that comes during a run: it gets no phones."""

    def remove_worker(self, worker_node: WorkerNode) -> None:
        """Ignore a worker that leaves: no other gets its phones."""

    def _ramp(self, target: int, rate: float) -> Iterator[dict[str, dict[str, int]]]:
        step = max(1, math.floor(rate))
        self._is_ramping = True
        try:
            while self._switched_on + step < target:
                self._switched_on += step
                yield self._counts()
                gevent.sleep(step / rate)
            self._switched_on = max(self._switched_on, target)
            yield self._counts()
        finally:
            self._is_ramping = False

    def _counts(self) -> dict[str, dict[str, int]]:
        name = self._user_class.__name__
        return {worker: {name: count} for worker, count in in_turn(self._switched_on, self._sizes).items()}
