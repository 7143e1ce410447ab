"""Ctrl+C, SIGTERM and SIGHUP for a process whose greenlets are busy.

Python raises KeyboardInterrupt in whichever greenlet is running; in a phone's greenlet it can end only that boot, and
the run goes on. So the hub handles the signals here: it sets an event for the greenlet that waits for it, or raises
them in the main greenlet.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event

from phone_sim.signals import Interrupted, ending_signals


class Interruption(Event):  # type: ignore[misc]  # gevent has no types
    """Set by the first signal; `exception` is what it is raised as."""

    exception: KeyboardInterrupt | None = None


@contextmanager
def interruption() -> Iterator[Interruption]:
    """An event that the first signal sets; the next one is raised here as `Interrupted`."""
    interrupted, waiting, loop = Interruption(), gevent.getcurrent(), gevent.get_hub().loop

    def hear(number: int) -> None:
        if interrupted.is_set():
            loop.run_callback(waiting.throw, Interrupted(number))
            return
        interrupted.exception = Interrupted(number)
        interrupted.set()

    before = {each: signal.getsignal(each) for each in ending_signals()}
    watches = [gevent.signal_handler(each, hear, each) for each in before]
    try:
        yield interrupted
    finally:
        for watch in watches:
            watch.cancel()
        for each, how in before.items():
            signal.signal(each, how)


def interrupt_main_greenlet() -> None:
    """Have SIGINT raise KeyboardInterrupt in the main greenlet, in which Locust's own command waits for it.

    A process that has a handler of its own for SIGINT, or ignores it, keeps that.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        hub = gevent.get_hub()
        gevent.signal_handler(signal.SIGINT, hub.loop.run_callback, hub.parent.throw, KeyboardInterrupt)
