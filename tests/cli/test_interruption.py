"""Ctrl+C and SIGTERM end every verb that stays on, also as a background job of a script, whose SIGINT is ignored."""

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("verb", VERBS)
def test_verb_in_the_background_ends_with_130(verb: str, end: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text(head_line(NOWHERE, datetime.now(UTC)))
    in_the_background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    command = [sys.executable, "-m", "phone_sim", verb.partition(" ")[0], *VERBS[verb]]
    with subprocess.Popen(
        in_the_background + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
    ) as running:
        try:
            assert running.stdout is not None
            while STARTED.search(line := running.stdout.readline()) is None:
                assert line, "it ended by itself"
            running.send_signal(end)
            said, _ = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 130, said
    assert "Traceback" not in said
