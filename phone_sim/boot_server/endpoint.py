"""What the sides of the boot server have in common: an address, a journal, and that they start and stop.

This module knows no protocol.
"""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Protocol, Self

from phone_sim.boot_server.journal import Journal
from phone_sim.errors import UsageError


class Listener(Protocol):
    """What takes requests on an address, in threads of its own, between `start` and `stop`."""

    @property
    def port(self) -> int:
        """The port that it has taken."""

    def start(self) -> None:
        """Begin to take requests."""

    def stop(self) -> None:
        """Cut off what is under way, and wait for its threads."""


class Endpoint(ABC):
    """A server on an IPv4 address; a context manager. `port` 0 is a free one until it has started."""

    scheme: ClassVar[str]

    def __init__(self, host: str, port: int, journal: Journal | None) -> None:
        self.host = host
        self.port = port
        self.journal = Journal() if journal is None else journal
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """The root of the site, `http://127.0.0.1:34567/`."""
        return f"{self.scheme}://{self.host}:{self.port}/"

    def start(self) -> None:
        """Listen and serve until `stop`.

        Raises:
            UsageError: the address cannot be listened on, as when the port is taken.
        """
        try:
            self._listener = self._listen()
        except (OSError, OverflowError) as error:
            raise UsageError(f"cannot listen on {self.host}:{self.port}: {error}") from error
        self.port = self._listener.port
        self._listener.start()

    def stop(self) -> None:
        """Cut off what is under way, and wait for it; a server may be started again, on the same port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    @abstractmethod
    def _listen(self) -> Listener:
        """Take the address. Raises OSError or OverflowError where that cannot be."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            # An interrupt between the start of a thread and the end of `start`: nobody else would stop the thread.
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
