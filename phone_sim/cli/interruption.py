"""Interruption: Ctrl+C, SIGTERM and SIGHUP end every verb alike, by `Interrupted`."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from phone_sim.signals import Interrupted, ending_signals

_SECONDS = 3600.0
_SOON = 0.05


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` at each signal, as `handled_by` does."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise Interrupted(number)

    with handled_by(interrupt), _raised_again():
        yield


@contextmanager
def interrupted_on_waiting() -> Iterator[Callable[[], None]]:
    """A function that waits for a signal, and then raises `Interrupted`; at once if one came before.

    A signal does nothing else, so that one that comes during the start or the end of servers leaves none half started.
    """
    heard: int | None = None
    is_waiting = False

    def interrupt(number: int, _: FrameType | None) -> None:
        nonlocal heard
        heard = number
        if is_waiting:
            raise Interrupted(number)

    def wait() -> None:
        nonlocal is_waiting
        try:
            is_waiting = True
            if heard is not None:
                raise Interrupted(heard)
            while True:
                time.sleep(_SECONDS)  # unlike a lock, a signal ends it on Windows, too
        finally:
            is_waiting = False

    with handled_by(interrupt):
        yield wait


class BreakOff:
    """Whether an interruption broke something off; `go_on` raises it again."""

    def __init__(self) -> None:
        self.interruption: KeyboardInterrupt | None = None

    def go_on(self) -> None:
        """Go on, or end by the interruption if there was one."""
        if self.interruption is not None:
            raise self.interruption


@contextmanager
def result_so_far() -> Iterator[BreakOff]:
    """Leave what is inside at an interruption, so that the result so far can be printed; then `go_on` ends the verb."""
    broken_off = BreakOff()
    try:
        yield broken_off
    except KeyboardInterrupt as interruption:
        broken_off.interruption = interruption


@contextmanager
def interruption_noted() -> Iterator[BreakOff]:
    """Only note the first signal, for work that looks for it; the next one is raised."""
    noted = BreakOff()

    def interrupt(number: int, _: FrameType | None) -> None:
        if noted.interruption is not None:
            raise Interrupted(number)
        noted.interruption = Interrupted(number)

    with handled_by(interrupt):
        yield noted


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call a handler of one's own at each signal; in another thread than the main one, none is handled."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in ending_signals()}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def _raised_again() -> Iterator[None]:
    """Let an interruption come again that Python ignores, with a traceback, where it was raised in a callback."""
    before = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, Interrupted):
            # Not at once: it would be raised in this function.
            again = threading.Timer(_SOON, _signal_main_thread, (unraisable.exc_value.number,))
            again.daemon = True
            again.start()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _signal_main_thread(number: int) -> None:
    main = threading.main_thread().ident
    if sys.platform != "win32" and main is not None:
        signal.pthread_kill(main, number)  # a sleep of that thread ends only by a signal of its own
    else:
        signal.raise_signal(number)
