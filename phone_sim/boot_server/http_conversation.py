"""One HTTP connection of the boot server: its requests, and the answers of the site in the words of HTTP.

RFC 9110 and RFC 9112, on http.server. It does not know who may connect, nor how long the whole of a request may take,
nor which request gets a fault; faults are ours.
"""

import logging
import struct
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket
from ssl import SSLSocket
from time import monotonic
from typing import Any, assert_never

from phone_sim.boot_server.addresses import authority
from phone_sim.boot_server.fault_kinds import Delay, Down, Reset, Stall
from phone_sim.boot_server.faults import Fault, FaultPlan
from phone_sim.boot_server.http_faults import (
    BODILESS,
    HttpAnswer,
    answer_instead,
    leaves_unanswered,
    page,
    pieces,
    refusal,
    spoiled,
    whole_file,
)
from phone_sim.boot_server.http_head import RequestHead, is_length_clear, path_of
from phone_sim.boot_server.http_listener import HttpListener, say_end
from phone_sim.boot_server.journal import BROKEN_OFF, Contents, Journal, Request
from phone_sim.boot_server.site import (
    Forbidden,
    Found,
    Missing,
    Refusing,
    Site,
    SiteOfClients,
    Stored,
    TooLarge,
    refused_upload,
    store_upload,
)

_CHUNK = 64 * 1024
_DISCARD_LIMIT = 64 * 1024 * 1024
_LINE_KEPT = 1000

_log = logging.getLogger(__name__)


class HttpConversation(BaseHTTPRequestHandler):
    """One connection: its requests and the answers to them, in a thread of its own.

    `idle_limit` is the seconds each read and each write may take.
    """

    server: HttpListener
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    server_version = "phone_sim"
    disable_nagle_algorithm = True
    # An answer stays in the buffer, its last byte at least, until it is in the journal.
    wbufsize = _CHUNK

    def __init__(
        self, site: Site, journal: Journal, faults: FaultPlan | None, idle_limit: float, *connection: Any
    ) -> None:
        self._site = site
        self._journal = journal
        self._faults = faults
        self._idle_limit = idle_limit
        super().__init__(*connection)

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self._idle_limit)

    def handle_one_request(self) -> None:
        self.server.expect_request(self.connection)
        self._forget_request()
        try:
            super().handle_one_request()
        finally:
            # The client went away or fell silent, or the site failed.
            if self._at is not None and not self._is_recorded:
                self._record(HttpAnswer(status=BROKEN_OFF))

    def _forget_request(self) -> None:
        self.command = self.path = ""
        self.headers = self.MessageClass()
        self._at: datetime | None = None
        self._is_recorded = False
        self._unread = True
        self._received: bytes | None = None
        self._fault: Fault | None = None

    def parse_request(self) -> bool:
        if not self.raw_requestline.strip():
            return False
        self._begin()
        connection_file, self.rfile = self.rfile, RequestHead(self.rfile)
        try:
            is_readable = super().parse_request()
        finally:
            self.rfile = connection_file
        self._unread = "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"
        return is_readable and self._is_length_clear()

    def handle_expect_100(self) -> bool:
        """Ask for the body only if it will be taken (RFC 9110 10.1.1)."""
        if not self._is_length_clear():
            return False
        if self.command == "PUT":
            if self._upload_length() is None:
                return False
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()
        return True

    def do_GET(self) -> None:
        if self._is_answered_by_a_fault():
            return
        answer = self._site_for_client().read(self._asked_path())
        match answer:
            case Found(data=data):
                self._answer(whole_file(self._asked_path(), data))
            case Missing():
                self._refuse(HTTPStatus.NOT_FOUND)
            case Forbidden(reason=reason):
                self._refuse(HTTPStatus.FORBIDDEN, reason)
            case Refusing(status=status, reason=reason):
                self._answer(refusal(status, reason))
            case _:
                assert_never(answer)

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self) -> None:
        length = self._upload_length()
        if length is None or self._is_answered_by_a_fault():
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        self._unread = False
        self._received = body
        answer = store_upload(self._site_for_client(), self._asked_path(), body)
        match answer:
            case Stored(created=created):
                self._answer(HttpAnswer(status=HTTPStatus.CREATED if created else HTTPStatus.NO_CONTENT), stored=length)
            case Forbidden(reason=reason):
                self._refuse(HTTPStatus.FORBIDDEN, reason)
            case TooLarge():
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            case Refusing(status=status, reason=reason):
                self._answer(refusal(status, reason))
            case _:
                assert_never(answer)

    def send_error(self, code: int, *_words: str | None, **_named: str | None) -> None:
        """Refuse what is not read to its end, as http.server does (400, 414, 431, 501, 505), and close."""
        if self._at is None:  # a request line over the limit is not even parsed
            self._begin()
        self._refuse_unread(HTTPStatus(code))

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        _log.debug(format, *args)

    def _begin(self) -> None:
        self._at = datetime.now(UTC)
        self._started = monotonic()

    def _is_length_clear(self) -> bool:
        """Whether it is clear where the request ends; otherwise it is refused, whatever its method."""
        if is_length_clear(self.headers):
            return True
        self._refuse_unread(HTTPStatus.BAD_REQUEST)
        return False

    def _upload_length(self) -> int | None:
        """The length of the body, or None after refusing it unread."""
        length = self.headers.get("Content-Length")
        if length is None:
            self._refuse_unread(HTTPStatus.LENGTH_REQUIRED)
        elif "Content-Range" in self.headers:
            # A piece of a file stored as if it were the whole would destroy the file (RFC 9110 14.5).
            self._refuse_unread(HTTPStatus.BAD_REQUEST)
        elif (refused := refused_upload(self._site, self._asked_path())) is not None:
            self._refuse_unread(HTTPStatus.FORBIDDEN, refused.reason)
        elif int(length) > self._site.upload_limit:
            self._refuse_unread(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            return int(length)
        return None

    def _site_for_client(self) -> Site:
        site = self._site
        return site.seen_by(self._user_agent) if isinstance(site, SiteOfClients) else site

    @property
    def _user_agent(self) -> str:
        return self.headers.get("User-Agent", "")

    def _asked_path(self) -> str:
        return path_of(self.path)

    def _refuse(self, status: HTTPStatus, reason: str = "") -> None:
        self._answer(page(status, reason=reason))

    def _refuse_unread(self, status: HTTPStatus, reason: str = "") -> None:
        """Refuse what is not read to its end, and close."""
        self._unread = True
        self._refuse(status, reason)

    def _is_answered_by_a_fault(self) -> bool:
        """Draw the fault for this request, and do what comes in the place of the site's answer or before it."""
        if self._faults is None:
            return False
        self._fault = fault = self._faults.for_request(self.command, self._asked_path(), self._user_agent)
        if fault is None:
            return False
        if isinstance(fault.kind, Delay):
            self._wait(fault.kind.seconds)
        if (instead := answer_instead(fault, self.command, self.path)) is not None:
            self._answer(instead)
        elif leaves_unanswered(fault.kind, self.command):
            self._record(HttpAnswer(status=BROKEN_OFF))
            self._break_off(fault)
        else:
            return False
        return True

    def _answer(self, answer: HttpAnswer, *, stored: int = 0) -> None:
        if self._fault is not None:
            answer = spoiled(self._fault, answer)
        self.close_connection = self.close_connection or self._unread or answer.length is not None
        self._send_head(answer)
        kind = None if self._fault is None else self._fault.kind
        sent = 0
        try:
            for pause, piece in pieces(kind, b"" if self.command == "HEAD" else answer.body):
                if pause:
                    self.wfile.flush()
                    self.server.wait(self.connection, pause)
                sent += self.wfile.write(piece)
        finally:
            self._record(answer, size=sent if answer.status == HTTPStatus.OK else stored)
        self.wfile.flush()
        if self._fault is not None:
            self._break_off(self._fault)
        if self._unread:
            self._discard()

    def _first_line(self) -> str:
        """The beginning of the first line that the client sent, whatever it is."""
        return self.raw_requestline[:_LINE_KEPT].decode("latin-1").rstrip("\r\n")

    def _wait(self, seconds: float) -> None:
        """Let time pass before the answer begins."""
        try:
            self.server.wait(self.connection, seconds)
        except ConnectionAbortedError:
            self._record(HttpAnswer(status=BROKEN_OFF))
            raise

    def _send_head(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status, answer.words)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in BODILESS:
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _break_off(self, fault: Fault) -> None:
        """End the connection where the fault is to do so, in its way."""
        match fault.kind:
            case Down():
                self.close_connection = True
            case Stall():
                self.close_connection = True
                with suppress(OSError):
                    while self.connection.recv(_CHUNK):
                        pass
            case Reset():
                self.close_connection = True
                # Taken from its owners, who would end it in an orderly way.
                with socket(fileno=self.connection.detach()) as connection:
                    connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))

    def _discard(self) -> None:
        """Read what the client is still sending: to close at once would reset the connection and lose the answer."""
        left = _DISCARD_LIMIT
        say_end(self.connection)
        with suppress(OSError):
            self.connection.shutdown(SHUT_WR)
            while left > 0 and (data := self.connection.recv(_CHUNK)):
                left -= len(data)

    def _record(self, answer: HttpAnswer, *, size: int = 0) -> None:
        self._is_recorded = True
        sent = answer.body if answer.status == HTTPStatus.OK else None
        self._journal.record(
            Request(
                at=self._at or datetime.now(UTC),
                protocol="https" if isinstance(self.connection, SSLSocket) else "http",
                client=authority(*self.client_address[:2]),
                method=self.command or "",
                path=self.path.removeprefix("/") if self.command else self._first_line(),
                status=int(answer.status),
                size=size,
                user_agent=self._user_agent,
                seconds=monotonic() - self._started,
                fault="" if self._fault is None else self._fault.rule,
            ),
            Contents(path=self._asked_path(), reason=answer.words, received=self._received, sent=sent),
        )
