"""Time on a desk: virtual time that passes by itself, at any speed, on a thread of its own.

What phones do, and whatever else touches them, happens on that thread, one thing after the other. When phones cannot
keep up, time passes slower than it should; nothing is skipped. This module does not know phones.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import Empty, Full, Queue
from typing import Any, TypeVar

from phone_sim.errors import DeskBusyError, UsageError
from phone_sim.runtime.clock import seconds_passed
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

    `virtual` is its clock and scheduler, for phones. `speed_reached` is how fast it really went lately. `patience` is
    how many seconds anybody waits for the thread.
    """

    def __init__(self, start: datetime, speed: float = 1.0, *, patience: float = _PATIENCE) -> None:
        self.virtual = VirtualTime(start)
        self.speed = speed
        self.speed_reached = speed
        self.goal: datetime | None = None
        self._patience = patience
        self._has_ended = False
        self._under_way: Future[Any] | None = None
        self._after_work: list[Callable[[], None]] = []
        self._jobs: Queue[tuple[Callable[[], Any], Future[Any]]] = Queue(maxsize=1000)
        self._thread = threading.Thread(target=self._live, name="desk", daemon=True)
        self._thread.start()

    @property
    def now(self) -> datetime:
        """The time on the desk, in UTC."""
        return self.virtual.clock.instant()

    def do(self, work: Callable[[], Result]) -> Result:
        """Let the desk's thread do something; returns or raises what that does.

        Raises:
            DeskBusyError: it has not come to it in time, and will not; or not to the end of it; or there is no thread
                any more.
        """
        if threading.current_thread() is self._thread:
            return work()
        done: Future[Result] = Future()
        try:
            if not self._has_ended:
                self._jobs.put((work, done), timeout=self._patience)
            if self._has_ended:  # maybe since then, and nobody comes to it
                done.cancel()
            return done.result(self._patience)
        except (Full, FutureTimeoutError) as error:
            undone = done.cancel()
            raise DeskBusyError(
                "the phones keep the desk busy" + ("" if undone else ", and this is under way")
            ) from error
        except CancelledError as error:
            raise _ended() from error

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

    def stop(self) -> None:
        """Take on nothing more: what waits is not done, and the thread ends after what it does. Waits for nothing."""
        self._has_ended = True
        if (under_way := self._under_way) is not None:
            with suppress(InvalidStateError):  # it is done
                under_way.set_exception(_ended())

    def close(self) -> None:
        """End the thread, and wait for that."""
        self.stop()
        self._thread.join(self._patience)

    def _live(self) -> None:
        last = seconds_passed()
        while not self._has_ended:
            with suppress(Empty):  # what work raises stays in its future
                self._perform(*self._jobs.get(timeout=max(0.0, last + _TICK - seconds_passed())))
            if (passed := seconds_passed() - last) >= _TICK:
                last += passed
                self._try_to_pass(passed)
            for call in self._after_work:
                call()
        while not self._jobs.empty():
            self._jobs.get()[1].cancel()

    def _perform(self, work: Callable[[], Any], done: Future[Any]) -> None:
        if not done.set_running_or_notify_cancel():
            return
        self._under_way = done
        try:
            tell: Callable[[], None] = partial(done.set_result, work())
        except BaseException as error:
            tell = partial(done.set_exception, error)
        with suppress(InvalidStateError):  # nobody waits for it any more
            tell()
        self._under_way = None

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
        # One thing at a time, as each may be a boot from a server that is slow to answer; and always one, so that time
        # passes however much is asked of the desk.
        while not (over := not self.virtual.scheduler.step(max(end - self.now, timedelta()))):
            if time.monotonic() >= began + 2 * _TICK or not self._jobs.empty():
                break
        if over and self.goal is not None and self.now >= self.goal:
            self.goal = None
        reached = (self.now - start).total_seconds() / seconds
        self.speed_reached += (reached - self.speed_reached) / 10


def _ended() -> DeskBusyError:
    return DeskBusyError("the desk has ended")
