"""A site whose files are another boot server's: what is asked of it is asked of that server.

Between HTTP and HTTP the proxy is transparent: requests and answers are passed on with their headers and bytes, but for
those headers that concern one connection (RFC 9110 7.6.1). A redirect is passed on as well; one to the server itself
leads to the proxy. Between other protocols the files are moved by a phone's transports, which follow redirects.

It does not know who records. Only what is below the root of the server's address is asked for. With a password in that
address the proxy logs in itself, otherwise the client does. An answer goes on when the whole of it is there, so a
client waits as long as the server takes.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock
from typing import Generic, Protocol, Self, TypeVar
from urllib.parse import quote

from phone_sim.boot_server.folder_site import READ_LIMIT
from phone_sim.boot_server.http_faults import HttpAnswer, page, refusal
from phone_sim.boot_server.http_head import path_of, target_of
from phone_sim.boot_server.http_headers import end_to_end, fields_of, values_of, without
from phone_sim.boot_server.http_passing import HttpRequest
from phone_sim.boot_server.site import (
    OUTSIDE,
    UPLOAD_LIMIT,
    Found,
    ReadAnswer,
    Refusing,
    Stored,
    WriteAnswer,
    locate,
)
from phone_sim.firmware.effects import Fetch, Fetched, NotFound, Refused, TransferFailed, Upload, Uploaded
from phone_sim.firmware.location import BootServerAddress, Location
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.transport.http_passing import PassedRequest, PassingHttp

_HTTP_STATUSES = range(200, 600)
_TFTP_ERRORS = range(9)
_CONTROL_OR_BACKSLASH = re.compile(r"[\x00-\x1f\x7f\\]")
# What is said of the connection and its body anew, and what http.server has answered.
_SAID_ANEW = ("host", "content-length", "expect")
_OUT_OF_ROOT = "the path leads out of the root of the boot server"


class Closable(Protocol):
    """What holds connections."""

    def close(self) -> None:
        """Close them."""


T_co = TypeVar("T_co", bound=Closable, covariant=True)


class Transports(Generic[T_co]):
    """As many transports as are needed at once, each for one thread at a time; `make` makes one."""

    def __init__(self, make: Callable[[], T_co]) -> None:
        self._make = make
        self._lock = Lock()
        self._idle: list[T_co] = []

    @contextmanager
    def taken(self) -> Iterator[T_co]:
        """A transport that nobody else has; the one that came back last, since its connection may still be open."""
        with self._lock:
            transport = self._idle.pop() if self._idle else None
        transport = transport or self._make()
        try:
            yield transport
        finally:
            with self._lock:
                self._idle.append(transport)

    def close(self) -> None:
        """Close those that are back."""
        with self._lock:
            idle, self._idle = self._idle, []
        for transport in idle:
            transport.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxySite:
    """The files of `server`, asked for by `transports` in the name of the client's `user_agent`, and over HTTP by
    `passing`, if both speak that.

    A server that gives no whole answer is a 502, on TFTP error 0, and may be back for the next request. A file has at
    most `read_limit` bytes, an upload `upload_limit`.
    """

    server: BootServerAddress
    transports: Transports[Transport]
    passing: Transports[PassingHttp]
    user_agent: str = ""
    upload_limit: int = UPLOAD_LIMIT
    read_limit: int = READ_LIMIT

    def seen_by(self, user_agent: str) -> Self:
        """The site that asks in the name of a client with this User-Agent."""
        return replace(self, user_agent=user_agent)

    def pass_on(self, request: HttpRequest) -> HttpAnswer | None:
        """Make a client's request for it; None where the server does not speak HTTP."""
        if not self.server.root.startswith(("http://", "https://")):
            return None
        if _leads_out(path_of(request.target)):
            return page(HTTPStatus.FORBIDDEN, reason=_OUT_OF_ROOT)
        headers = without(end_to_end(request.headers), *_SAID_ANEW)
        credentials = self.server.credentials
        passed = PassedRequest(
            method=request.method,
            url=self.server.root + target_of(request.target),
            headers=without(headers, "authorization") if credentials else headers,
            body=request.body,
            credentials=credentials,
            limit=self.read_limit,
        )
        with self.passing.taken() as transport:
            answer = transport.pass_on(passed)
        if isinstance(answer, TransferFailed):
            return refusal(HTTPStatus.BAD_GATEWAY, answer.reason)
        fields = fields_of(answer.headers)
        return HttpAnswer(
            status=answer.status,
            reason=answer.reason,
            body=answer.body,
            headers=end_to_end(fields),
            of_server=self.server.root,
            is_chunked=(values_of(fields, "Transfer-Encoding") or "").lower() == "chunked",
        )

    def read(self, path: str) -> ReadAnswer:
        """Ask the server for a file."""
        location = self._location(path)
        if location is None:
            return OUTSIDE
        with self.transports.taken() as transport:
            reply = transport.fetch(Fetch(location=location, limit=self.read_limit, user_agent=self.user_agent))
        return Found(data=reply.data) if isinstance(reply, Fetched) else _refusing(reply)

    def write(self, path: str, data: bytes) -> WriteAnswer:
        """Pass an upload on; whether it took the place of an older file is not known, so it is said that it did."""
        location = self._location(path)
        if location is None:
            return OUTSIDE
        with self.transports.taken() as transport:
            reply = transport.upload(Upload(location=location, body=data, user_agent=self.user_agent))
        return Stored(created=False) if isinstance(reply, Uploaded) else _refusing(reply)

    def _location(self, path: str) -> Location | None:
        segments = locate(path)
        if segments is None:
            return None
        # Not by the rules for names in configuration files, which may lead to any server.
        below = quote("/".join(segments), safe="/:@!$&'()*+,;=[]", errors="surrogatepass")
        return Location(url=self.server.root + below, credentials=self.server.credentials)


def _leads_out(path: str) -> bool:
    """Whether a path, its percent signs decoded, leads out of the root on some server: `..` may have parameters."""
    return bool(_CONTROL_OR_BACKSLASH.search(path)) or any(part.partition(";")[0] == ".." for part in path.split("/"))


def _refusing(reply: NotFound | Refused | TransferFailed) -> Refusing:
    """What the server said, in its own words; FTP has no words for it that a client could be given."""
    if isinstance(reply, TransferFailed):
        return Refusing.of_http(502, reply.reason)
    if reply.status is not None and reply.protocol is FileProtocol.HTTP and reply.status in _HTTP_STATUSES:
        return Refusing.of_http(reply.status, reply.words)
    if reply.status is not None and reply.protocol is FileProtocol.TFTP and reply.status in _TFTP_ERRORS:
        return Refusing.of_tftp(reply.status, reply.words)
    return Refusing.of_http(404 if isinstance(reply, NotFound) else 403, reply.reason)
