"""A site that answers as a recording tells: the nth request for a file gets the nth answer, then the last again.

Pure but for a lock. It does not know files, nor who asks: a recording of a dialogue over HTTP can be replayed over TFTP
as well. Uploads are answered and not kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock

from phone_sim.boot_server.fault_kind import FaultKind
from phone_sim.boot_server.fault_kinds import Down, Length, Reset, Stall
from phone_sim.boot_server.faults import FaultRule
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
from phone_sim.recording.dialogue import DOWNLOADS, UPLOADS, RecordedExchange

_STORED = {"http": HTTP_TAKEN, "https": HTTP_TAKEN, "tftp": (0,)}
_BREAK_OFF: tuple[type[FaultKind], ...] = (Down, Length, Reset, Stall)
_WAS_BROKEN_OFF = "this transfer was broken off"


class ReplaySite:
    """The answers of a recording's `exchanges`; `on_unknown` is told, for people, what the recording does not answer.

    A transfer that was broken off, by a fault or the client, is a 502, on TFTP error 0, where its file is not known.
    """

    def __init__(
        self,
        exchanges: Iterable[RecordedExchange],
        on_unknown: Callable[[str], None],
        *,
        upload_limit: int = UPLOAD_LIMIT,
    ) -> None:
        self.upload_limit = upload_limit
        self._on_unknown = on_unknown
        self._lock = Lock()
        self._downloads: dict[tuple[str, ...], _Answers] = {}
        self._uploads: dict[tuple[str, ...], _Answers] = {}
        for exchange in exchanges:
            segments = locate(exchange.path)
            if segments is not None and exchange.method in (*DOWNLOADS, *UPLOADS):
                known = self._uploads if exchange.method in UPLOADS else self._downloads
                known.setdefault(segments, _Answers([])).exchanges.append(exchange)

    def read(self, path: str) -> ReadAnswer:
        """The next answer for a file; one that was never asked for is missing."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        exchange = self._next(self._downloads, segments)
        if exchange is None:
            self._on_unknown(f"{'/'.join(segments)} was never asked for in the recording")
            return Missing()
        if exchange.sent is None or _is_broken_off(exchange):
            return _refusing(exchange)
        if exchange.sent.data is None:
            why = f"the recording does not hold this file of {exchange.sent.size} bytes"
            self._on_unknown(f"{'/'.join(segments)}: {why}")
            return Refusing.of_http(502, why)
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


def _is_broken_off(exchange: RecordedExchange) -> bool:
    return bool(exchange.fault) and isinstance(FaultRule.parse(exchange.fault).kind, _BREAK_OFF)


def _refusing(exchange: RecordedExchange) -> Refusing:
    if exchange.protocol == "tftp" and exchange.status <= 8 and not _is_broken_off(exchange):
        # The journal has no status for error 0; what was said with it is there.
        return Refusing.of_tftp(max(0, exchange.status), exchange.reason or _WAS_BROKEN_OFF)
    if exchange.status <= 200 or _is_broken_off(exchange):
        return Refusing.of_http(502, _WAS_BROKEN_OFF)
    return Refusing.of_http(exchange.status, exchange.reason)
