"""Sockets on gevent, made without any monkey-patching: how they are opened, and how what came over them is read again.

A socket belongs to the hub, that is the thread, in which it was opened. This module knows no protocol but TLS.

Other modules about TLS: `runtime.transport.tls`, `audit.tls_probe`, `boot_server.certificates`.
"""

import errno
import socket
import ssl
import sys
from typing import Any, Self

import gevent
import gevent.socket
import gevent.ssl

from phone_sim.runtime.lookup import Address, LookupFailedError, literal, resolved
from phone_sim.runtime.transport.bounded_socket import CutNoticed, current_budget

_BIND_ADDRESS_NO_PORT = 24  # ip(7); Python has a name for it from 3.12 on


class _Rereadable:
    """What a connection has for a second reader: what was received can be received again, within the current budget."""

    _returned = memoryview(b"")
    _is_mute = False

    def give_back(self, received: bytes) -> None:
        """Have these bytes received again by the next reader; what it sends before that was sent by the first one."""
        self._returned = memoryview(received)
        self._is_mute = True

    def end(self) -> None:
        """Close, also when a reader that was given up still has it."""
        self._io_refs = 0
        self.close()  # type: ignore[attr-defined]

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send, unless it was sent already."""
        if not self._is_mute:
            super().sendall(data, flags)  # type: ignore[misc]

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive, within the budget."""
        self._is_mute = False
        budget = current_budget.get()
        if self._returned:
            size = min(nbytes or len(buffer), len(self._returned))
            memoryview(buffer)[:size] = self._returned[:size]
            self._returned = self._returned[size:]
            return budget.take(size)
        budget.limit_wait(self)  # type: ignore[arg-type]
        return budget.take(super().recv_into(buffer, nbytes or len(buffer), flags))  # type: ignore[misc]


class Ear:
    """Waits for what comes over a socket, for at most `patience` seconds each time.

    With one watcher and one timer for the life of a connection: gevent's own sockets make a timer for each wait, and
    look before they wait, which together cost a third of a small exchange.
    """

    __slots__ = ("_hub", "_timer", "_watcher")

    def __init__(self, fileno: int, patience: float) -> None:
        self._hub = gevent.get_hub()
        self._watcher = self._hub.loop.io(fileno, 1)
        self._timer = self._hub.loop.timer(patience, patience)

    def wait(self) -> None:
        """Wait until there is something to receive; TimeoutError when nothing comes."""
        # Again: a timer that was stopped and is started would go on with what was left of its time.
        self._timer.again(gevent.getcurrent().throw, TimeoutError("timed out"))
        try:
            self._hub.wait(self._watcher)
        finally:
            self._timer.stop()

    def close(self) -> None:
        """Stop listening, which has to be before the socket is closed."""
        self._watcher.close()
        self._timer.close()


class TcpSocket(_Rereadable, gevent.socket.socket):  # type: ignore[misc]
    """A TCP socket of a fleet."""


class TlsSocket(CutNoticed, _Rereadable, gevent.ssl.SSLSocket):  # type: ignore[misc]
    """A TLS socket of a fleet."""

    @classmethod
    def _create(cls, *, context: ssl.SSLContext, session: ssl.SSLSession | None = None, **options: Any) -> Self:
        # By this name the contexts of the standard library make their sockets; those of gevent call the class.
        return cls(_context=context, _session=session, **options)


def secured(plain: TcpSocket, context: ssl.SSLContext, host: str) -> TlsSocket:
    """The connection, which is given up, with TLS over it; OSError when there is no agreement on that."""
    try:
        return TlsSocket(plain, server_hostname=host, _context=context)
    except BaseException:
        plain.close()
        raise


def addresses(host: str, port: int, kind: socket.SocketKind, *, seconds: float | None) -> tuple[Address, ...]:
    """Where a host may listen, at least one place; LookupFailedError as in `phone_sim.runtime.lookup`."""
    if own := literal(host, port):
        return own  # gevent would have a thread look up even what is an address already
    with gevent.Timeout(seconds, False):
        return resolved(host, port, kind, gevent.socket.getaddrinfo)
    raise LookupFailedError(host, "no answer")


def speak_from(plain: socket.socket, source: str) -> None:
    """Have a socket speak from an address of this machine; OSError when it has none such, or no port there is free."""
    if sys.platform == "linux" and plain.type == socket.SOCK_STREAM:
        # Otherwise a port of the address is taken for a minute, also for servers that it was not used with.
        plain.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
    try:
        plain.bind((source, 0))
    except OSError as error:
        raise of_source(error, source) from None  # it can be the same one, which must not be its own cause


def of_source(error: OSError, source: str) -> OSError:
    """The error, with the address where no port of it was free."""
    if error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
        return OSError(error.errno, f"no port is free at {source}, or it is not an address of this machine")
    return error


def opened(host: str, port: int, *, patience: float | None, source: str | None) -> TcpSocket:
    """A connection, to the first address of the host that takes one within `patience` seconds; OSError when none
    does."""
    trouble: OSError = OSError("no connection")
    for found in addresses(host, port, socket.SOCK_STREAM, seconds=patience):
        plain = TcpSocket(found.family, socket.SOCK_STREAM)
        try:
            plain.settimeout(patience)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if source is not None:
                speak_from(plain, source)
            plain.connect(found.address)
        except OSError as error:
            plain.close()
            trouble = error if source is None else of_source(error, source)
        else:
            return plain
    raise trouble
