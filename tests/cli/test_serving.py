"""Serving until interrupted."""

import signal

import pytest

from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.serving import ServingOptions


def test_interrupt_waits_for_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ServingOptions().serve(MemorySite(), Journal(), what="nothing", as_json=False, on_start=interrupt)
    started = [line.partition("Serving nothing on ")[2] for line in capsys.readouterr().out.splitlines()]
    assert [url.partition(":")[0] for url in started] == ["http", "tftp"]
    assert signal.getsignal(signal.SIGINT) is before
