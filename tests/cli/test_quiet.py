"""`--quiet` leaves the result and errors; progress is for terminals only."""

import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli import output
from phone_sim.cli.main import main
from tests.scenario.write import HEAD

SITE = {"000000000000.cfg": b"<APPLICATION/>"}
LIFE = ("--speed", "max", "--now", "2026-01-01", "--until", "2026-01-02")
VERBS: dict[str, Callable[[str, Path], tuple[str, ...]]] = {
    "boot": lambda url, _: ("boot", "--server", url, "--now", "2026-01-01"),
    "run": lambda url, _: ("run", "--server", url, *LIFE),
    "check": lambda _, folder: ("check", str(folder)),
    "scenario": lambda _, folder: ("scenario", str(folder / "a.phone.toml"), "--json"),
}


@pytest.fixture
def url() -> Iterator[str]:
    with BootServer(MemorySite(SITE)) as server:
        yield server.url


def ran(*words: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="phone-sim")


@pytest.mark.parametrize("verb", VERBS)
def test_quiet_verb_prints_its_result_and_no_more(verb: str, url: str, tmp_path: Path) -> None:
    (tmp_path / "000000000000.cfg").write_bytes(SITE["000000000000.cfg"])
    (tmp_path / "a.phone.toml").write_text(f"{HEAD}[phones.desk]\n[[steps]]\nboot = true\nexpect.boot = 'any'\n")
    words = VERBS[verb](url, tmp_path)
    loud, quiet = ran(*words), ran(*words, "--quiet")
    assert loud.stderr
    assert quiet.stderr == ""
    assert quiet.exit_code == loud.exit_code == 0
    if verb != "scenario":  # its result has the seconds that it took
        assert quiet.stdout == loud.stdout


def test_quiet_audit_prints_the_checks_and_no_more(url: str) -> None:
    done = ran("audit", url, "--time-limit", "1", "-q")
    assert done.stdout
    assert done.stderr == ""


def test_quiet_fleet_prints_no_warnings(tmp_path: Path) -> None:
    population = tmp_path / "phones.toml"
    population.write_text('count = 1\n[models]\nSPIP_320 = 1\n[firmware]\n"4.1.0" = 1\n')
    words = ("fleet", "--virtual", "--population", str(population), "--now", "2026-01-01", "--until", "2026-01-02")
    loud, quiet = ran(*words), ran(*words, "-q")
    assert "Warning: " in loud.stderr
    assert "Warning: " not in quiet.stderr
    assert "1 phones" in quiet.stdout


def test_quiet_verb_prints_errors() -> None:
    with BootServer(MemorySite(SITE)) as server:
        gone = server.url
    done = ran("boot", "--quiet", "--server", gone)
    assert done.exit_code == 3
    assert done.stderr.startswith(f"Error: {gone}: ")
    assert done.stderr.count("\n") == 1


def test_next_verb_is_heard_again(url: str) -> None:
    ran("boot", "--quiet", "--server", url)
    assert "trusts the public test pair" in ran("boot", "--server", url).stderr


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, "Asking\n"), (False, "")])
def test_progress_is_for_terminals(is_terminal: bool, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    output.progress("Asking")
    assert stream.getvalue() == shown
