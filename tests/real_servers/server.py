"""What all real servers share: a port, a child process, a bounded wait for it, the requests from its log.

It knows neither a program nor its configuration; those are in the subclasses.
"""

import socket
from abc import ABC, abstractmethod
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.real_servers import process
from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.ports import claim_port

_SECONDS_TO_START = 60.0
_SECONDS_TO_END = 5.0
_ERROR_TAIL = 4000


class RealServer(ABC):
    """A server program in the foreground, on a free loopback port; a context manager, and good for one start.

    `root` is the document root, made by the caller. `work` is a folder for this server alone (configuration, pid, log
    and temporary files); it is made if absent.
    """

    kind: ClassVar[socket.SocketKind]
    scheme: str

    def __init__(self, root: Path, work: Path) -> None:
        self.root = root.resolve()
        self.work = work.resolve()
        self.address = "127.0.0.1"
        self.port = 0
        self.is_up = False
        self.undo = ExitStack()
        self._command: list[str] = []

    @property
    def url(self) -> str:
        """The address of the document root, with a trailing slash; known once started."""
        return f"{self.scheme}://{self.address}:{self.port}/"

    def start(self) -> None:
        """Start the program and wait until it answers.

        Raises:
            RuntimeError: when it ends or does not answer within ten seconds; the text holds its own error log.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        with ExitStack() as on_failure:
            on_failure.callback(self.stop)
            self.undo.enter_context(self.claim())
            self._command = self.prepare()
            self.undo.callback(self.go_down)
            self.come_up()
            on_failure.pop_all()

    def stop(self) -> None:
        """End the program, free the port; the log can still be read. Nothing happens when it is not running."""
        self.undo.close()

    def go_down(self) -> None:
        """End the program, as a machine that is switched off: its port, its files and its log are kept."""
        if self.is_up:
            self.is_up = False
            process.end(self._child)
            # What it has forked, such as a writer of its log, can hold the port for a moment longer.
            process.wait_until(lambda: not self.is_listening(), _SECONDS_TO_END)

    def come_up(self) -> None:
        """Start the program again after `go_down`, and wait until it answers.

        Raises:
            RuntimeError: as in `start`.
        """
        self._child = process.start(self._command, self.work / "output.log")
        self.is_up = True
        process.wait_until(lambda: process.has_ended(self._child) or self.is_listening(), _SECONDS_TO_START)
        if process.has_ended(self._child) or not self.is_listening():
            self.stop()  # first: then its log is complete
            raise RuntimeError(f"{type(self).__name__} did not start:\n{self._said()}")

    def requests(self, at_least: int = 0, timeout: float = 60) -> list[LoggedRequest]:
        """Return the requests in the order of the server's log, after waiting for the log to hold `at_least` so many.

        A server may write its line a moment after the client has its answer. When `timeout` (seconds) is over, what
        is there is returned.
        """
        process.wait_until(lambda: len(self.logged()) >= at_least, timeout)
        return self.logged()

    def claim(self) -> socket.socket:
        """Take the address and the port that the server is to have; they are free until the socket is closed."""
        self.port, claim = claim_port(self.kind)
        return claim

    @abstractmethod
    def prepare(self) -> list[str]:
        """Write to `work` what the program needs, return its command line; what goes on `undo` runs after its end."""

    @abstractmethod
    def is_listening(self) -> bool:
        """Say whether the program has its port, without leaving a request in its log."""

    @abstractmethod
    def logged(self) -> list[LoggedRequest]:
        """Read the log as it is now."""

    def _said(self) -> str:
        return "\n".join(log_text(log)[-_ERROR_TAIL:] for log in sorted(self.work.glob("*.log")))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
