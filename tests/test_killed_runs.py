"""Runs that make licenses are killed at any moment (`kill -9`): the next one goes on, and nothing is redeemed twice."""

import subprocess
import sys
from pathlib import Path

import pytest

SEED = "12"


@pytest.mark.long
def test_killed_runs_are_continued(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.killed_runs", str(tmp_path), SEED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[1])
    print(done.stderr)
    assert done.returncode == 0, done.stderr
