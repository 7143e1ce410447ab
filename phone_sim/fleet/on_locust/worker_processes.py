"""Workers of a run as processes of this machine. They end with the process that started them, however that ends."""

import subprocess  # for our own program  # nosec B404
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from phone_sim.errors import PhoneSimError

_PATIENCE = 3.0
# Ctrl+C is the master's, which then tells its workers to end: they are in a session, or a process group, of their own.
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


@contextmanager
def worker_processes(count: int, master: tuple[str, int]) -> Iterator["WorkerProcesses"]:
    """`count` workers of the master at host and port, until the end of the context."""
    started = WorkerProcesses()
    try:
        for _ in range(count):
            started.start(master)
        yield started
    finally:
        started.end()


class WorkerProcesses:
    """The started workers. Each ends when its standard input, to which nothing is written, is closed."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self, master: tuple[str, int]) -> None:
        """Start a worker."""
        host, port = master
        words = ["fleet", "--worker", "--master-host", host, "--master-port", f"{port}", "--ends-with-input"]
        self._processes.append(
            subprocess.Popen(  # noqa: S603 - our own program  # nosec B603
                [sys.executable, "-m", "phone_sim", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                creationflags=_NEW_GROUP,
            )
        )

    def ended(self) -> list[int]:
        """The process ids of workers that have ended."""
        return [process.pid for process in self._processes if process.poll() is not None]

    def check(self) -> None:
        """Raise PhoneSimError if a worker has ended."""
        for pid in self.ended():
            raise PhoneSimError(f"worker with pid {pid} has ended before the run began")

    def end(self) -> None:
        """Wait a moment for workers that are about to end, and end the others."""
        end = time.monotonic() + _PATIENCE
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, end - time.monotonic()))
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
