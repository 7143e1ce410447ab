"""The single phone's HTTP transport on gevent's sockets: for all that the lean one leaves to it.

It takes over a connection on which a request was sent and part of the answer heard, and reads that from its first byte.
So redirects, challenges and answers that are odd end in the same replies for a fleet as for one phone.
"""

import ssl
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, ClassVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from phone_sim.fleet.transport.sockets import TcpSocket, TlsSocket, opened
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.transport.http import HttpTransport
from phone_sim.runtime.transport.http_session import BoundedAdapter, Patient
from phone_sim.runtime.transport.tls import client_context

_CONTEXTS = 64


class Takeover:
    """The connections of one request that is left to the single phone's transport.

    `given` is the one over which the request was sent already, if it was.
    """

    def __init__(self, given: TcpSocket | TlsSocket | None = None) -> None:
        self._given = given
        self._all = [given] if given is not None else []

    def take(self) -> TcpSocket | TlsSocket | None:
        """The connection that was given, once."""
        given, self._given = self._given, None
        return given

    def add(self, socket: TcpSocket | TlsSocket) -> None:
        """Have a connection end with the others."""
        self._all.append(socket)

    def end(self) -> None:
        """End all of them."""
        for socket in self._all:
            socket.end()


current_takeover: ContextVar[Takeover] = ContextVar("current_takeover")


class _Connection(HTTPConnection):
    def _new_conn(self) -> Any:
        return current_takeover.get().take() or _opened(self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> Any:
        return _opened(self)

    def connect(self) -> None:
        takeover = current_takeover.get()
        taken = takeover.take()
        if taken is not None:
            self.sock = taken
            self.is_verified = True
            return
        super().connect()
        takeover.add(self.sock)  # type: ignore[arg-type]


def _opened(connection: HTTPConnection) -> TcpSocket:
    source = connection.source_address[0] if connection.source_address else None
    patience = connection.timeout if isinstance(connection.timeout, int | float) else None
    plain = opened(connection.host, connection.port or 0, patience=patience, source=source)
    current_takeover.get().add(plain)
    return plain


class _Pool(Patient):
    ConnectionCls = _Connection


class _TlsPool(Patient, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(BoundedAdapter):
    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _TlsPool}


@lru_cache(_CONTEXTS)
def tls_context(tls: Tls) -> ssl.SSLContext:
    """The client's side of TLS, once for all phones that speak it alike; UsageError as in `client_context`."""
    context = client_context(tls)
    context.sslsocket_class = TlsSocket
    return context


def single_phone(limits: Limits, tls: Tls, source_address: str | None) -> HttpTransport:
    """The single phone's transport, on gevent."""
    return HttpTransport(limits, tls, source_address, adapter=_Adapter, context=tls_context)
