"""One HTTP connection of a fleet's phone: requests go out over a socket of gevent, answers come back through httptools.

It does not know what is asked, nor what is made of the answer.
"""

from collections.abc import Callable
from contextlib import suppress
from http.client import IncompleteRead, RemoteDisconnected

from gevent.monkey import get_original

from phone_sim.fleet.transport.response_reader import ResponseReader
from phone_sim.fleet.transport.sockets import Ear, TcpSocket, TlsSocket
from phone_sim.runtime.transport.bounded_socket import Budget
from phone_sim.runtime.transport.http import CHUNK

OK = 200
_BUFFER_SIZE = 128 * 1024


class _Shared(get_original("threading", "local")):  # type: ignore[misc]  # Locust makes it one of greenlets
    """A buffer for all connections of a thread: what is received is passed on before another greenlet runs."""

    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(_BUFFER_SIZE))


_shared = _Shared()


class Connection:
    """A connection to a server that may be kept alive, and the answer to the last request on it."""

    __slots__ = ("_ear", "_heard", "_patience", "answer", "server", "socket")

    def __init__(self, socket: TcpSocket | TlsSocket, patience: float, server: str) -> None:
        self.socket = socket
        self.server = server
        self._patience = patience
        # TLS may have words in store that no watcher sees.
        self._ear = Ear(socket.fileno(), patience) if isinstance(socket, TcpSocket) else None
        self.answer = ResponseReader()
        self._heard: list[bytes] = []

    def ask(self, message: bytes, *, file_limit: int | None, budget: Budget) -> None:
        """Send a request and hear the answer.

        It is heard until it is whole or odd. A file, which `file_limit` says is wanted, is heard until it is over the
        limit; a body that nobody wants until it is long, or until the connection fails.

        Raises:
            OSError: the server or the budget ended it; ConnectionResetError too when the server closed the connection
                without a word.
        """
        self.answer.begin()
        self._heard.clear()
        self.socket.settimeout(self._patience)
        with suppress(BrokenPipeError):  # there may be an answer nevertheless
            sent = self.socket.send(message)
            if sent < len(message):
                self.socket.sendall(memoryview(message)[sent:])
        try:
            self._hear(file_limit, budget)
        except OSError:
            if self.answer.status in (0, OK) and (file_limit is not None or not self.answer.status):
                raise

    def _hear(self, file_limit: int | None, budget: Budget) -> None:
        answer = self.answer
        while not (answer.is_whole or answer.is_odd):
            data = self._received(budget)
            if not data:
                if not self._heard:
                    raise RemoteDisconnected("")
                answer.is_odd = True  # it may end with the connection, or break off
                return
            budget.take(len(data))
            self._heard.append(data)
            answer.feed(data)
            if answer.size > (CHUNK if file_limit is None or answer.status != OK else file_limit):
                return

    def _received(self, budget: Budget) -> bytes:
        left = budget.seconds_left()
        if self._ear is not None and left > self._patience:
            self._ear.wait()
        else:
            self.socket.settimeout(min(left, self._patience))
        data: bytes = self.socket.recv(CHUNK)
        return data

    def pass_on(self, take: Callable[[memoryview], bool]) -> None:
        """Hear the rest of a body whose length is known, within the current budget, until `take` wants no more of it.

        Raises:
            OSError: the server or the budget ended it.
            IncompleteRead: the server ended it before it was whole.
        """
        self.socket.settimeout(self._patience)
        missing = (self.answer.length or 0) - self.answer.size
        buffer = _shared.buffer
        while missing > 0:
            size = self.socket.recv_into(buffer[: min(missing, _BUFFER_SIZE)])
            if not size:
                raise IncompleteRead(b"", missing)
            missing -= size
            if not take(buffer[:size]):
                return

    def give_back(self) -> int:
        """Have another reader read the answer from its start; the bytes that were heard of it."""
        self._stop_listening()
        heard = b"".join(self._heard)
        self.socket.give_back(heard)
        return len(heard)

    @property
    def is_reusable(self) -> bool:
        """True when the next request can go over this connection."""
        return self.answer.is_whole and self.answer.keeps and not self.answer.is_odd

    def close(self) -> None:
        """End the connection."""
        self._stop_listening()
        self.socket.close()

    def _stop_listening(self) -> None:
        if self._ear is not None:
            self._ear.close()
            self._ear = None
