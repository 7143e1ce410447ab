"""One HTTP connection of the boot server: its requests, and the answers of the site in the words of HTTP.

RFC 9110 and RFC 9112, on http.server. It does not know who may connect, nor how long the whole of a request may take,
nor which request gets a fault; faults are ours.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket
from time import monotonic
from typing import Any, assert_never

from phone_sim.boot_server.addresses import authority
from phone_sim.boot_server.fault_kinds import Delay, Down, Reset, Stall
from phone_sim.boot_server.faults import Fault, FaultPlan
from phone_sim.boot_server.file_pieces import store_piece
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
from phone_sim.boot_server.http_headers import fields_of, without, without_credentials
from phone_sim.boot_server.http_listener import say_end
from phone_sim.boot_server.http_passing import HttpRequest, sent_fields
from phone_sim.boot_server.http_reading import HttpReading
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
)
from phone_sim.firmware.transfer_facts import HTTP_TAKEN

_CHUNK = 64 * 1024
_DISCARD_LIMIT = 64 * 1024 * 1024
_NO_BODY = (BROKEN_OFF, *BODILESS)


class HttpConversation(HttpReading):
    """One connection: its requests and the answers to them, in a thread of its own.

    `idle_limit` is the seconds each read and each write may take.
    """

    server_version = "phone_sim"
    # An answer stays in the buffer, its last byte at least, until it is in the journal.
    wbufsize = _CHUNK

    def __init__(
        self, site: Site, journal: Journal, faults: FaultPlan | None, idle_limit: float, *connection: Any
    ) -> None:
        self._journal = journal
        self._faults = faults
        super().__init__(site, idle_limit, *connection)

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
        super()._forget_request()
        self._is_recorded = False
        self._fields: list[tuple[str, str]] = []
        self._fault: Fault | None = None

    def do_GET(self) -> None:  # noqa: N802
        if self._is_answered_by_a_fault() or self._is_passed_on():
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

    def do_PUT(self) -> None:  # noqa: N802
        length = self._upload_length()
        if length is None or self._is_answered_by_a_fault() or not self._receive(length) or self._is_passed_on():
            return
        content_range = self.headers.get("Content-Range")
        answer = store_piece(self._site_for_client(), self._asked_path(), self._received or b"", content_range)
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

    def do_POST(self) -> None:  # noqa: N802
        """Ask the other server, if there is one, by a method that this one does not have."""
        has_body = self._has_body()
        if self._http_site is None:
            self.send_error(HTTPStatus.NOT_IMPLEMENTED)
            return
        length = self._upload_length() if has_body else 0
        if length is None or self._is_answered_by_a_fault() or (has_body and not self._receive(length)):
            return
        if not self._is_passed_on():
            self.send_error(HTTPStatus.NOT_IMPLEMENTED)

    do_DELETE = do_OPTIONS = do_PATCH = do_POST  # noqa: N815

    def version_string(self) -> str:
        return self.server_version

    def _site_for_client(self) -> Site:
        site = self._site
        return site.seen_by(self._user_agent) if isinstance(site, SiteOfClients) else site

    def _is_passed_on(self) -> bool:
        """Give the answer of another server, if the site has one."""
        if self._http_site is None:
            return False
        request = HttpRequest(
            method=self.command, target=self.path, headers=fields_of(self.headers.items()), body=self._received
        )
        answer = self._http_site.pass_on(request)
        if answer is None:
            return False
        self._answer(answer, stored=len(self._received or b"") if answer.status in HTTP_TAKEN else 0)
        return True

    def _refuse(self, status: HTTPStatus, reason: str = "") -> None:
        self._answer(page(status, reason=reason))

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
        sent, is_chunked = 0, self._is_chunked(answer)
        try:
            for piece in self._pieces(answer):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
                sent += len(piece)
            if is_chunked and self.command != "HEAD":
                self.wfile.write(b"0\r\n\r\n")
        finally:
            self._record(answer, size=sent if answer.is_file and self._received is None else stored)
        self.wfile.flush()
        if self._fault is not None:
            self._break_off(self._fault)
        if self._unread:
            self._discard()

    def _pieces(self, answer: HttpAnswer) -> Iterator[bytes]:
        """What is sent of the body, each piece at its time."""
        kind = None if self._fault is None else self._fault.kind
        for pause, piece in pieces(kind, b"" if self.command == "HEAD" else answer.body):
            if pause:
                self.wfile.flush()
                self.server.wait(self.connection, pause)
            yield piece

    def _is_chunked(self, answer: HttpAnswer) -> bool:
        """Whether the body comes in chunks as from the other server; a fault would lose its end in them."""
        may_be = answer.is_chunked and answer.status not in BODILESS
        return may_be and self._fault is None and self.request_version >= "HTTP/1.1"

    def _wait(self, seconds: float) -> None:
        """Let time pass before the answer begins."""
        try:
            self.server.wait(self.connection, seconds)
        except ConnectionAbortedError:
            self._record(HttpAnswer(status=BROKEN_OFF))
            raise

    def send_header(self, keyword: str, value: str) -> None:
        self._fields.append((keyword, value))
        super().send_header(keyword, value)

    def _send_head(self, answer: HttpAnswer) -> None:
        if answer.of_server:
            self.send_response_only(answer.status, answer.words)
            is_chunked = self._is_chunked(answer)
            for name, value in sent_fields(answer, self.command, self._here(), is_chunked=is_chunked):
                self.send_header(name, value)
        else:
            self._send_own_head(answer)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_own_head(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status, answer.words)
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status not in BODILESS:
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))

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
        self._journal.record(
            Request(
                at=self._at or datetime.now(UTC),
                protocol=self._protocol,
                client=authority(*self.client_address[:2]),
                method=self.command or "",
                path=self.path.removeprefix("/") if self.command else self._first_line(),
                status=int(answer.status),
                size=size,
                user_agent=self._user_agent,
                seconds=monotonic() - self._started,
                fault="" if self._fault is None else self._fault.rule,
            ),
            self._contents(answer) if self._journal.tells_contents else Contents(),
        )

    def _contents(self, answer: HttpAnswer) -> Contents:
        fields = answer.fields if answer.of_server else without(tuple(self._fields), "connection")
        return Contents(
            root=self._here(),
            path=self._asked_path(),
            reason=answer.words,
            received=self._received,
            sent=None if self.command == "HEAD" or answer.status in _NO_BODY else answer.body,
            asked_headers=without_credentials(fields_of(self.headers.items())),
            answered_headers=without_credentials(fields),
        )
