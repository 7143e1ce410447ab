"""The requests of one HTTP connection: read within limits, and refused where it is not clear where they end.

RFC 9110 and RFC 9112, on http.server. It does not know what is answered.
"""

import logging
import re
from abc import abstractmethod
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler
from ssl import SSLSocket
from time import monotonic
from typing import Any, Literal

from phone_sim.boot_server.addresses import authority
from phone_sim.boot_server.file_pieces import start_of
from phone_sim.boot_server.http_head import RequestHead, is_length_clear, path_of, read_chunks
from phone_sim.boot_server.http_listener import HttpListener
from phone_sim.boot_server.http_passing import HttpSite
from phone_sim.boot_server.site import Site, refused_upload

_LINE_KEPT = 1000
_HOST = re.compile(r"[0-9A-Za-z.:\[\]-]+")

_log = logging.getLogger(__name__)


class HttpReading(BaseHTTPRequestHandler):
    """One connection as it is read. `idle_limit` is the seconds each read and each write may take."""

    server: HttpListener
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, site: Site, idle_limit: float, *connection: Any) -> None:
        self._site = site
        self._http_site = site if isinstance(site, HttpSite) else None
        self._idle_limit = idle_limit
        super().__init__(*connection)

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self._idle_limit)

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
        if self.command == "PUT" or (self._http_site is not None and self._has_body()):
            if self._upload_length() is None:
                return False
            self.send_response_only(HTTPStatus.CONTINUE)
            self.end_headers()
            self.wfile.flush()
        return True

    def send_error(self, code: int, *_words: str | None, **_named: str | None) -> None:
        """Refuse what is not read to its end, as http.server does (400, 414, 431, 501, 505), and close."""
        if self._at is None:  # a request line over the limit is not even parsed
            self._begin()
        self._refuse_unread(HTTPStatus(code))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        _log.debug(format, *args)

    @abstractmethod
    def _refuse(self, status: HTTPStatus, reason: str = "") -> None:
        """Answer that the request is refused."""

    def _forget_request(self) -> None:
        self.command = self.path = ""
        self.headers = self.MessageClass()
        self._at: datetime | None = None
        self._unread = True
        self._received: bytes | None = None

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
        """The length of the body, 0 if it does not say that before, or None after refusing it unread."""
        length = self.headers.get("Content-Length")
        is_own = self._http_site is None
        if length is None and not is_own and self._is_in_chunks():
            return 0
        if length is None:
            self._refuse_unread(HTTPStatus.LENGTH_REQUIRED)
        elif is_own and (piece := self.headers.get("Content-Range")) and start_of(piece, int(length)) is None:
            self._refuse_unread(HTTPStatus.BAD_REQUEST)
        elif is_own and (refused := refused_upload(self._site, self._asked_path())) is not None:
            self._refuse_unread(HTTPStatus.FORBIDDEN, refused.reason)
        elif int(length) > self._site.upload_limit:
            self._refuse_unread(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            return int(length)
        return None

    def _receive(self, length: int) -> bool:
        """Receive the body; False after refusing one that breaks off."""
        try:
            body = read_chunks(self.rfile, self._site.upload_limit) if self._is_in_chunks() else self.rfile.read(length)
        except (ValueError, LineTooLong):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return False
        if body is None:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return False
        if len(body) < length:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return False
        self._unread = False
        self._received = body
        return True

    def _has_body(self) -> bool:
        return "Content-Length" in self.headers or "Transfer-Encoding" in self.headers

    def _is_in_chunks(self) -> bool:
        return bool(self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked")

    def _refuse_unread(self, status: HTTPStatus, reason: str = "") -> None:
        """Refuse what is not read to its end, and close."""
        self._unread = True
        self._refuse(status, reason)

    @property
    def _user_agent(self) -> str:
        return self.headers.get("User-Agent", "")

    def _asked_path(self) -> str:
        return path_of(self.path)

    def _here(self) -> str:
        """The root of this server, as the client calls it."""
        host = self.headers.get("Host", "")
        if not _HOST.fullmatch(host):
            host = authority(*self.connection.getsockname()[:2])
        return f"{self._protocol}://{host}/"

    @property
    def _protocol(self) -> Literal["http", "https"]:
        return "https" if isinstance(self.connection, SSLSocket) else "http"

    def _first_line(self) -> str:
        """The beginning of the first line that the client sent, whatever it is."""
        return self.raw_requestline[:_LINE_KEPT].decode("latin-1").rstrip("\r\n")
