"""Serving until interrupted."""

import signal
from collections.abc import Iterator

import pytest

from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.serving import serve_until_interrupted


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_interrupt_waits_for_the_start() -> None:
    started = []

    def interrupt(url: str) -> None:
        started.append(url.partition(":")[0])
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        serve_until_interrupted(MemorySite(), Journal(), None, "127.0.0.1", None, None, interrupt)
    assert started == ["http", "tftp"]
