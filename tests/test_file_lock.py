"""Locks between processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.file_lock import locked, try_lock

HOLDER = """
import sys
from pathlib import Path
from phone_sim.file_lock import locked

with locked(Path(sys.argv[1]), "the phone"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_is_told_who_holds_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock, "the phone"):
        with (
            pytest.raises(UsageError, match=rf"^the phone is in use by process {os.getpid()}$"),
            locked(lock, "the phone"),
        ):
            pytest.fail("two hold it")
        assert lock.read_text() == f"{os.getpid()}\n"
    with locked(lock, "the phone"):
        pass


def test_lock_ends_with_the_process_that_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match=f"process {holder.pid}$"), locked(lock, "the phone"):
            pytest.fail("two hold it")
        holder.send_signal(signal.SIGKILL)
    with locked(lock, "the phone"):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_file_is_locked_until_it_is_closed(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as first, (tmp_path / "file").open("rb") as second:
        assert try_lock(first.fileno())
        assert not try_lock(second.fileno())
        first.close()
        assert try_lock(second.fileno())
