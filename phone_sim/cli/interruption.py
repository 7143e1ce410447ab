"""Interruption: Ctrl+C and SIGTERM end every verb alike, by KeyboardInterrupt.

That holds also where SIGINT is ignored from the start, as shells do for the background jobs of a script: Python has no
handler for it then.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# SIGBREAK is Ctrl+Break of Windows.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
_SECONDS = 3600.0


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at each signal, as `handled_by` does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with handled_by(interrupt):
        yield


@contextmanager
def interrupted_on_waiting() -> Iterator[Callable[[], None]]:
    """A function that waits for a signal, and then raises KeyboardInterrupt; at once if one came before.

    A signal does nothing else, so that one that comes during the start or the end of servers leaves none half started.
    """
    is_interrupted = is_waiting = False

    def interrupt(*_: object) -> None:
        nonlocal is_interrupted
        is_interrupted = True
        if is_waiting:
            raise KeyboardInterrupt

    def wait() -> None:
        nonlocal is_waiting
        try:
            is_waiting = True
            if is_interrupted:
                raise KeyboardInterrupt
            while True:
                time.sleep(_SECONDS)  # unlike a lock, a signal ends it on Windows, too
        finally:
            is_waiting = False

    with handled_by(interrupt):
        yield wait


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call a handler of one's own at each signal; in another thread than the main one, none is handled."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
