"""Open files for busy phones, each in a process of its own: a limit that was lowered stays low."""

import subprocess
import sys

_ALLOWED = """
import resource
from phone_sim.fleet.on_locust.open_file_limit import allow_open_files

resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
try:
    allow_open_files({at_once})
except Exception as error:
    print(type(error).__name__, error)
else:
    print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def allowed(soft: int, hard: int, at_once: int) -> str:
    code = _ALLOWED.format(soft=soft, hard=hard, at_once=at_once)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout.strip()


def test_enough_files_are_left_alone() -> None:
    assert allowed(300, 400, at_once=100) == "300 400"


def test_soft_limit_is_raised() -> None:
    assert allowed(64, 400, at_once=250) == "350 400"


def test_hard_limit_says_what_to_do() -> None:
    said = allowed(64, 400, at_once=1000)
    assert said.startswith("UsageError 1000 phones busy at once need 1100 open files, and 400 are allowed")
    assert said.endswith("--at-once 300")
