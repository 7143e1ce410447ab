"""The listening socket of the HTTP boot server, TLS on its connections, and their bounds.

It does not know what is asked on a connection. It counts connections, cuts those that are past their deadline, and ends
them all when the server stops; a connection thread never waits on a socket that cannot be cut from here.
"""

import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Thread
from time import monotonic
from typing import Any

from phone_sim.boot_server.addresses import listening_address

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_LOOK_EVERY = 0.05


class HttpListener(ThreadingHTTPServer):
    """Listens on an address and runs each connection in a thread of its own, over TLS where there is a `tls` context.

    At most `max_connections` at once: one more is told 503 (over TLS nothing) and closed. `request_limit` is the
    seconds a connection has for each request, from the end of the answer before it to the end of its own; the first one
    includes the handshake of TLS. `on_failure` gets what failed, and the exception.

    Raises:
        OSError, OverflowError: the address cannot be listened on.
    """

    # The threads are waited for at the end, so that none outlives the server.
    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self,
        host: str,
        port: int,
        conversation: Callable[[Any, Any, Any], BaseHTTPRequestHandler],
        *,
        tls: ssl.SSLContext | None,
        on_failure: Callable[[str, Exception], None],
        max_connections: int,
        request_limit: float,
    ) -> None:
        self._tls = tls
        self._on_failure = on_failure
        self._max_connections = max_connections
        self._request_limit = request_limit
        self._deadlines: dict[socket.socket, float] = {}
        self._stopping = Event()
        self.address_family, address = listening_address(host, port, socket.SOCK_STREAM)
        super().__init__(address, conversation)
        # A daemon, so that an interrupt that keeps `stop` from being called does not keep the program from ending.
        self._thread = Thread(target=self._serve, name="boot-server-http", daemon=True)

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
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection. The handshake of TLS comes with its first read, in its own thread."""
        connection, client = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

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
        say_end(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as in socketserver
        """Report an error of the server; that a client went away, was cut, or did not agree on TLS is not one."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError | TimeoutError | ssl.SSLError):
            self._on_failure(f"a connection from {client_address} failed", error)

    def _serve(self) -> None:
        try:
            self.serve_forever(_LOOK_EVERY)
        except Exception as error:
            self._on_failure("no more connections are accepted", error)

    def _turn_away(self, request: socket.socket) -> None:
        request.setblocking(False)
        with suppress(OSError):
            # What is left unread at the close would reset the connection, and the client would lose the answer.
            request.recv(65536)
        with suppress(OSError):
            request.send(_BUSY)
        self.shutdown_request(request)


def say_end(connection: socket.socket) -> None:
    """Over TLS, tell the client that nothing more comes; its answer to that is not waited for."""
    if isinstance(connection, ssl.SSLSocket):
        limit = connection.gettimeout()
        with suppress(OSError, ValueError):
            connection.setblocking(False)
            connection.unwrap()
        with suppress(OSError):
            connection.settimeout(limit)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        # Not that of SSLSocket, which would take TLS away from the thread that reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
