"""A site that answers as a recording tells: the nth request for a file gets the nth answer, then the last again.

Over HTTP an answer is given as it was recorded: status, headers and bytes. Pure but for a lock. It does not know files,
nor who asks: a recording of a dialogue over HTTP can be replayed over TFTP as well, and the other way round. Uploads
are answered and not kept. What follows the question mark in an address is not recorded, and has no influence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock

from phone_sim.boot_server.fault_kind import FaultKind
from phone_sim.boot_server.fault_kinds import Down, Length, Reset, Stall
from phone_sim.boot_server.faults import FaultRule
from phone_sim.boot_server.http_faults import HttpAnswer, refusal, status_words
from phone_sim.boot_server.http_head import path_of
from phone_sim.boot_server.http_headers import end_to_end, values_of
from phone_sim.boot_server.http_passing import HttpRequest
from phone_sim.boot_server.site import (
    OUTSIDE,
    UPLOAD_LIMIT,
    Found,
    Missing,
    ReadAnswer,
    Refusing,
    Stored,
    WriteAnswer,
    locate,
)
from phone_sim.firmware.transfer_facts import HTTP_TAKEN
from phone_sim.recording.dialogue import DOWNLOADS, UPLOADS, Body, RecordedExchange, Recording

_STORED = {"http": HTTP_TAKEN, "https": HTTP_TAKEN, "tftp": (0,)}
_BREAK_OFF: tuple[type[FaultKind], ...] = (Down, Length, Reset, Stall)
_ANSWERED_BY_FILE = ("GET", "HEAD", "PUT")
_WAS_BROKEN_OFF = "this transfer was broken off"


class ReplaySite:
    """The answers of a `recording`; `on_unknown` is told, for people, what the recording does not answer.

    A redirect to the recorded server leads here. A HEAD that was not recorded is answered as a GET. A transfer that was
    broken off, by a fault or the client, is a 502, on TFTP error 0, where its file is not known.
    """

    def __init__(
        self,
        recording: Recording,
        on_unknown: Callable[[str], None],
        *,
        upload_limit: int = UPLOAD_LIMIT,
    ) -> None:
        self.upload_limit = upload_limit
        self._on_unknown = on_unknown
        self._lock = Lock()
        self._server = recording.server
        self._downloads: dict[tuple[str, ...], _Answers] = {}
        self._uploads: dict[tuple[str, ...], _Answers] = {}
        self._over_http: dict[tuple[str, tuple[str, ...]], _Answers] = {}
        for exchange in recording.exchanges:
            segments = locate(exchange.path)
            if exchange.answer_headers is not None:
                key = exchange.method, _segments(exchange.path)
                self._over_http.setdefault(key, _Answers([])).exchanges.append(exchange)
            if segments is not None and exchange.method in (*DOWNLOADS, *UPLOADS):
                known = self._uploads if exchange.method in UPLOADS else self._downloads
                known.setdefault(segments, _Answers([])).exchanges.append(exchange)

    def pass_on(self, request: HttpRequest) -> HttpAnswer | None:
        """The next answer as the recorded server gave it; None where the recording has no answers over HTTP for it."""
        segments = _segments(path_of(request.target))
        answers = self._over_http.get((request.method, segments))
        if answers is None and request.method == "HEAD":
            answers = self._over_http.get(("GET", segments))
        if answers is None:
            if request.method not in _ANSWERED_BY_FILE:
                self._on_unknown(f"{'/'.join(segments)} was never asked for by {request.method} in the recording")
            return None
        with self._lock:
            exchange = answers.next()
        if _is_broken_off(exchange) or exchange.status < HTTPStatus.OK:
            return refusal(HTTPStatus.BAD_GATEWAY, _WAS_BROKEN_OFF)
        if exchange.sent is not None and exchange.sent.data is None:
            return refusal(HTTPStatus.BAD_GATEWAY, self._not_held(exchange.path, exchange.sent))
        return _as_recorded(exchange, self._server)

    def read(self, path: str) -> ReadAnswer:
        """The next answer for a file; one that was never asked for is missing."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        exchange = self._next(self._downloads, segments)
        if exchange is None:
            self._on_unknown(f"{'/'.join(segments)} was never asked for in the recording")
            return Missing()
        if exchange.sent is None or not exchange.is_file or _is_broken_off(exchange):
            return _refusing(exchange)
        if exchange.sent.data is None:
            return Refusing.of_http(502, self._not_held("/".join(segments), exchange.sent))
        return Found(data=exchange.sent.data)

    def write(self, path: str, data: bytes) -> WriteAnswer:  # noqa: ARG002 - as for sites that keep it
        """The next answer for an upload; one that was never made is a 404."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        exchange = self._next(self._uploads, segments)
        if exchange is None:
            self._on_unknown(f"{'/'.join(segments)} was never uploaded in the recording")
            return Refusing.of_http(404, "Not Found")
        if exchange.status in _STORED[exchange.protocol]:
            return Stored(created=exchange.status == 201)
        return _refusing(exchange)

    def _not_held(self, path: str, body: Body) -> str:
        """Why the recording cannot answer, which is said as well."""
        why = f"the recording does not hold this file of {body.size} bytes"
        self._on_unknown(f"{path}: {why}")
        return why

    def _next(self, known: "dict[tuple[str, ...], _Answers]", segments: tuple[str, ...]) -> RecordedExchange | None:
        with self._lock:
            answers = known.get(segments)
            return None if answers is None else answers.next()


@dataclass(slots=True)
class _Answers:
    """The answers for one file, and how many of them were given."""

    exchanges: list[RecordedExchange]
    given: int = 0

    def next(self) -> RecordedExchange:
        exchange = self.exchanges[min(self.given, len(self.exchanges) - 1)]
        self.given += 1
        return exchange


def _segments(path: str) -> tuple[str, ...]:
    """What two spellings of a path have in common; that of a folder ends with an empty one."""
    *folders, last = path.split("/")
    return (*(part for part in folders if part not in ("", ".")), last)


def _as_recorded(exchange: RecordedExchange, server: str) -> HttpAnswer:
    fields = exchange.answer_headers or ()
    return HttpAnswer(
        status=exchange.status,
        reason=status_words(exchange.reason),
        body=b"" if exchange.sent is None or exchange.sent.data is None else exchange.sent.data,
        headers=end_to_end(fields),
        of_server=server,
        is_chunked=(values_of(fields, "Transfer-Encoding") or "").lower() == "chunked",
    )


def _is_broken_off(exchange: RecordedExchange) -> bool:
    return bool(exchange.fault) and isinstance(FaultRule.parse(exchange.fault).kind, _BREAK_OFF)


def _refusing(exchange: RecordedExchange) -> Refusing:
    if exchange.protocol == "tftp" and exchange.status <= 8 and not _is_broken_off(exchange):
        # The journal has no status for error 0; what was said with it is there.
        return Refusing.of_tftp(max(0, exchange.status), exchange.reason or _WAS_BROKEN_OFF)
    if exchange.status <= 200 or _is_broken_off(exchange):
        return Refusing.of_http(502, _WAS_BROKEN_OFF)
    return Refusing.of_http(exchange.status, exchange.reason)
