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
from phone_sim.runtime.transport.http import BoundedAdapter, HttpTransport, Patient
from phone_sim.runtime.transport.tls import client_context

_CONTEXTS = 64

handed_over: ContextVar[TcpSocket | TlsSocket | None] = ContextVar("handed_over", default=None)
"""The connection that the next request is not sent over, because it was."""


def _taken_over() -> TcpSocket | TlsSocket | None:
    taken = handed_over.get()
    handed_over.set(None)
    return taken


def _opened(connection: HTTPConnection) -> Any:
    source = connection.source_address[0] if connection.source_address else None
    patience = connection.timeout if isinstance(connection.timeout, int | float) else None
    return opened(connection.host, connection.port or 0, patience=patience, source=source)


class _Connection(HTTPConnection):
    def _new_conn(self) -> Any:
        return _taken_over() or _opened(self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> Any:
        return _opened(self)

    def connect(self) -> None:
        taken = _taken_over()
        if taken is None:
            super().connect()
        else:
            self.sock = taken
            self.is_verified = True


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
