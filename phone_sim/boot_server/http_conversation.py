"""One HTTP connection of the boot server: its requests, and the answers of the site in the words of HTTP.

RFC 9110 and RFC 9112, on http.server. It does not know who may connect, nor how long the whole of a request may take,
nor which request gets a fault; faults are ours.
"""

import logging
import re
import struct
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket
from ssl import SSLSocket
from time import monotonic
from typing import Any, assert_never
from urllib.parse import unquote

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
from phone_sim.boot_server.http_head import RequestHead
from phone_sim.boot_server.http_listener import HttpListener, say_end
from phone_sim.boot_server.journal import BROKEN_OFF, Contents, Journal, Request
from phone_sim.boot_server.site import Forbidden, Found, Missing, Refusing, Site, SiteOfClients, Stored, TooLarge

_CHUNK = 64 * 1024
_DISCARD_LIMIT = 64 * 1024 * 1024
_AUTHORITY = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)

_log = logging.getLogger(__name__)


class HttpConversation(BaseHTTPRequestHandler):
    """One connection: its requests and the answers to them, in a thread of its own.

    `idle_limit` is the seconds each read and each write may take.
    """

    server: HttpListener
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
        self._unread = True
        self._received: bytes | None = None
        self._fault: Fault | None = None
        super().handle_one_request()

    def parse_request(self) -> bool:
        self._at = datetime.now(UTC)
        self._started = monotonic()
        self.headers = self.MessageClass()
        connection_file, self.rfile = self.rfile, RequestHead(self.rfile)
        try:
            readable = super().parse_request()
        finally:
            self.rfile = connection_file
        self._unread = "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0"
        return readable

    def handle_expect_100(self) -> bool:
        """Ask for the body only if it will be taken (RFC 9110 10.1.1)."""
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
            case Forbidden():
                self._refuse(HTTPStatus.FORBIDDEN)
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
        answer = self._site_for_client().write(self._asked_path(), body)
        match answer:
            case Stored(created=created):
                self._answer(HttpAnswer(status=HTTPStatus.CREATED if created else HTTPStatus.NO_CONTENT), stored=length)
            case Forbidden():
                self._refuse(HTTPStatus.FORBIDDEN)
            case TooLarge():
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            case Refusing(status=status, reason=reason):
                self._answer(refusal(status, reason))
            case _:
                assert_never(answer)

    def send_error(self, code: int, *_words: str | None, **_named: str | None) -> None:
        """Refuse what is not read to its end, as http.server does (400, 414, 431, 501, 505), and close."""
        self._unread = True
        self._refuse(HTTPStatus(code))

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        _log.debug(format, *args)

    def _upload_length(self) -> int | None:
        """The length of the body, or None after refusing it unread."""
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or not lengths:
            refusal = HTTPStatus.LENGTH_REQUIRED
        elif len(lengths) > 1 or not re.fullmatch("[0-9]{1,19}", lengths[0]):
            refusal = HTTPStatus.BAD_REQUEST
        elif "Content-Range" in self.headers:
            # A piece of a file stored as if it were the whole would destroy the file (RFC 9110 14.5).
            refusal = HTTPStatus.BAD_REQUEST
        elif int(lengths[0]) > self._site.upload_limit:
            refusal = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        else:
            return int(lengths[0])
        self.send_error(refusal)
        return None

    def _site_for_client(self) -> Site:
        site = self._site
        return site.seen_by(self._user_agent) if isinstance(site, SiteOfClients) else site

    @property
    def _user_agent(self) -> str:
        return self.headers.get("User-Agent", "")

    def _asked_path(self) -> str:
        return unquote(re.split("[?#]", _AUTHORITY.sub("", self.path), maxsplit=1)[0])

    def _refuse(self, status: HTTPStatus) -> None:
        self._answer(page(status))

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
        if not self.command:
            return
        sent = answer.body if answer.status == HTTPStatus.OK else None
        self._journal.record(
            Request(
                at=self._at,
                protocol="https" if isinstance(self.connection, SSLSocket) else "http",
                client=authority(*self.client_address[:2]),
                method=self.command,
                path=self.path.removeprefix("/"),
                status=int(answer.status),
                size=size,
                user_agent=self._user_agent,
                seconds=monotonic() - self._started,
                fault="" if self._fault is None else self._fault.rule,
            ),
            Contents(path=self._asked_path(), reason=answer.words, received=self._received, sent=sent),
        )
