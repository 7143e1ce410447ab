"""HTTP and HTTPS, on requests: GET and PUT, Basic and Digest, bounded in bytes, time and redirects.

One transport is one phone's, and not for several threads. It does not know what the files are.
"""

import ssl
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.hooks import default_hooks
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
from phone_sim.runtime.transport import Limits, one_line
from phone_sim.runtime.transport.bounded_socket import BoundedConnection, BoundedTlsSocket, Budget, current_budget

_REDIRECTS = 5
_CHUNK = 64 * 1024
# For response heads, and for the bodies of redirects and challenges that come before the file.
_ALLOWANCE = 256 * 1024
_MISSING = (404, 410)
_TAKEN = (200, 201, 204)


class _Patient(HTTPConnectionPool):
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


class _Pool(_Patient):
    ConnectionCls = BoundedConnection


class _TlsPool(_Patient, HTTPSConnectionPool):
    pass


class _Adapter(HTTPAdapter):
    """requests' adapter, over bounded sockets."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        # requests reads the bodies of redirects and challenges: unpacked, a few kilobytes can fill the memory.
        resp.headers.discard("Content-Encoding")
        return super().build_response(req, resp)


class _TlsAdapter(_Adapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = urllib3.util.create_urllib3_context()
        context.sslsocket_class = BoundedTlsSocket
        super().init_poolmanager(*args, ssl_context=context, **kwargs)


class _Session(requests.Session):
    """A session whose redirects neither carry a password to another server nor lose the body of an upload."""

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
    """Downloads by GET and uploads by PUT; `ca_file` holds the authorities that HTTPS servers are checked with."""

    def __init__(self, limits: Limits, ca_file: Path | None = None) -> None:
        self._limits = limits
        self._session = _Session()
        # Neither proxies nor authorities nor passwords of whoever runs the phone are the phone's.
        self._session.trust_env = False
        self._session.max_redirects = _REDIRECTS
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        self._session.mount("http://", _Adapter())
        self._session.mount("https://", _TlsAdapter())
        self._session.verify = str(ca_file) if ca_file is not None else True
        self._auth: dict[tuple[str, Credentials], AuthBase] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """GET the file."""
        budget = Budget(seconds=self._limits.transfer, size=request.limit + _ALLOWANCE)
        answer = self._send("GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            if answer.status_code == requests.codes.ok:
                return self._body(answer, request.limit, budget)
            _read_away(answer)
            return NotFound(_status(answer)) if answer.status_code in _MISSING else Refused(_status(answer))

    def upload(self, request: Upload) -> UploadReply:
        """PUT the file."""
        budget = Budget(seconds=self._limits.transfer, size=_ALLOWANCE)
        answer = self._send("PUT", request, budget, body=request.body)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            _read_away(answer)
            if answer.status_code in _TAKEN:
                return Uploaded()
            return NotFound(_status(answer)) if answer.status_code in _MISSING else Refused(_status(answer))

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
            return _failure(error, budget)

    @staticmethod
    def _body(answer: requests.Response, limit: int, budget: Budget) -> FetchReply:
        data = bytearray()
        try:
            for chunk in answer.raw.stream(_CHUNK, decode_content=False):
                data += chunk
                if len(data) > limit:
                    return TransferFailed(f"the file has more than {limit} bytes")
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return _failure(error, budget)
        return Fetched(bytes(data))


def _read_away(answer: requests.Response) -> None:
    """Read a body that nobody wants, if it is short: then the connection can serve the next request."""
    with suppress(urllib3.exceptions.HTTPError, OSError, ValueError):
        answer.raw.read(_CHUNK, decode_content=False)


def _wants_basic(answer: requests.Response, place: str) -> bool:
    """True when the server itself, and not one that it redirects to, asks for the password."""
    challenge = answer.headers.get("WWW-Authenticate", "").lower()
    asks = answer.status_code == requests.codes.unauthorized and challenge.startswith("basic")
    return asks and urlsplit(answer.url).netloc == place


def _status(answer: requests.Response) -> str:
    return one_line(f"HTTP {answer.status_code} {answer.reason or ''}")


def _failure(error: Exception, budget: Budget) -> TransferFailed:
    """The reply for an exception of the libraries, made from its innermost cause."""
    if isinstance(error, requests.TooManyRedirects):
        return TransferFailed(f"more than {_REDIRECTS} redirects")
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    # An end of the connection can come before the first byte; any other trouble of TLS is an answer.
    spoke_tls = isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError)
    return TransferFailed(one_line(_words(cause, budget)), unreachable=budget.received == 0 and not spoke_tls)


def _words(cause: BaseException, budget: Budget) -> str:
    """What went wrong, for people."""
    match cause:
        case TimeoutError():
            return "the transfer takes too long" if budget.is_over_time else "no answer"
        case RemoteDisconnected() | ssl.SSLEOFError():
            return "the server closed the connection without an answer"
        case BadStatusLine():
            return "the answer is not HTTP"
        case IncompleteRead() | urllib3.exceptions.IncompleteRead():
            return "the answer breaks off"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not accepted: {cause.verify_message}"
        case ssl.SSLError():
            return f"TLS: {cause.reason.replace('_', ' ').lower()}"
        case OSError():
            return cause.strerror or str(cause)
        case requests.RequestException() | urllib3.exceptions.HTTPError() | HTTPException():
            return str(cause)
    return "the answer is malformed" if budget.received else "the address cannot be used"
