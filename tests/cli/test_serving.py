"""Serving until interrupted."""

import signal
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite, Site
from phone_sim.cli.main import main
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


def test_serve_keeps_no_requests_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journals: list[Journal] = []

    def serve(_: ServingOptions, site: Site, journal: Journal, **__: object) -> None:
        with BootServer(site, tftp_port=None, journal=journal) as server:
            requests.get(server.url, timeout=60)
        journals.append(journal)

    monkeypatch.setattr(ServingOptions, "serve", serve)
    done = CliRunner().invoke(main, ["serve", str(tmp_path)])
    assert " GET  403 " in done.stdout
    assert [journal.requests for journal in journals] == [()]
