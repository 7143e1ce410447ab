"""Serving until interrupted."""

import signal

import pytest

from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.serving import serve_until_interrupted


def test_interrupt_waits_for_the_start() -> None:
    started = []
    before = signal.getsignal(signal.SIGINT)

    def interrupt(url: str) -> None:
        started.append(url.partition(":")[0])
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        serve_until_interrupted(MemorySite(), Journal(), None, "127.0.0.1", None, None, interrupt)
    assert started == ["http", "tftp"]
    assert signal.getsignal(signal.SIGINT) is before
