"""HTTP and HTTPS, on requests: GET and PUT, Basic and Digest, bounded in bytes, time and redirects.

One transport is one phone's, and not for several threads. It does not know what the files are.
"""

from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
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
from phone_sim.runtime.transport import Limits
from phone_sim.runtime.transport.bounded_socket import BoundedConnection, BoundedTlsSocket, Budget, current_budget

_REDIRECTS = 5
_CHUNK = 64 * 1024
# For response heads, and for the bodies of redirects and challenges that come before the file.
_ALLOWANCE = 256 * 1024
_MISSING = (404, 410)
_TAKEN = (200, 201, 204)


class _Pool(HTTPConnectionPool):
    ConnectionCls = BoundedConnection


class _Adapter(HTTPAdapter):
    """requests' adapter, over bounded sockets."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": HTTPSConnectionPool}


class _TlsAdapter(_Adapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = urllib3.util.create_urllib3_context()
        context.sslsocket_class = BoundedTlsSocket
        super().init_poolmanager(*args, ssl_context=context, **kwargs)


class HttpTransport:
    """Downloads by GET and uploads by PUT; `ca_file` holds the authorities that HTTPS servers are checked with."""

    def __init__(self, limits: Limits, ca_file: Path | None = None) -> None:
        self._limits = limits
        self._session = requests.Session()
        # Neither proxies nor authorities nor passwords of whoever runs the phone are the phone's.
        self._session.trust_env = False
        self._session.max_redirects = _REDIRECTS
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = {"Accept": "*/*", "Accept-Encoding": "identity"}
        self._session.mount("http://", _Adapter())
        self._session.mount("https://", _TlsAdapter())
        self._session.verify = str(ca_file) if ca_file is not None else True
        self._auth: dict[tuple[str, str], AuthBase] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """GET the file."""
        budget = Budget(seconds=self._limits.transfer, size=request.limit + _ALLOWANCE)
        answer = self._send("GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            if answer.status_code == requests.codes.ok:
                return self._body(answer, request.limit, budget)
            return NotFound(_status(answer)) if answer.status_code in _MISSING else Refused(_status(answer))

    def upload(self, request: Upload) -> UploadReply:
        """PUT the file."""
        budget = Budget(seconds=self._limits.transfer, size=_ALLOWANCE)
        answer = self._send("PUT", request, budget, body=request.body)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
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
            who = (place, credentials.user)
            auth = self._auth.setdefault(who, HTTPDigestAuth(credentials.user, credentials.password))
            answer = sent(auth)
            challenge = answer.headers.get("WWW-Authenticate", "")
            if answer.status_code == requests.codes.unauthorized and challenge.lower().startswith("basic"):
                answer.close()
                self._auth[who] = HTTPBasicAuth(credentials.user, credentials.password)
                answer = sent(self._auth[who])
            return answer
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
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


def _status(answer: requests.Response) -> str:
    return f"HTTP {answer.status_code} {answer.reason or ''}".strip()


def _failure(error: Exception, budget: Budget) -> TransferFailed:
    """The reply for an exception of the libraries: the words of its innermost cause."""
    if isinstance(error, requests.TooManyRedirects):
        return TransferFailed(f"more than {_REDIRECTS} redirects")
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    words = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return TransferFailed(words, unreachable=budget.received == 0)
