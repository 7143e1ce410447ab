"""HTTP and HTTPS, on requests: GET, HEAD and PUT, Basic and Digest, bounded in bytes, time and redirects.

One transport is one phone's, and not for several threads. It does not know what the files are.

Other modules about HTTP: `fleet.transport.http`, `boot_server.http`, `audit.http_probe`; in the tests
`tests.runtime.hostile_http`.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import ClassVar
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth
from requests.structures import CaseInsensitiveDict

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.transfer_facts import HTTP_TAKEN, NO_HEAD, FailureKind, FileProtocol, HttpHead
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import (
    CUT_OFF,
    Budget,
    connection_failure,
    current_budget,
    is_unanswered,
    offer_hint,
    words_of,
)
from phone_sim.runtime.transport.http_session import BoundedAdapter, PhoneSession
from phone_sim.runtime.transport.replies import refusal
from phone_sim.runtime.transport.streamed_file import StreamedFile
from phone_sim.runtime.transport.tls import client_context

CHUNK = 64 * 1024
REDIRECT_LIMIT = 5
"""Maximum number of redirects that a phone follows for one file (our choice)."""
ALLOWANCE = 256 * 1024
"""Bytes for response heads, and for the bodies of redirects and challenges that come before the file (our choice)."""
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity"}


class HttpTransport:
    """Downloads by GET and uploads by PUT, from `source_address` if there is one.

    `adapter` and `context`, what a connection is made of and its side of TLS, are for those who need other sockets.
    """

    session: ClassVar[type[PhoneSession]] = PhoneSession

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
        self._session = self.session(adapter, lambda: context(tls), source)
        # Neither proxies nor authorities nor passwords of whoever runs the phone are the phone's.
        self._session.trust_env = False
        self._session.max_redirects = REDIRECT_LIMIT
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers = dict(HEADERS)
        self._auth: dict[tuple[str, Credentials], AuthBase] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """GET the file."""
        return self.fetch_within(budget_of(request, self._limits), request)

    def stream(self, request: Stream) -> StreamReply:
        """GET the file, and close the connection when there is enough of it."""
        return self.stream_within(budget_of(request, self._limits), request)

    def stream_within(self, budget: Budget, request: Stream) -> StreamReply:
        """The same with what is left of a budget."""
        answer = self._send("GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            head = self._head(answer)
            if answer.status_code != requests.codes.ok:
                return self._refused(answer, head)
            file = StreamedFile(request)
            failure = _read(answer, head, budget, file.take, CHUNK if request.reads_all else request.header)
            if file.is_over_limit:
                return too_large(request.limit, head)
            return failure or file.reply(answer.status_code, head)

    def upload(self, request: Upload) -> UploadReply:
        """PUT the file."""
        return self.upload_within(budget_of(request, self._limits), request)

    def fetch_within(self, budget: Budget, request: Fetch) -> FetchReply:
        """GET the file, or HEAD it, with what is left of a budget."""
        answer = self._send("HEAD" if request.is_head else "GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            head = self._head(answer)
            if answer.status_code == requests.codes.ok:
                return self._body(answer, head, request.limit, budget)
            return self._refused(answer, head)

    def upload_within(self, budget: Budget, request: Upload) -> UploadReply:
        """PUT the file with what is left of a budget."""
        answer = self._send("PUT", request, budget, body=request.body)
        if isinstance(answer, TransferFailed):
            return answer
        with answer:
            head = self._head(answer)
            if answer.status_code in HTTP_TAKEN:
                _read_away(answer)
                return Uploaded(answer.status_code, head)
            return self._refused(answer, head)

    def authorization(self, method: str, request: Fetch | Stream | Upload) -> str | None:
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
        self, method: str, request: Fetch | Stream | Upload, budget: Budget, body: bytes | None = None
    ) -> requests.Response | TransferFailed:
        """Send a request, as a phone does."""

        headers = {"User-Agent": request.user_agent}
        if isinstance(request, Upload) and (content_range := request.content_range) is not None:
            headers["Content-Range"] = content_range

        def sent(auth: AuthBase | None) -> requests.Response:
            self._session.take_redirects()
            return self._session.request(
                method,
                request.location.url,
                data=body,
                headers=headers,
                auth=auth,
                stream=True,
                timeout=self._limits.answer,
            )

        return self._logged_in(request.location.url, request.location.credentials, budget, sent)

    def _logged_in(
        self,
        url: str,
        credentials: Credentials | None,
        budget: Budget,
        sent: Callable[[AuthBase | None], requests.Response],
    ) -> requests.Response | TransferFailed:
        """Send a request, and once more if the server wants the password in another way than was tried."""
        current_budget.set(budget)
        place = urlsplit(url).netloc
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
    def _refused(answer: requests.Response, head: HttpHead) -> NotFound | Refused:
        _read_away(answer)
        return refusal(FileProtocol.HTTP, answer.status_code, answer.reason or "", head)

    @staticmethod
    def _body(answer: requests.Response, head: HttpHead, limit: int, budget: Budget) -> Fetched | TransferFailed:
        data = bytearray()

        def take(chunk: bytes) -> bool:
            data.extend(chunk)
            return len(data) <= limit

        failure = _read(answer, head, budget, take)
        if len(data) > limit:
            return too_large(limit, head)
        return failure or Fetched(bytes(data), answer.status_code, head)


def budget_of(request: Fetch | Stream | Upload, limits: Limits) -> Budget:
    """What the answer to a request may take."""
    return Budget(seconds=limits.transfer, size=ALLOWANCE + (0 if isinstance(request, Upload) else request.limit))


def _read(
    answer: requests.Response, head: HttpHead, budget: Budget, take: Callable[[bytes], bool], chunk: int = CHUNK
) -> TransferFailed | None:
    """Read the body, until it ends or `take` wants no more of it; None unless it breaks off."""
    budget.is_cut_off = False
    try:
        if not all(map(take, answer.raw.stream(chunk, decode_content=False))):
            return None
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return failure_of(error, budget, head)
    if budget.is_cut_off and _ends_with_connection(answer):
        return TransferFailed(FailureKind.BROKEN_OFF, CUT_OFF, head=head)
    return None


def too_large(limit: int, head: HttpHead) -> TransferFailed:
    """The reply for a file of more than `limit` bytes."""
    return TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {limit} bytes", head=head)


def _read_away(answer: requests.Response) -> None:
    """Read a body that nobody wants, if it is short: then the connection can serve the next request."""
    with suppress(urllib3.exceptions.HTTPError, OSError, ValueError):
        answer.raw.read(CHUNK, decode_content=False)


def _ends_with_connection(answer: requests.Response) -> bool:
    """True for a body whose end nothing but the end of the connection tells (RFC 9112 6.3)."""
    return not answer.raw.chunked and answer.raw.length_remaining is None


def _wants_basic(answer: requests.Response, place: str) -> bool:
    """True when the server itself, and not one that it redirects to, asks for the password."""
    challenge = answer.headers.get("WWW-Authenticate", "").lower()
    asks = answer.status_code == requests.codes.unauthorized and challenge.startswith("basic")
    return asks and urlsplit(answer.url).netloc == place


def failure_of(error: Exception, budget: Budget, head: HttpHead = NO_HEAD) -> TransferFailed:
    """The reply for an exception of the libraries, made from its innermost cause."""
    if isinstance(error, requests.TooManyRedirects):
        return TransferFailed(FailureKind.TOO_MANY_REDIRECTS, f"more than {REDIRECT_LIMIT} redirects", head=head)
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, urllib3.exceptions.SSLError) and isinstance(cause.args[0], ssl.SSLError):
        cause = cause.args[0]
    kind, words = _failure(cause, budget)
    words = one_line(words) + offer_hint(cause, budget)
    return TransferFailed(kind, words, unanswered=is_unanswered(cause, budget), head=head)


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
