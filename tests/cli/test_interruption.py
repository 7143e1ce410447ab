"""Ctrl+C, SIGTERM and SIGHUP end every verb with the result so far, also in the background of a script."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.recording.json_lines import head_line

NOWHERE = "http://127.0.0.1:9/"
VERBS = {
    "run": ("--server", NOWHERE),
    "run on a page": ("--server", NOWHERE, "--web", "0"),
    "serve": (".",),
    "record": (NOWHERE, "--out", "out.jsonl"),
    "replay": ("old.jsonl",),
    "web": (),
    "fleet": ("--server", NOWHERE, "--users", "1", "--headless", "--metrics-port", "0"),
    "fleet of a master": ("--server", NOWHERE, "--headless", "--master", "--master-bind-port", "0"),
}
STARTED = re.compile("Initial log entry|Serving |Metrics are at|The master is at")
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SITE = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>', "site.cfg": b"<site/>"}
ALONE = """
title = "alone"
start = "2026-03-02"
[server.files]
"000000000000.cfg" = "<APPLICATION/>"
[phones.desk]
[[steps]]
boot = true
"""
AT_A_SERVER = """
title = "at a server"
start = "2026-03-02"
[server]
url = "{url}"
[phones.desk]
[[steps]]
boot = true
"""


@contextmanager
def started(folder: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A verb, in a folder."""
    command = [sys.executable, "-m", "phone_sim", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder) as running:
        try:
            yield running
        finally:
            running.kill()


def wait_for_start(running: "subprocess.Popen[str]") -> None:
    """Read until the verb says that it has started."""
    assert running.stdout is not None
    while STARTED.search(line := running.stdout.readline()) is None:
        assert line, "it ended by itself"


def result(running: "subprocess.Popen[str]", end: signal.Signals) -> Any:
    """The JSON that a verb prints that gets a signal."""
    running.send_signal(end)
    printed, said = running.communicate(timeout=60)
    assert running.returncode == EXIT_CODES[end], said
    assert "Traceback" not in said
    return json.loads(printed)


@contextmanager
def stalling(rule: str) -> Iterator[BootServer]:
    """A boot server that does not answer by this rule."""
    with BootServer(MemorySite(SITE), faults=FaultPlan([f"stall {rule}"])) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "end"), list(zip(VERBS, cycle([signal.SIGINT, signal.SIGTERM]), strict=False)))
def test_verb_in_the_background_ends_with_its_exit_code(verb: str, end: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text(head_line(NOWHERE, datetime.now(UTC)))
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "phone_sim"]
    with subprocess.Popen(
        [*command, verb.partition(" ")[0], *VERBS[verb]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    ) as running:
        try:
            wait_for_start(running)
            running.send_signal(end)
            said, _ = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == EXIT_CODES[end], said
    assert "Traceback" not in said


# --- the result so far


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["boot", "run"])
@pytest.mark.parametrize("end", EXIT_CODES)
def test_phone_that_waits_for_a_file_is_reported(verb: str, end: signal.Signals, tmp_path: Path) -> None:
    with stalling("file=site.cfg") as server, started(tmp_path, verb, "--server", server.url, "--json") as running:
        assert server.journal.wait_for(2, 60)
        report = result(running, end)
    assert report["requests"][0]["outcome"] == "not_found"
    assert report["phone"]["state"] == "booting"
    assert len(report["log"]) > 3


@pytest.mark.slow
def test_phone_in_service_is_reported_as_it_is(tmp_path: Path) -> None:
    for seconds in (0.5, 5, 50):  # the phone is idle soon after, on a busy machine later
        with (
            BootServer(MemorySite(SITE)) as server,
            started(tmp_path, "run", "--server", server.url, "--json") as running,
        ):
            assert server.journal.wait_for(4, 60)  # the last is the upload of its log
            time.sleep(seconds)
            report = result(running, signal.SIGTERM)
        if report["phone"]["state"] == "idle":
            break
    assert report["phone"]["state"] == "idle"
    assert report["features"]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_audit_judges_what_it_has_seen(end: signal.Signals, tmp_path: Path) -> None:
    with stalling("nth=40-") as server, started(tmp_path, "audit", server.url, "--json", "--html", "a.html") as running:
        assert server.journal.wait_for(39, 60)
        report = result(running, end)
    assert not report["complete"]
    assert len(report["boots"]) >= 3
    verdicts = {check["name"]: check["verdict"] for check in report["checks"]}
    assert verdicts["every-model-boots"] == verdicts["path-traversal"] == verdicts["keep-alive"] == "unknown"
    assert "bad" not in {verdicts["missing-files"], verdicts["content-type"]}
    assert (tmp_path / "a.html").exists()


@pytest.mark.slow
def test_scenarios_that_were_run_are_reported(tmp_path: Path) -> None:
    with stalling("file=site.cfg") as server:
        (tmp_path / "a.phone.toml").write_text(ALONE)
        (tmp_path / "b.phone.toml").write_text(AT_A_SERVER.format(url=server.url))
        words = ("scenario", "a.phone.toml", "b.phone.toml", "--json", "--junit", "junit.xml")
        with started(tmp_path, *words) as running:
            assert server.journal.wait_for(2, 60)
            report = result(running, signal.SIGTERM)
    assert [(each["title"], each["passed"]) for each in report] == [("alone", True)]
    assert 'tests="1"' in (tmp_path / "junit.xml").read_text()


@pytest.mark.slow
def test_virtual_fleet_is_counted_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text("count = 2000\n")
    words = "fleet --virtual --population fleet.toml --now 2026-01-01 --until 2186-01-01 --log-of 0004f2000001 --json"
    with started(tmp_path, *words.split()) as running:
        assert running.stderr is not None
        assert "Initial log entry" in running.stderr.readline()
        report = result(running, signal.SIGTERM)
    assert report["phones"] == 2000
    assert report["phone_days"] < 2000 * 365 * 160


@pytest.mark.slow
def test_signal_that_nohup_ignores_stays_ignored(tmp_path: Path) -> None:
    with (
        BootServer(MemorySite(SITE)) as server,
        subprocess.Popen(
            [
                "sh",
                "-c",
                'trap "" HUP; exec "$@"',
                "sh",
                sys.executable,
                "-m",
                "phone_sim",
                "run",
                "--server",
                server.url,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        ) as running,
    ):
        wait_for_start(running)
        running.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert running.poll() is None
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 143


# --- while Python imports, and where nothing can be raised


@pytest.mark.parametrize("end", EXIT_CODES)
def test_signal_during_an_import_shows_no_traceback(end: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(f"import os, time\nos.kill(os.getpid(), {int(end)})\ntime.sleep(60)\n")
    done = subprocess.run(
        [sys.executable, "-m", "phone_sim", "models"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (EXIT_CODES[end], "", "")


_IN_A_DESTRUCTOR = """
import signal, time
from phone_sim.cli.interruption import interruptible

class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0)

try:
    with interruptible():
        Dying()
        time.sleep(60)
except KeyboardInterrupt as interruption:
    print(interruption.number)
"""


def test_interruption_where_nothing_can_be_raised_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", _IN_A_DESTRUCTOR], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == (f"{int(signal.SIGTERM)}\n", "")
