"""HTTP and HTTPS, on requests: GET and PUT, Basic and Digest, bounded in bytes, time and redirects.

One transport is one phone's, and not for several threads. It does not know what the files are.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Credentials
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import (
    BoundedConnection,
    BoundedTlsConnection,
    Budget,
    current_budget,
    is_unreachable,
    words_of,
)
from phone_sim.runtime.transport.tls import client_context

CHUNK = 64 * 1024
TAKEN = (200, 201, 204)
_REDIRECTS = 5
# For response heads, and for the bodies of redirects and challenges that come before the file.
_ALLOWANCE = 256 * 1024
_MISSING = (404, 410)
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


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
        resp.headers.discard("Content-Encoding")
        return super().build_response(req, resp)

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        # The context has its authorities; requests would add its own for each connection.
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """A session whose redirects neither carry a password to another server nor lose the body of an upload."""

    def __init__(
        self, adapter: type[BoundedAdapter], context: Callable[[], ssl.SSLContext], source: tuple[str, int] | None
    ) -> None:
        super().__init__()
        self._adapter = adapter
        self._context = context
        self._source = source
        self.adapters.clear()
        self.mount("http://", adapter(source_address=source))

    def get_adapter(self, url: str) -> BaseAdapter:
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
        return super().get_redirect_target(resp) if keeps_body or resp.request.method == "GET" else None


class HttpTransport:
    """Downloads by GET and uploads by PUT, from `source_address` if there is one.

    `adapter` and `context`, what a connection is made of and its side of TLS, are for those who need other sockets.
    """

    def __init__(
        self,
        limits: Limits,
        tls: Tls = Tls(),  # noqa: B008
        source_address: str | None = None,
        *,
        adapter: type[BoundedAdapter] = BoundedAdapter,
        context: Callable[[Tls], ssl.SSLContext] = client_context,
    ) -> None:
        self._limits = limits
        source = (source_address, 0) if source_address is not None else None
        self._session = _Session(adapter, lambda: context(tls), source)
        # Neither proxies nor authorities nor passwords of whoever runs the phone are the phone's.
        self._session.trust_env = False
        self._session.max_redirects = _REDIRECTS
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = dict(HEADERS)
        self._auth: dict[tuple[str, Credentials], AuthBase] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """GET the file."""
        return self.fetch_within(budget_of(request, self._limits), request)

    def upload(self, request: Upload) -> UploadReply:
        """PUT the file."""
        return self.upload_within(budget_of(request, self._limits), request)

    def fetch_within(self, budget: Budget, request: Fetch) -> FetchReply:
        """GET the file with what is left of a budget."""
        answer = self._send("GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            if answer.status_code == requests.codes.ok:
                return self._body(answer, request.limit, budget)
            _read_away(answer)
            return refusal(answer.status_code, answer.reason)

    def upload_within(self, budget: Budget, request: Upload) -> UploadReply:
        """PUT the file with what is left of a budget."""
        answer = self._send("PUT", request, budget, body=request.body)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            _read_away(answer)
            return Uploaded() if answer.status_code in TAKEN else refusal(answer.status_code, answer.reason)

    def authorization(self, method: str, request: Fetch | Upload) -> str | None:
        """What the server is told of the password from the start, since it has asked for it before."""
        credentials = request.location.credentials
        auth = credentials and self._auth.get((urlsplit(request.location.url).netloc, credentials))
        if not auth:
            return None
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url = method, request.location.url
        prepared.headers = CaseInsensitiveDict()
        return auth(prepared).headers.get("Authorization")

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._session.close()

    def _send(
        self, method: str, request: Fetch | Upload, budget: Budget, body: bytes | None = None
    ) -> requests.Response | TransferFailed:
        """Send a request, and once more if the server wants the password in another way than was tried."""
        current_budget.set(budget)
        place = urlsplit(request.location.url).netloc
        credentials = request.location.credentials

        def sent(auth: AuthBase | None) -> requests.Response:
            return self._session.request(
                method,
                request.location.url,
                data=body,
                headers={"User-Agent": request.user_agent},
                auth=auth,
                stream=True,
                timeout=self._limits.answer,
            )

        try:
            if credentials is None:
                return sent(None)
            who = (place, credentials)
            auth = self._auth.setdefault(who, HTTPDigestAuth(credentials.user, credentials.password))
            answer = sent(auth)
            if _wants_basic(answer, place):
                answer.close()
                self._auth[who] = HTTPBasicAuth(credentials.user.encode(), credentials.password.encode())
                answer = sent(self._auth[who])
            return answer
        except Exception as error:  # a challenge that requests cannot read is a KeyError, for one
            return failure_of(error, budget)

    @staticmethod
    def _body(answer: requests.Response, limit: int, budget: Budget) -> FetchReply:
        data = bytearray()
        try:
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                data += chunk
                if len(data) > limit:
                    return TransferFailed(f"the file has more than {limit} bytes")
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return failure_of(error, budget)
        return Fetched(bytes(data))


def budget_of(request: Fetch | Upload, limits: Limits) -> Budget:
    """What the answer to a request may take."""
    return Budget(seconds=limits.transfer, size=_ALLOWANCE + (request.limit if isinstance(request, Fetch) else 0))


def refusal(status: int, reason: str | None) -> NotFound | Refused:
    """The reply for a status that is none of success."""
    words = one_line(f"HTTP {status} {reason or ''}")
    return NotFound(words) if status in _MISSING else Refused(words)


def _read_away(answer: requests.Response) -> None:
    """Read a body that nobody wants, if it is short: then the connection can serve the next request."""
    with suppress(urllib3.exceptions.HTTPError, OSError, ValueError):
        answer.raw.read(CHUNK, decode_content=False)


def _wants_basic(answer: requests.Response, place: str) -> bool:
    """True when the server itself, and not one that it redirects to, asks for the password."""
    challenge = answer.headers.get("WWW-Authenticate", "").lower()
    asks = answer.status_code == requests.codes.unauthorized and challenge.startswith("basic")
    return asks and urlsplit(answer.url).netloc == place


def failure_of(error: Exception, budget: Budget) -> TransferFailed:
    """The reply for an exception of the libraries, made from its innermost cause."""
    if isinstance(error, requests.TooManyRedirects):
        return TransferFailed(f"more than {_REDIRECTS} redirects")
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, urllib3.exceptions.SSLError) and isinstance(cause.args[0], ssl.SSLError):
        cause = cause.args[0]
    return TransferFailed(one_line(_words(cause, budget)), unreachable=is_unreachable(cause, budget))


def _words(cause: BaseException, budget: Budget) -> str:
    """What went wrong, for people."""
    match cause:
        case RemoteDisconnected():
            return "the server closed the connection without an answer"
        case BadStatusLine():
            return "the answer is not HTTP"
        case IncompleteRead() | urllib3.exceptions.IncompleteRead():
            return "the answer breaks off"
        case requests.RequestException() | urllib3.exceptions.HTTPError() | HTTPException():
            return str(cause)
        case OSError():
            return words_of(cause, budget)
    return "the answer is malformed" if budget.received else "the address cannot be used"
