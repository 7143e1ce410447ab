"""Processes that begin with Locust imported: importing it takes longer than most runs of a fleet.

`python -m tests.fleet.forked` imports it, and forks a process for each line on its stdin: a list in JSON of the folder
for what the process leaves, the folder that it runs in, a module and words for it. The processes are as real as those
of `python -m`; only how a fleet starts from nothing is not seen here.
"""

import atexit
import importlib
import json
import os
import posix
import runpy
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import IO

STDOUT, STDERR, PID, CODE = "stdout", "stderr", "pid", "code"
_IMPORTED = ("locust.main", "phone_sim.fleet.on_locust.load", "phone_sim.fleet.on_locust.worker")
_ROOT = Path(__file__).parents[2]


class ForkedProcess:
    """A module that is run as by `python -m`; what it prints is in `left`, in the files `stdout` and `stderr`."""

    def __init__(self, module: str, *words: str, left: Path, cwd: Path) -> None:
        self._left = left
        print(json.dumps([str(left), str(cwd), module, *words]), file=_requests(), flush=True)
        self.pid = self._told(PID, 120)

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        path = self._left / CODE
        return int(path.read_text()) if path.exists() else None

    def wait(self, timeout: float) -> int:
        """The exit code, when it ends; the test fails if that is not within so many seconds."""
        return self._told(CODE, timeout)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def _told(self, name: str, timeout: float) -> int:
        end = time.monotonic() + timeout
        while not (self._left / name).exists():
            assert time.monotonic() < end, f"no {name} within {timeout} s"
            time.sleep(0.02)
        return int((self._left / name).read_text())


@cache
def _requests() -> IO[str]:
    """The stdin of the process that forks, which ends with this one."""
    forking = subprocess.Popen(
        [sys.executable, "-m", "tests.fleet.forked"], stdin=subprocess.PIPE, text=True, cwd=_ROOT
    )
    atexit.register(forking.communicate)
    assert forking.stdin is not None
    return forking.stdin


def main() -> None:
    """Fork until stdin ends; Locust has replaced `os.fork` by one that belongs to its loop of events."""
    for name in _IMPORTED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        left, cwd, module, *words = json.loads(line)
        if posix.fork() == 0:
            _watch(Path(left), cwd, module, words)
            return


def _watch(left: Path, cwd: str, module: str, words: list[str]) -> None:
    """Fork again, to run the module and to wait for its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (pid := posix.fork()) == 0:
        gevent = importlib.import_module("gevent")
        gevent.reinit()  # else all would wait on one epoll, and take each other's events
        gevent.get_hub().loop.update_now()  # else its time is that of the import, and timers end too early
        for number, path in enumerate((Path(os.devnull), left / STDOUT, left / STDERR)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
        os.chdir(cwd)
        sys.argv[1:] = words
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return
    _leave(left / PID, pid)
    _, status = posix.waitpid(pid, 0)
    _leave(left / CODE, os.waitstatus_to_exitcode(status))
    os._exit(0)


def _leave(path: Path, number: int) -> None:
    """Write a file that is there when it is whole."""
    (new := path.with_suffix(".new")).write_text(f"{number}")
    new.rename(path)


if __name__ == "__main__":
    main()
