"""How the audit asks by HTTP: the head of the answer in view, each redirect remembered, the path as it is given.

By way of requests, over bounded sockets. This module does not know what is asked for, nor why.

Other modules about HTTP: `runtime.transport.http`, `fleet.transport.http`, `boot_server.http`; in the tests
`tests.runtime.hostile_http`.
"""

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.utils import requote_uri
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from phone_sim.audit.bounds import BODY_LIMIT, AuditBounds
from phone_sim.audit.observations import AnswerOutcome, ObservedAnswer
from phone_sim.firmware.location import Credentials, Location
from phone_sim.firmware.transfer_facts import HTTP_TAKEN, FileProtocol, Redirect
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import BoundedConnection, Budget, current_budget, words_of
from phone_sim.runtime.transport.http import REDIRECT_LIMIT
from phone_sim.runtime.transport.http_session import BoundedAdapter
from phone_sim.runtime.transport.tls import client_context

_CHUNK = 64 * 1024
_HEADERS_KEPT = 64


class _Counting(HTTPConnectionPool):
    """Counts the connections that it opens: `num_connections` does not see one that is opened again."""

    opened = 0

    def _make_request(self, conn: Any, *args: Any, **kwargs: Any) -> Any:
        self.opened += conn.is_closed
        return super()._make_request(conn, *args, **kwargs)


class _Pool(_Counting):
    ConnectionCls = BoundedConnection


class _TlsPool(_Counting, HTTPSConnectionPool):
    pass


class _Adapter(BoundedAdapter):
    """The phone's adapter, which counts its connections."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"http": _Pool, "https": _TlsPool}


class HttpProbe:
    """Asks one server by HTTP or HTTPS, from `source_address` if there is one, and those that it redirects to.

    `challenge` is how the server wants the password, empty if it does not.
    """

    def __init__(
        self, limits: Limits, tls: Tls, user_agent: str, bounds: AuditBounds, source_address: str | None
    ) -> None:
        self._limits = limits
        self._bounds = bounds
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": user_agent}
        self._tls = tls
        self._source = (source_address, 0) if source_address is not None else None
        self._session.adapters.clear()
        self._opened: list[_Adapter] = []
        self._auth: AuthBase | None = None
        self.challenge = ""

    def ask(self, location: Location, method: str = "GET") -> ObservedAnswer:
        """Send the request, with the path as it is, and read the answer whole."""
        return self._bounds.asked(method, location.url, lambda: self._asked(location, method))

    def ask_on(self, location: Location) -> ObservedAnswer:
        """GET the file as phones do, which follow redirects; the answer is the last one, with the way to it."""
        answer = self.ask(location)
        way: list[Redirect] = []
        while answer.code is not None and answer.is_redirect and len(way) < REDIRECT_LIMIT:
            target = requote_uri(answer.target)
            way.append(Redirect(source=answer.url, target=target, status=answer.code))
            location = Location(url=target, credentials=self._credentials_at(target, location))
            answer = self.ask(location)
        return replace(answer, redirects=tuple(way)) if way else answer

    @property
    def connections(self) -> int:
        """How many connections were opened."""
        return sum(self._connections_of(adapter.poolmanager.pools) for adapter in self._opened)

    def _credentials_at(self, target: str, location: Location) -> Credentials | None:
        """User and password for the target of a redirect: none on another server, by the rule that phones have."""
        try:
            strips = self._session.should_strip_auth(location.url, target)  # type: ignore[no-untyped-call]
        except ValueError:
            return None
        return None if strips else location.credentials

    @staticmethod
    def _connections_of(pools: Any) -> int:
        return sum(pools[key].opened for key in pools.keys())  # noqa: SIM118 - it is no mapping

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _asked(self, location: Location, method: str) -> ObservedAnswer:
        budget = Budget(seconds=self._limits.transfer, size=BODY_LIMIT + 4 * _CHUNK)
        current_budget.set(budget)
        began = time.monotonic()
        try:
            response = self._sent(location, method)
            with response:
                seconds = time.monotonic() - began
                data = b"".join(response.raw.stream(_CHUNK, decode_content=False))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, KeyError) as error:
            words = one_line(_words(error, budget))
            return ObservedAnswer(
                method=method,
                url=location.url,
                outcome=AnswerOutcome.FAILED,
                status=words,
                seconds=time.monotonic() - began,
            )
        return ObservedAnswer(
            method=method,
            url=location.url,
            outcome=_outcome(response.status_code),
            code=response.status_code,
            status=one_line(f"HTTP {response.status_code} {response.reason or ''}"),
            headers={name.lower(): one_line(value) for name, value in list(response.headers.items())[:_HEADERS_KEPT]},
            body=data,
            seconds=seconds,
        )

    def _sent(self, location: Location, method: str) -> requests.Response:
        response = self._once(location, method)
        credentials = location.credentials
        challenge = response.headers.get("WWW-Authenticate", "").lower()
        if credentials is not None and response.status_code == requests.codes.unauthorized and self._auth is None:
            digest = challenge.startswith("digest")
            self.challenge = "digest" if digest else "basic"
            user, password = credentials.user, credentials.password
            self._auth = HTTPDigestAuth(user, password) if digest else HTTPBasicAuth(user.encode(), password.encode())
            with suppress(urllib3.exceptions.HTTPError, OSError):
                response.raw.read(_CHUNK)
            response.close()
            response = self._once(location, method)
        return response

    def _once(self, location: Location, method: str) -> requests.Response:
        self._mount(location.url)
        prepared = self._session.prepare_request(requests.Request(method, location.url))
        prepared.url = location.url  # as it is: requests takes the dots out of a path
        if self._auth is not None and location.credentials is not None:
            prepared.prepare_auth(self._auth, location.url)
        return self._session.send(prepared, stream=True, timeout=self._limits.answer, allow_redirects=False)

    def _mount(self, url: str) -> None:
        scheme = url.partition(":")[0].lower()
        if scheme in _Adapter.pools and f"{scheme}://" not in self._session.adapters:
            # The context only where it is used: to read all the authorities takes a while.
            options = {} if scheme == "http" else {"ssl_context": client_context(self._tls)}
            self._opened.append(_Adapter(source_address=self._source, **options))
            self._session.mount(f"{scheme}://", self._opened[-1])


def _outcome(status: int) -> AnswerOutcome:
    if status in HTTP_TAKEN:
        return AnswerOutcome.FOUND
    return AnswerOutcome.MISSING if status in FileProtocol.HTTP.missing else AnswerOutcome.REFUSED


def _words(error: BaseException, budget: Budget) -> str:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    if isinstance(error, urllib3.exceptions.SSLError) and error.args and isinstance(error.args[0], OSError):
        error = error.args[0]
    return words_of(error, budget) if isinstance(error, OSError) else str(error)
