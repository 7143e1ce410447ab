"""What the faults make of an HTTP answer (RFC 9110). Faults are ours.

Pure. It does not know which request gets a fault, nor how bytes are sent: `http_conversation` does what needs the
connection, which is to wait, to be silent and to break off.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import responses

from phone_sim.boot_server.fault_kind import FaultKind
from phone_sim.boot_server.fault_kinds import (
    Challenge,
    ContentType,
    Corrupt,
    Down,
    Drip,
    Length,
    RedirectLoop,
    Reset,
    Stall,
    Status,
    TftpError,
    Truncate,
)
from phone_sim.boot_server.faults import Fault
from phone_sim.boot_server.http_headers import Headers, without
from phone_sim.printable import printable

BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
"""The statuses whose answers have no body (RFC 9110 15.3.5 and 15.4.5)."""

_CHUNK = 64 * 1024
_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<h1>{0}</h1>\r\n{1}</body>\r\n</html>\r\n"
_CHALLENGES = {
    "basic": 'Basic realm="phone_sim"',
    "digest": 'Digest realm="phone_sim", qop="auth", algorithm=MD5, nonce="{nonce}"',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An answer before it is sent; `length` is for Content-Length, None: the body's; `reason`, empty: the usual one.

    `of_server` is the root of another server whose answer this is, empty for one of this server. Then `headers` are
    all that it has, except that its body comes in chunks where `is_chunked`.
    """

    status: int
    reason: str = ""
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    of_server: str = ""
    is_chunked: bool = False

    @property
    def fields(self) -> Headers:
        """The headers that the other server gave, also that the body comes in chunks."""
        return (*self.headers, ("Transfer-Encoding", "chunked")) if self.is_chunked else self.headers

    @property
    def is_file(self) -> bool:
        """True for a file or a part of one."""
        return self.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)

    @property
    def words(self) -> str:
        """What the status line says, empty for a status that nobody knows."""
        return self.reason or responses.get(self.status, "")


def whole_file(path: str, data: bytes) -> HttpAnswer:
    """The answer that is a file."""
    content_type = "text/xml" if path.endswith((".cfg", ".xml")) else "application/octet-stream"
    return HttpAnswer(status=HTTPStatus.OK, body=data, content_type=content_type)


def page(status: HTTPStatus, *headers: tuple[str, str], reason: str = "") -> HttpAnswer:
    """The answer that says a status for people, and the reason if there is one."""
    explained = f"<p>{html.escape(printable(reason))}</p>\r\n" if reason else ""
    body = _PAGE.format(f"{status.value} {status.phrase}", explained).encode()
    return HttpAnswer(status=status, body=body, content_type="text/html", headers=headers)


def refusal(status: int, reason: str) -> HttpAnswer:
    """The answer with a status and words of somebody else; what cannot be in a status line is left out of them."""
    phrase = status_words(reason)
    if status in BODILESS:
        return HttpAnswer(status=status, reason=phrase)
    body = _PAGE.format(html.escape(f"{status} {phrase}"), "").encode("latin-1")
    return HttpAnswer(status=status, reason=phrase, body=body, content_type="text/html; charset=iso-8859-1")


def status_words(reason: str) -> str:
    """Words as they can be in a status line."""
    return printable(reason, " ").encode("latin-1", "replace").decode("latin-1")


def answer_instead(fault: Fault, method: str, address: str) -> HttpAnswer | None:
    """What a fault answers in the place of the site; None where the site is to be asked."""
    match fault.kind:
        case Status(status=status):
            return page(status)
        case TftpError() as error:
            return page(error.http_status)
        case RedirectLoop():
            status = HTTPStatus.TEMPORARY_REDIRECT if method == "PUT" else HTTPStatus.FOUND
            return page(status, ("Location", address))
        case Challenge(scheme=scheme):
            challenge = _CHALLENGES[scheme].format(nonce=fault.draw.encode().hex())
            return page(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", challenge))
    return None


def leaves_unanswered(kind: FaultKind, method: str) -> bool:
    """Whether a fault gives not a byte of an answer."""
    return isinstance(kind, Down) or kind == Reset() or (method == "PUT" and isinstance(kind, Stall | Reset))


def spoiled(fault: Fault, answer: HttpAnswer) -> HttpAnswer:
    """What a fault makes of an answer of the site; only a file can be truncated or corrupted."""
    is_file = answer.status == HTTPStatus.OK
    match fault.kind:
        case Truncate(size=size) if is_file:
            return replace(answer, body=answer.body[:size])
        case Corrupt() if is_file:
            return replace(answer, body=fault.corrupted(answer.body))
        case Length(offset=offset):
            return replace(answer, length=max(0, len(answer.body) + offset))
        case ContentType(text=text) if answer.of_server:
            return replace(answer, headers=(*without(answer.headers, "content-type"), ("Content-Type", text)))
        case ContentType(text=text):
            return replace(answer, content_type=text)
    return answer


def pieces(kind: FaultKind | None, body: bytes) -> Iterator[tuple[float, bytes]]:
    """The body as it is sent: pauses in seconds, and what comes after each."""
    pause, size = 0.0, _CHUNK
    match kind:
        case Drip():
            pause, size = kind.seconds, kind.size
        case Stall():
            body = body[: len(body) // 2]
        case Reset():
            body = body[: kind.after]
    for start in range(0, len(body), size):
        yield pause, body[start : start + size]
