"""`--wait`: each verb that boots phones over the network waits for a boot server that is still being started."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from tests.scenario.write import HEAD

SITE = {"000000000000.cfg": b"<APPLICATION/>"}
MAC = "0004f2000001"
VERBS: dict[str, Callable[[str, Path], tuple[str, ...]]] = {
    "boot": lambda url, _: ("boot", "--server", url),
    "run": lambda url, _: ("run", "--server", url, "--speed", "max", "--now", "2026-01-01", "--until", "2026-01-02"),
    "parameters": lambda url, _: ("parameters", "--server", url),
    "explain": lambda url, _: ("explain", "--server", url),
    "audit": lambda url, _: ("audit", url, "--time-limit", "1"),
    "scenario": lambda url, folder: ("scenario", "--server", url, str(scenario(folder))),
    "scenario that names it": lambda url, folder: ("scenario", str(scenario(folder, f"[server]\nurl = '{url}'\n"))),
}


def scenario(folder: Path, server: str = "") -> Path:
    file = folder / "a.phone.toml"
    file.write_text(f"{HEAD}[phones.desk]\n{server}[[steps]]\nboot = true\nexpect.not_log = 'No configuration'\n")
    return file


def ran(*words: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="phone-sim")


@pytest.fixture
def refusing() -> str:
    """The address of a server that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"


@pytest.mark.parametrize("verb", VERBS)
def test_server_that_does_not_come_ends_with_3_before_a_phone_boots(verb: str, refusing: str, tmp_path: Path) -> None:
    done = ran(*VERBS[verb](refusing, tmp_path), "--wait", "0.1")
    assert done.exit_code == 3, done.output
    assert f"Error: {refusing}: no answer within 0.1 s: " in done.stderr
    assert "Waiting" not in done.stderr  # that is for terminals
    assert not done.stdout


@pytest.mark.slow
def test_fleet_waits_too(refusing: str) -> None:
    """In a process of its own: Locust replaces the sockets of its process."""
    words = ("fleet", "--server", refusing, "--headless", "--run-time", "1s", "--wait", "0.1")
    done = subprocess.run(
        [sys.executable, "-m", "phone_sim", *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert f"Error: {refusing}: no answer within 0.1 s: " in done.stderr
    assert not done.stdout


def test_server_that_comes_later_is_used() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    started = BootServer(MemorySite(SITE), http_port=port, tftp_port=None)
    later = threading.Timer(0.5, started.start)
    later.start()
    try:
        done = ran("boot", "--server", f"http://127.0.0.1:{port}/", "--wait", "60")
    finally:
        later.join()
        started.stop()
    assert done.exit_code == 0, done.output
    assert "No configuration" not in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("boot", "--dhcp", "lo"), "--wait needs a boot server that is named"),
        (("explain", __file__), "--wait needs a boot server that is named"),
        (("parameters", "--site", "."), "--wait waits for --server, and --site needs no server"),
        (("fleet", "--virtual", "--until", "2027-01-01"), "--virtual goes with no --wait"),
    ],
)
def test_wait_that_would_do_nothing_is_refused(words: tuple[str, ...], message: str) -> None:
    done = ran(*words, "--wait", "5")
    assert done.exit_code == 2
    assert message in done.stderr


def test_scenario_on_the_embedded_server_has_nothing_to_wait_for(tmp_path: Path) -> None:
    done = ran("scenario", str(scenario(tmp_path)), "--wait", "5")
    assert done.exit_code == 2
    assert "--wait needs a boot server that is named" in done.stderr
