"""One HTTP connection of the boot server: its requests, and the answers of the site in the words of HTTP.

RFC 9110 and RFC 9112, on http.server. It does not know who may connect, nor how long the whole of a request may take,
nor which request gets a fault; faults are ours.
"""

from http import HTTPStatus
from typing import Any, assert_never

from phone_sim.boot_server.fault_kinds import Delay
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http_answering import AnsweringHandler
from phone_sim.boot_server.http_faults import HttpAnswer, answer_instead, leaves_unanswered, refusal, whole_file
from phone_sim.boot_server.http_head import RequestHead, is_length_clear
from phone_sim.boot_server.journal import BROKEN_OFF, Journal
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


class HttpConversation(AnsweringHandler):
    """One connection: its requests and the answers to them, in a thread of its own.

    `idle_limit` is the seconds each read and each write may take.
    """

    def __init__(
        self, site: Site, journal: Journal, faults: FaultPlan | None, idle_limit: float, *connection: Any
    ) -> None:
        self._site = site
        self._faults = faults
        self._idle_limit = idle_limit
        super().__init__(journal, *connection)

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

    def do_GET(self) -> None:  # noqa: N802 - the name is http.server's
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

    def do_PUT(self) -> None:  # noqa: N802 - the name is http.server's
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

    def _wait(self, seconds: float) -> None:
        """Let time pass before the answer begins."""
        try:
            self.server.wait(self.connection, seconds)
        except ConnectionAbortedError:
            self._record(HttpAnswer(status=BROKEN_OFF))
            raise
