"""Ctrl+C and SIGTERM for a process whose greenlets are busy.

Python raises KeyboardInterrupt in whichever greenlet is running; in a phone's greenlet it ends only that boot, and the
run goes on. So the hub handles the signals here, and sets an event for the greenlet that waits for it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruption() -> Iterator[Event]:
    """An event that the first Ctrl+C or SIGTERM sets; the next one is raised here as KeyboardInterrupt."""
    interrupted, waiting, loop = Event(), gevent.getcurrent(), gevent.get_hub().loop

    def hear() -> None:
        if interrupted.is_set():
            loop.run_callback(waiting.throw, KeyboardInterrupt)
        interrupted.set()

    before = {each: signal.getsignal(each) for each in _SIGNALS}
    watches = [gevent.signal_handler(each, hear) for each in before]
    try:
        yield interrupted
    finally:
        for watch in watches:
            watch.cancel()
        for each, how in before.items():
            signal.signal(each, how)
