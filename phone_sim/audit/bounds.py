"""How much the audit may ask, and how it asks by a phone's own transport. Every request is counted and recorded.

This module does not know what is asked for, nor why.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from phone_sim.audit.observations import AnswerOutcome, ObservedAnswer
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    Streamed,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Location
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport import Transport

BODY_LIMIT = 16 * 1024 * 1024
"""Most bytes of an answer that are read."""
Request = TypeVar("Request", Fetch, Stream, Upload)
Answer = TypeVar("Answer", FetchReply, StreamReply, UploadReply)
_REACHED = TransferFailed(FailureKind.NOT_ASKED, "not asked: the audit's bounds are reached")


class Probe(Protocol):
    """Asks for one file."""

    def ask(self, location: Location, method: str = "GET") -> ObservedAnswer:
        """The answer, whatever it is."""

    def close(self) -> None:
        """Give back what is held open."""


class AuditBounds:
    """What the audit may still do, in requests and seconds, and the record of what it did.

    An `interruption` ends it, too: then what was seen so far is judged.
    """

    def __init__(self, *, count: int, seconds: float) -> None:
        self._count = count
        self._deadline = time.monotonic() + seconds
        self.record: list[ObservedAnswer] = []
        self.interruption: KeyboardInterrupt | None = None

    @property
    def are_reached(self) -> bool:
        """True when nothing more may be asked."""
        is_over = len(self.record) >= self._count or time.monotonic() >= self._deadline
        return is_over or self.interruption is not None

    @contextmanager
    def ended_by_interruption(self) -> Iterator[None]:
        """Break off what is inside at the first interruption, and ask nothing more."""
        try:
            yield
        except KeyboardInterrupt as interruption:
            if self.interruption is not None:
                raise
            self.interruption = interruption

    def asked(self, method: str, url: str, ask: Callable[[], ObservedAnswer]) -> ObservedAnswer:
        """Ask and record, or say that the bounds are reached."""
        if self.are_reached:
            return ObservedAnswer(method=method, url=url, outcome=AnswerOutcome.FAILED, status=_REACHED.reason)
        answer = ask()
        self.record.append(answer)
        return answer


class BoundedTransport:
    """A phone's transport, within the bounds of the audit."""

    def __init__(self, inner: Transport, bounds: AuditBounds) -> None:
        self._inner = inner
        self._bounds = bounds

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file."""
        return self._recorded(request, self._inner.fetch)

    def stream(self, request: Stream) -> StreamReply:
        """Download a file without keeping it."""
        return self._recorded(request, self._inner.stream)

    def read(self, request: Fetch) -> ObservedAnswer:
        """Download a file, and give the answer with its body."""
        began = time.monotonic()
        return answer_of(_exchange(request, self.fetch(request), began))

    def upload(self, request: Upload) -> UploadReply:
        """Send a file."""
        return self._recorded(request, self._inner.upload)

    def write(self, request: Upload) -> ObservedAnswer:
        """Send a file, and give the answer."""
        began = time.monotonic()
        return answer_of(_exchange(request, self.upload(request), began))

    def close(self) -> None:
        """Close the transport."""
        self._inner.close()

    def _recorded(self, request: Request, ask: Callable[[Request], Answer]) -> Answer | TransferFailed:
        if self._bounds.are_reached:
            return _REACHED
        began = time.monotonic()
        reply = ask(request)
        self._bounds.record.append(answer_of(_exchange(request, reply, began)))
        return reply


def answer_of(exchange: Exchange) -> ObservedAnswer:
    """A reply of a transport as an answer."""
    reply = exchange.reply
    match reply:
        case Fetched() | Streamed() | Uploaded():
            outcome = AnswerOutcome.FOUND
            status = "taken" if isinstance(reply, Uploaded) else "served"
        case NotFound():
            outcome, status = AnswerOutcome.MISSING, reply.reason
        case Refused():
            outcome, status = AnswerOutcome.REFUSED, reply.reason
        case TransferFailed():
            outcome, status = AnswerOutcome.FAILED, reply.reason
    return ObservedAnswer(
        method=exchange.method,
        url=exchange.url,
        outcome=outcome,
        status=status,
        code=exchange.status,
        body=reply.data if isinstance(reply, Fetched) else b"",
        seconds=exchange.seconds,
    )


def _exchange(
    request: Fetch | Stream | Upload, reply: FetchReply | StreamReply | UploadReply, began: float
) -> Exchange:
    return Exchange(request=request, reply=reply, seconds=time.monotonic() - began)


class TransportProbe:
    """Asks by a phone's transport, which shows no headers and has one way to read."""

    def __init__(self, transport: BoundedTransport, user_agent: str) -> None:
        self._transport = transport
        self._user_agent = user_agent

    def ask(self, location: Location, method: str = "GET") -> ObservedAnswer:  # noqa: ARG002 - as in Probe
        """Read the file."""
        return self._transport.read(Fetch(location=location, limit=BODY_LIMIT, user_agent=self._user_agent))

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()
