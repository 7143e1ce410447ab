"""The listening socket of the HTTP boot server and the bounds on its connections.

It does not know what is asked on a connection. It counts connections, cuts those that are past their deadline, and ends
them all when the server stops; a connection thread never waits on a socket that cannot be cut from here.
"""

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Thread
from time import monotonic
from typing import Any, cast

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_LOOK_EVERY = 0.05

_log = logging.getLogger(__name__)


class HttpListener(ThreadingHTTPServer):
    """Listens on `address` and runs each connection in a thread of its own.

    At most `max_connections` at once: one more is told 503 and closed. `request_limit` is the seconds a connection has
    for each request, from the end of the answer before it to the end of its own.

    Raises:
        OSError, OverflowError: the address cannot be listened on.
    """

    # The threads are waited for at the end, so that none outlives the server.
    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        conversation: Callable[[Any, Any, Any], BaseHTTPRequestHandler],
        *,
        max_connections: int,
        request_limit: float,
    ) -> None:
        self._max_connections = max_connections
        self._request_limit = request_limit
        self._deadlines: dict[socket.socket, float] = {}
        self._stopping = Event()
        super().__init__(address, conversation)
        # A daemon, so that an interrupt that keeps `stop` from being called does not keep the program from ending.
        self._thread = Thread(target=self.serve_forever, args=(_LOOK_EVERY,), name="boot-server-http", daemon=True)

    @property
    def port(self) -> int:
        """The port that it has taken."""
        return self.server_port

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """End every connection and wait for its thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        for connection in self._deadlines.copy():
            _cut(connection)
        self.server_close()

    def expect_request(self, connection: socket.socket) -> None:
        """Give the connection the whole time for its next request."""
        self._deadlines[connection] = monotonic() + self._request_limit

    def wait(self, connection: socket.socket, seconds: float) -> None:
        """Let time pass before the answer on a connection goes on.

        Raises:
            ConnectionAbortedError: the time for the request is up, or the server stops.
        """
        left = self._deadlines[connection] - monotonic()
        if self._stopping.wait(max(0.0, min(seconds, left))) or seconds >= left:
            raise ConnectionAbortedError("the connection is cut")

    def server_bind(self) -> None:
        """Bind, without the reverse name lookup of http.server: it can take seconds and nothing uses the name."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = cast(tuple[str, int], self.server_address)

    def service_actions(self) -> None:
        """Cut the connections that are past their deadline."""
        now = monotonic()
        for connection, deadline in self._deadlines.copy().items():
            if now > deadline:
                _cut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a thread for the connection, or turn it away."""
        if len(self._deadlines) >= self._max_connections:
            self._turn_away(request)
            return
        self.expect_request(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection."""
        self._deadlines.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as in socketserver
        """Log a fault of ours; a client that went away or was cut is none."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _log.exception("a connection from %s failed", client_address)

    def _turn_away(self, request: socket.socket) -> None:
        request.setblocking(False)
        with suppress(OSError):
            # What is left unread at the close would reset the connection, and the client would lose the answer.
            request.recv(65536)
        with suppress(OSError):
            request.send(_BUSY)
        self.shutdown_request(request)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
