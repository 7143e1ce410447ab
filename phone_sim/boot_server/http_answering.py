"""How the boot server's HTTP sends an answer: its head and its bytes, spoiled by a fault or not, and its entry in the
journal.

It does not know what the answer is, nor which request gets a fault.
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
from typing import Any

from phone_sim.boot_server.addresses import authority
from phone_sim.boot_server.fault_kinds import Down, Reset, Stall
from phone_sim.boot_server.faults import Fault
from phone_sim.boot_server.http_faults import BODILESS, HttpAnswer, page, pieces, spoiled
from phone_sim.boot_server.http_head import path_of
from phone_sim.boot_server.http_listener import HttpListener, say_end
from phone_sim.boot_server.journal import Contents, Journal, Request

_CHUNK = 64 * 1024
_DISCARD_LIMIT = 64 * 1024 * 1024
_LINE_KEPT = 1000

_log = logging.getLogger(__name__)


class AnsweringHandler(BaseHTTPRequestHandler):
    """One connection as answers see it: what the request under way is, and how its answer is sent and recorded."""

    server: HttpListener
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    server_version = "phone_sim"
    disable_nagle_algorithm = True
    # An answer stays in the buffer, its last byte at least, until it is in the journal.
    wbufsize = _CHUNK

    def __init__(self, journal: Journal, *connection: Any) -> None:
        self._journal = journal
        super().__init__(*connection)

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        _log.debug(format, *args)

    def _forget_request(self) -> None:
        self.command = self.path = ""
        self.headers = self.MessageClass()
        self._at: datetime | None = None
        self._is_recorded = False
        self._unread = True
        self._received: bytes | None = None
        self._fault: Fault | None = None

    def _begin(self) -> None:
        self._at = datetime.now(UTC)
        self._started = monotonic()

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

    def _first_line(self) -> str:
        """The beginning of the first line that the client sent, whatever it is."""
        return self.raw_requestline[:_LINE_KEPT].decode("latin-1").rstrip("\r\n")
