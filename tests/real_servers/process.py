"""A server program as a child process: started, watched, ended. It knows nothing of ports and protocols.

Time-outs count polls instead of reading a clock, so that they also end in a test that has frozen the clock.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_POLL = 0.01
_SECONDS_TO_END = 5.0


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition holds, for about so many seconds; say whether it does."""
    for _ in range(round(seconds / _POLL)):
        if condition():
            return True
        time.sleep(_POLL)
    return condition()


def start(command: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; all that it prints is added to the file `output`."""
    with output.open("ab") as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Say whether the program has ended, but leave it unreaped: its number stays its own until `end`."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it has forked: politely, and by force what is left after five seconds."""
    os.killpg(process.pid, signal.SIGTERM)
    wait_until(lambda: has_ended(process), _SECONDS_TO_END)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
