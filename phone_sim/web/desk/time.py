"""Time on a desk: virtual time that passes by itself, at any speed, on a thread of its own.

What phones do, and whatever else touches them, happens on that thread, one thing after the other. When phones cannot
keep up, time passes slower than it should; nothing is skipped. This module does not know phones.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue
from typing import Any, TypeVar

from phone_sim.errors import UsageError
from phone_sim.runtime.virtual_time import VirtualTime

_log = logging.getLogger(__name__)

FASTEST = 86400.0
"""The highest speed: a day in a second."""
END_OF_TIME = datetime(2186, 1, 1, tzinfo=UTC)
"""A slot of a license key reaches to 2186 (D3); a desk's time stops before."""

_TICK = 0.05
_PATIENCE = 60.0

Result = TypeVar("Result")


class DeskTime:
    """Time that starts at `start` and passes `speed` times as fast as real time; 0 is a pause.

    `virtual` is its clock and agenda, for phones. `speed_reached` is how fast it really went lately. A context manager
    that ends the thread.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self.virtual = VirtualTime(start)
        self.speed = speed
        self.speed_reached = speed
        self.goal: datetime | None = None
        self._after_work: list[Callable[[], None]] = []
        self._jobs: Queue[tuple[Callable[[], Any], Future[Any]] | None] = Queue(maxsize=1000)
        self._thread = threading.Thread(target=self._live, name="desk", daemon=True)
        self._thread.start()

    @property
    def now(self) -> datetime:
        """The time on the desk, in UTC."""
        return self.virtual.clock.instant()

    def do(self, work: Callable[[], Result]) -> Result:
        """Let the desk's thread do something; returns or raises what that does.

        Raises:
            TimeoutError: it has not come to it, or to an end of it, within a minute.
        """
        if threading.current_thread() is self._thread:
            return work()
        done: Future[Result] = Future()
        self._jobs.put((work, done), timeout=_PATIENCE)
        return done.result(_PATIENCE)

    def after_work(self, call: Callable[[], None]) -> None:
        """Call on the desk's thread each time that something was done or time has passed."""
        self._after_work.append(call)

    def run_at(self, speed: float) -> None:
        """Let time pass at this speed, 0 to `FASTEST`, and hurry nowhere any more.

        Raises:
            UsageError: the speed is not among them.
        """
        if not 0 <= speed <= FASTEST:
            raise UsageError(f"a speed of {speed:g} is not among 0 to {FASTEST:g}")
        self.speed, self.goal = speed, None

    def go_to(self, instant: datetime) -> None:
        """Let time pass as fast as can be until `instant`, with all that happens on the way.

        Raises:
            UsageError: the time is over, or beyond what a license key can say.
        """
        if not self.now <= instant <= END_OF_TIME:
            raise UsageError(f"{instant:%Y-%m-%d %H:%M} UTC is not between {self.now:%Y-%m-%d %H:%M} and 2186")
        self.goal = instant

    def close(self) -> None:
        """End the thread."""
        self._jobs.put(None)
        self._thread.join(_PATIENCE)

    def _live(self) -> None:
        last = time.monotonic()
        while True:
            try:
                job = self._jobs.get(timeout=max(0.0, last + _TICK - time.monotonic()))
            except Empty:
                pass
            else:
                if job is None:
                    return
                _perform(*job)
            if (passed := time.monotonic() - last) >= _TICK:
                last += passed
                self._try_to_pass(passed)
            for call in self._after_work:
                call()

    def _try_to_pass(self, seconds: float) -> None:
        try:
            self._pass(seconds)
        except Exception:
            # What a phone met, it should have answered; a desk whose thread is dead would answer nobody.
            _log.exception("time stands still after an error")
            self.speed, self.goal = 0.0, None

    def _pass(self, seconds: float) -> None:
        """Let the time pass that belongs to so many real seconds, or some of it when that takes longer."""
        began, start = time.monotonic(), self.now
        end = min(self.goal or start + timedelta(seconds=seconds * self.speed), END_OF_TIME)
        over = False
        # One thing at a time: each may be a boot from a server that is slow to answer.
        while not over and time.monotonic() < began + 2 * _TICK and self._jobs.empty():
            over = not self.virtual.agenda.step(max(end - self.now, timedelta()))
        if over and self.goal is not None and self.now >= self.goal:
            self.goal = None
        reached = (self.now - start).total_seconds() / seconds
        self.speed_reached += (reached - self.speed_reached) / 10


def _perform(work: Callable[[], Any], done: Future[Any]) -> None:
    if done.set_running_or_notify_cancel():
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
