"""requests' sessions as a phone needs them: over bounded sockets, with redirects that are safe and remembered.

This module does not know what is asked for.
"""

import os
import ssl
from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urljoin

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.hooks import default_hooks
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from phone_sim.firmware.transfer_facts import Redirect
from phone_sim.runtime.transport.bounded_socket import BoundedConnection, BoundedTlsConnection


class Patient(HTTPConnectionPool):
    """Asks again where a server has closed a connection that was kept alive (RFC 9112 9.3.1)."""

    def _make_request(self, conn: Any, *args: Any, **kwargs: Any) -> Any:
        was_kept_alive = not conn.is_closed
        try:
            return super()._make_request(conn, *args, **kwargs)
        except ConnectionResetError:
            if not was_kept_alive:
                raise
            conn.close()
            return super()._make_request(conn, *args, **kwargs)


class _Pool(Patient):
    ConnectionCls = BoundedConnection


class _TlsPool(Patient, HTTPSConnectionPool):
    ConnectionCls = BoundedTlsConnection


class BoundedAdapter(HTTPAdapter):
    """requests' adapter, over bounded sockets; `pool_options` are those of urllib3's pools, `pools` their classes."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _TlsPool}

    def __init__(self, **pool_options: Any) -> None:
        self._pool_options = pool_options
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **(kwargs | self._pool_options))
        self.poolmanager.pool_classes_by_scheme = self.pools

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        # requests reads the bodies of redirects and challenges: unpacked, a few kilobytes can fill the memory.
        encoding = resp.headers.pop("Content-Encoding", None)
        response = super().build_response(req, resp)
        if encoding is not None:
            response.headers["Content-Encoding"] = encoding
        return response

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        # The context has its authorities; requests would add its own for each connection.
        conn.cert_reqs = "CERT_REQUIRED"


class PhoneSession(requests.Session):
    """A session whose redirects neither carry a password to another server nor lose the body of an upload.

    After a fork, the child opens connections of its own: those that were kept alive are the parent's.
    """

    def __init__(
        self, adapter: type[BoundedAdapter], context: Callable[[], ssl.SSLContext], source: tuple[str, int] | None
    ) -> None:
        super().__init__()
        self._adapter = adapter
        self._context = context
        self._source = source
        self._process = os.getpid()
        self._redirects: dict[requests.Response, Redirect] = {}
        self.adapters.clear()
        self.mount("http://", adapter(source_address=source))

    def get_adapter(self, url: str) -> BaseAdapter:
        if self._process != os.getpid():
            self._process = os.getpid()
            self.close()
        if "https://" not in self.adapters and url.lower().startswith("https://"):
            # Only now: to read all the authorities takes longer than to boot a phone over HTTP.
            self.mount("https://", self._adapter(source_address=self._source, ssl_context=self._context()))
        return super().get_adapter(url)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
        if self.should_strip_auth(response.request.url, prepared_request.url):  # type: ignore[no-untyped-call]
            # The answer to a Digest challenge is a hook, which requests leaves in its place.
            prepared_request.hooks = default_hooks()

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # After any other redirect requests would send an empty PUT, or a GET.
        keeps_body = resp.status_code in (requests.codes.temporary_redirect, requests.codes.permanent_redirect)
        target = super().get_redirect_target(resp) if keeps_body or resp.request.method == "GET" else None
        if target is not None:
            # requests asks for it twice.
            self._redirects[resp] = Redirect(source=resp.url, target=urljoin(resp.url, target), status=resp.status_code)
        return target

    def take_redirects(self) -> tuple[Redirect, ...]:
        """The redirects since this was last asked."""
        redirects = tuple(self._redirects.values())
        self._redirects.clear()
        return redirects
