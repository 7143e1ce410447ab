"""HTTP and HTTPS, on requests: GET and PUT, Basic and Digest, bounded in bytes, time and redirects.

One transport is one phone's, and not for several threads. It does not know what the files are.

Other modules about HTTP: `fleet.transport.http`, `boot_server.http`, `audit.http_probe`; in the tests
`tests.runtime.hostile_http`.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

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
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.transfer_facts import HTTP_TAKEN, NO_HEAD, FailureKind, FileProtocol, HttpHead, Redirect
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import (
    BoundedConnection,
    BoundedTlsConnection,
    Budget,
    connection_failure,
    current_budget,
    is_unanswered,
    words_of,
)
from phone_sim.runtime.transport.replies import refusal
from phone_sim.runtime.transport.tls import client_context

CHUNK = 64 * 1024
_REDIRECTS = 5
# For response heads, and for the bodies of redirects and challenges that come before the file.
_ALLOWANCE = 256 * 1024
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
        encoding = resp.headers.pop("Content-Encoding", None)
        response = super().build_response(req, resp)
        if encoding is not None:
            response.headers["Content-Encoding"] = encoding
        return response

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
        self._redirects: dict[requests.Response, Redirect] = {}
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
            head = self._head(answer)
            if answer.status_code == requests.codes.ok:
                return self._body(answer, head, request.limit, budget)
            _read_away(answer)
            return refusal(FileProtocol.HTTP, answer.status_code, answer.reason or "", head)

    def upload_within(self, budget: Budget, request: Upload) -> UploadReply:
        """PUT the file with what is left of a budget."""
        answer = self._send("PUT", request, budget, body=request.body)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            head = self._head(answer)
            _read_away(answer)
            if answer.status_code in HTTP_TAKEN:
                return Uploaded(answer.status_code, head)
            return refusal(FileProtocol.HTTP, answer.status_code, answer.reason or "", head)

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
            self._session.take_redirects()
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
            return failure_of(error, budget, HttpHead(redirects=self._session.take_redirects()))

    def _head(self, answer: requests.Response) -> HttpHead:
        fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items())
        return HttpHead(fields=fields, redirects=self._session.take_redirects())

    @staticmethod
    def _body(answer: requests.Response, head: HttpHead, limit: int, budget: Budget) -> FetchReply:
        data = bytearray()
        try:
            for chunk in answer.raw.stream(CHUNK, decode_content=False):
                data += chunk
                if len(data) > limit:
                    return too_large(limit, head)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return failure_of(error, budget, head)
        return Fetched(bytes(data), answer.status_code, head)


def budget_of(request: Fetch | Upload, limits: Limits) -> Budget:
    """What the answer to a request may take."""
    return Budget(seconds=limits.transfer, size=_ALLOWANCE + (request.limit if isinstance(request, Fetch) else 0))


def too_large(limit: int, head: HttpHead) -> TransferFailed:
    """The reply for a file of more than `limit` bytes."""
    return TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {limit} bytes", head=head)


def _read_away(answer: requests.Response) -> None:
    """Read a body that nobody wants, if it is short: then the connection can serve the next request."""
    with suppress(urllib3.exceptions.HTTPError, OSError, ValueError):
        answer.raw.read(CHUNK, decode_content=False)


def _wants_basic(answer: requests.Response, place: str) -> bool:
    """True when the server itself, and not one that it redirects to, asks for the password."""
    challenge = answer.headers.get("WWW-Authenticate", "").lower()
    asks = answer.status_code == requests.codes.unauthorized and challenge.startswith("basic")
    return asks and urlsplit(answer.url).netloc == place


def failure_of(error: Exception, budget: Budget, head: HttpHead = NO_HEAD) -> TransferFailed:
    """The reply for an exception of the libraries, made from its innermost cause."""
    if isinstance(error, requests.TooManyRedirects):
        return TransferFailed(FailureKind.TOO_MANY_REDIRECTS, f"more than {_REDIRECTS} redirects", head=head)
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, urllib3.exceptions.SSLError) and isinstance(cause.args[0], ssl.SSLError):
        cause = cause.args[0]
    kind, words = _failure(cause, budget)
    return TransferFailed(kind, one_line(words), unanswered=is_unanswered(cause, budget), head=head)


def _failure(cause: BaseException, budget: Budget) -> tuple[FailureKind, str]:
    """What went wrong: the kind, and in words for people."""
    match cause:
        case RemoteDisconnected():
            return FailureKind.BROKEN_OFF, "the server closed the connection without an answer"
        case BadStatusLine():
            return FailureKind.NOT_THE_PROTOCOL, "the answer is not HTTP"
        case IncompleteRead() | urllib3.exceptions.IncompleteRead():
            return FailureKind.BROKEN_OFF, "the answer breaks off"
        case requests.RequestException() | urllib3.exceptions.LocationValueError():
            return FailureKind.UNUSABLE_ADDRESS, str(cause)
        case urllib3.exceptions.HTTPError() | HTTPException():
            return FailureKind.NOT_THE_PROTOCOL, str(cause)
        case OSError():
            return connection_failure(cause), words_of(cause, budget)
    if budget.received:
        return FailureKind.NOT_THE_PROTOCOL, "the answer is malformed"
    return FailureKind.UNUSABLE_ADDRESS, "the address cannot be used"
