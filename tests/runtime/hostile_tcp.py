"""The half that the hostile servers share: a listener on a free port, and a thread for each connection.

It knows no protocol. Leaving a server ends all connections.
"""

import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

PATIENCE = 60.0
"""Seconds that a server waits for a client, and a test for a server."""


class TcpConversation:
    """One connection, over which a test says what it likes."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self._connection = connection
        self._over = over
        self._file = connection.makefile("rb")

    def say(self, data: bytes) -> None:
        """Send bytes; OSError when the client is gone."""
        self._connection.sendall(data)

    def say_for_ever(self, data: bytes) -> None:
        """Send bytes again and again, until the client is gone."""
        while not self._over.is_set():
            self.say(data)

    def drip(self, data: bytes) -> None:
        """Send one byte each fifth of a second."""
        for index in range(len(data)):
            if not self._over.wait(0.2):
                self.say(data[index : index + 1])

    def be_silent(self) -> None:
        """Say nothing more, and keep the connection until the client ends it."""
        self._file.read()

    def reset(self) -> None:
        """Break the connection off at once (RST)."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._file.close()
        self._connection.close()

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class HostileTcpServer(ABC):
    """Gives each connection a thread in which it is served."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.over = threading.Event()
        self._listener = socket.create_server((address, 0), family=self.family)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.authority = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"

    @abstractmethod
    def converse(self, connection: socket.socket, peer: str) -> None:
        """Serve the client at the address `peer`; OSError when it is gone."""

    @contextmanager
    def open(self, connection: socket.socket) -> Iterator[None]:
        """Keep a connection among those that end with the server."""
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for open_socket in (self._listener, *self._open.copy()):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a conversation has not ended"
        self._listener.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, peer = self._listener.accept()
                connection.settimeout(PATIENCE)
                self._open.add(connection)  # here too: the server may be left before the thread has begun
                self._start(self._serve, connection, peer[0])

    def _serve(self, connection: socket.socket, peer: str) -> None:
        with suppress(OSError), self.open(connection), connection:
            self.converse(connection, peer)
