"""HTTP and HTTPS for a phone of a fleet: what the single phone's transport does, for a fraction of its time.

Ordinary requests and answers go over a socket of gevent and through httptools. What is not ordinary, a redirect, a
challenge, an answer out of shape, an address with escapes, is left to the single phone's transport, which takes the
connection over as it is. One transport is one phone's, and not for several greenlets; it belongs to the hub, that is
the thread, in which it is first asked. It does not know what the files are.

Other modules about HTTP: `runtime.transport.http`, `boot_server.http`, `audit.http_probe`; in the tests
`tests.runtime.hostile_http`.
"""

from collections.abc import Callable
from http.client import IncompleteRead
from typing import TypeVar

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import HTTP_TAKEN, FileProtocol, HttpHead
from phone_sim.fleet.transport.connection import OK, Connection
from phone_sim.fleet.transport.plain_address import Server, plain_address
from phone_sim.fleet.transport.response_reader import ResponseReader
from phone_sim.fleet.transport.single_phone import Takeover, current_takeover, single_phone, tls_context
from phone_sim.fleet.transport.sockets import opened, secured
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.transport.bounded_socket import Budget, current_budget
from phone_sim.runtime.transport.http import HttpTransport, budget_of, failure_of, too_large
from phone_sim.runtime.transport.replies import refusal
from phone_sim.runtime.transport.streamed_file import StreamedFile

_UNAUTHORIZED = 401
_KEPT = 8

Reply = TypeVar("Reply")


class GeventHttpTransport:
    """Downloads by GET and uploads by PUT, from `source_address` if there is one."""

    def __init__(self, limits: Limits, tls: Tls = Tls(), source_address: str | None = None) -> None:  # noqa: B008
        self._limits = limits
        self._tls = tls
        self._source_address = source_address
        self._kept: dict[str, Connection] = {}
        self._single: HttpTransport | None = None

    def fetch(self, request: Fetch) -> FetchReply:
        """GET the file."""
        budget = budget_of(request, self._limits)
        answer = self._answer("GET", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        if isinstance(answer, Takeover):
            return self._left_to_single(answer, lambda single: single.fetch_within(budget, request))
        head = HttpHead(fields=answer.fields)
        if answer.status != OK:
            return refusal(FileProtocol.HTTP, answer.status, answer.reason, head)
        if answer.size > request.limit:
            return too_large(request.limit, head)
        return Fetched(answer.body, OK, head)

    def stream(self, request: Stream) -> StreamReply:
        """GET the file without keeping it; an answer without a length is left to the single phone's transport."""
        budget = budget_of(request, self._limits)
        connection = self._ask("GET", request, budget)
        if isinstance(connection, TransferFailed):
            return connection
        if not isinstance(connection, Takeover):
            answer = connection.answer
            if answer.status != OK:
                self._keep(connection)
                return refusal(FileProtocol.HTTP, answer.status, answer.reason, HttpHead(fields=answer.fields))
            if answer.is_whole or answer.length is not None:
                return _passed_on(connection, request, budget)
            connection = _taken_over(connection, budget)
        return self._left_to_single(connection, lambda single: single.stream_within(budget, request))

    def upload(self, request: Upload) -> UploadReply:
        """PUT the file."""
        budget = budget_of(request, self._limits)
        answer = self._answer("PUT", request, budget)
        if isinstance(answer, TransferFailed):
            return answer
        if isinstance(answer, Takeover):
            return self._left_to_single(answer, lambda single: single.upload_within(budget, request))
        head = HttpHead(fields=answer.fields)
        if answer.status in HTTP_TAKEN:
            return Uploaded(answer.status, head)
        return refusal(FileProtocol.HTTP, answer.status, answer.reason, head)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()

    def _answer(
        self, method: str, request: Fetch | Upload, budget: Budget
    ) -> ResponseReader | TransferFailed | Takeover:
        """The answer, whole or too long; or what the single phone's transport gets, when it has to see to it."""
        connection = self._ask(method, request, budget)
        if isinstance(connection, TransferFailed | Takeover):
            return connection
        answer = connection.answer
        self._keep(connection)
        return answer

    def _ask(
        self, method: str, request: Fetch | Stream | Upload, budget: Budget
    ) -> Connection | TransferFailed | Takeover:
        """The connection with the answer, of a file that is streamed with its beginning; else as `_answer`."""
        address = plain_address(request)
        if address is None or (isinstance(request, Fetch) and request.is_head):
            return Takeover()  # a HEAD is answered without the body that its head tells of
        current_budget.set(budget)
        server, path = address
        try:
            connection = self._asked(server, self._message(method, server, path, request), request, budget)
        except Exception as error:  # a name that cannot be looked up is a UnicodeError, for one
            return failure_of(error, budget)
        answer = connection.answer
        asks_who = answer.status == _UNAUTHORIZED and request.location.credentials is not None
        if answer.is_odd or asks_who or 300 <= answer.status < 400:
            return _taken_over(connection, budget)
        return connection

    def _message(self, method: str, server: Server, path: str, request: Fetch | Stream | Upload) -> bytes:
        """The request as the single phone sends it."""
        head = f"{method} {path} HTTP/1.1\r\n{server.headers}"
        if self._single is not None and request.location.credentials is not None:
            authorization = self._single.authorization(method, request)
            if authorization is not None:
                head += f"Authorization: {authorization}\r\n"
        if not isinstance(request, Upload):
            return f"{head}\r\n".encode("latin-1")
        if (content_range := request.content_range) is not None:
            head += f"Content-Range: {content_range}\r\n"
        return f"{head}Content-Length: {len(request.body)}\r\n\r\n".encode("latin-1") + request.body

    def _asked(self, server: Server, message: bytes, request: Fetch | Stream | Upload, budget: Budget) -> Connection:
        """The connection on which the answer came: one that was kept alive, or else a new one (RFC 9112 9.3.1)."""
        file_limit = request.limit if isinstance(request, Fetch) else 0 if isinstance(request, Stream) else None
        kept = self._kept.pop(server.url, None)
        if kept is not None:
            try:
                kept.ask(message, file_limit=file_limit, budget=budget)
            except BaseException as error:
                kept.close()
                if kept.answer.status or not isinstance(error, ConnectionResetError):
                    raise
            else:
                return kept
        connection = self._connected(server)
        try:
            connection.ask(message, file_limit=file_limit, budget=budget)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self, server: Server) -> Connection:
        patience = self._limits.answer
        plain = opened(server.host, server.port, patience=patience, source=self._source_address)
        if not server.is_secure:
            return Connection(plain, patience, server.url)
        return Connection(secured(plain, tls_context(self._tls), server.host), patience, server.url)

    def _keep(self, connection: Connection) -> None:
        """Keep the connection for the next request, if it can serve one."""
        if not connection.is_reusable:
            connection.close()
            return
        if len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept))).close()
        self._kept[connection.server] = connection

    def _left_to_single(self, takeover: Takeover, ask: Callable[[HttpTransport], Reply]) -> Reply:
        """The reply of the single phone's transport, which goes on with the connection that it takes over."""
        if self._single is None:
            self._single = single_phone(self._limits, self._tls, self._source_address)
        current_takeover.set(takeover)
        try:
            return ask(self._single)
        finally:
            self._single.close()
            takeover.end()


def _taken_over(connection: Connection, budget: Budget) -> Takeover:
    """The connection for another reader, which reads the answer from its start."""
    budget.received -= connection.give_back()
    return Takeover(connection.socket)


def _passed_on(connection: Connection, request: Stream, budget: Budget) -> StreamReply:
    """The reply for a file whose beginning was heard and whose length is known; the connection ends with it."""
    answer, file = connection.answer, StreamedFile(request)
    head = HttpHead(fields=answer.fields)
    try:
        if file.take(memoryview(answer.body)) and not answer.is_whole:
            connection.pass_on(file.take)
    except (OSError, IncompleteRead) as error:
        return failure_of(error, budget, head)
    finally:
        connection.close()
    return too_large(request.limit, head) if file.is_over_limit else file.reply(OK, head)
