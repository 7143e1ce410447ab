"""What the protocols of a boot server have in common: an address, a journal, and that they start and stop.

This module knows no protocol.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from phone_sim.boot_server.addresses import authority
from phone_sim.boot_server.journal import Journal
from phone_sim.errors import UsageError

_log = logging.getLogger(__name__)


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
    """One protocol on one address, of IPv4 or IPv6; a context manager. `port` 0 is a free one until it has started.

    `on_error` gets each exception that a thread of it did not expect; all are logged as well.
    """

    scheme: str

    def __init__(
        self, host: str, port: int, journal: Journal | None, on_error: Callable[[Exception], None] | None
    ) -> None:
        self.host = host
        self.port = port
        self.journal = Journal() if journal is None else journal
        self._on_error = on_error
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """The root of the site, `http://127.0.0.1:34567/`."""
        return f"{self.scheme}://{authority(self.host, self.port)}/"

    def start(self) -> None:
        """Listen and serve until `stop`.

        Raises:
            UsageError: the address cannot be listened on, as when the port is taken.
        """
        try:
            self._listener = self._listen()
        except (OSError, OverflowError, UnicodeError) as error:
            raise UsageError(f"cannot listen on {authority(self.host, self.port)}: {error}") from error
        self.port = self._listener.port
        self._listener.start()

    def stop(self) -> None:
        """Cut off what is under way, and wait for it; a server may be started again, on the same port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    @abstractmethod
    def _listen(self) -> Listener:
        """Take the address. Raises OSError, OverflowError or UnicodeError where that cannot be."""

    def _failed(self, what: str, error: Exception) -> None:
        """Report an exception of a thread."""
        _log.error(what, exc_info=error)
        if self._on_error is not None:
            self._on_error(error)

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
