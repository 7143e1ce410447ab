"""Faults between the phones of a fleet and their boot server: a share of the requests fails, drawn from the seed.

Whether a request fails and how depends on the seed, on the phone and on how many requests it made before, and on
nothing else: the same population has the same faults, whichever phone comes first and whatever the server. A fault is
done on the phone's side, as if on the way, to what a server answered or in its place; the phone cannot tell it from
the same fault of the project's own boot server (`phone_sim.boot_server.fault_kinds`). Faults are ours.

    503, tftp-error=2, ...   the answer; the server does not hear of the request
    down                     no answer, and none of a server; over HTTP the connection is closed
    reset                    over HTTP in place of the answer; over TFTP error 0 in place of the last block
    stall                    half of the file, then silence; an upload gets no answer
    truncate=100, corrupt    of a file that the server gave; a missing one is missing all the same

Of an upload that fails the server does not hear. FTP goes undisturbed. Whoever waits for an answer waits as long as a
phone does under load, and no time at all on virtual time.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import shake_256
from urllib.parse import urlsplit

from phone_sim.boot_server.fault_kind import FaultKind, Method
from phone_sim.boot_server.fault_kinds import (
    Corrupt,
    Down,
    Reset,
    Stall,
    Status,
    TftpError,
    Truncate,
)
from phone_sim.boot_server.faults import Fault
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    TransferFailed,
    Upload,
    UploadReply,
)
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Transport

KINDS = (Status, TftpError, Down, Reset, Stall, Truncate, Corrupt)
"""The faults that can be done on the way."""

_BITS = 48
_MISSING = (404, 410)
_NOT_FOUND = 1
_TFTP_ATTEMPTS = 3
_ON_PURPOSE = "a fault on purpose"

Failure = NotFound | Refused | TransferFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultShare:
    """The share of the requests that fail, from 0 to 1, and the kinds of faults by their shares in any unit."""

    share: float
    kinds: tuple[tuple[FaultKind, float], ...]

    def drawn(self, seed: int, mac: MacAddress, count: int, method: Method) -> Fault | None:
        """The fault of a phone's request, of which it made `count` before; None for none.

        Of the kinds that act on the method one is taken, so that as many uploads fail as downloads.
        """
        name = f"{seed}/faults/{mac}/{count}"
        drawn = shake_256(name.encode()).digest(2 * _BITS // 8)
        if int.from_bytes(drawn[: _BITS // 8]) >= self.share * 2**_BITS:
            return None
        kinds = [(kind, share) for kind, share in self.kinds if method in kind.acts_on and share > 0]
        place = int.from_bytes(drawn[_BITS // 8 :]) / 2**_BITS * sum(share for _, share in kinds)
        for kind, share in kinds:
            place -= share
            if place < 0:
                return Fault(kind=kind, rule=str(kind), draw=name)
        return None


class FaultInjector:
    """The ways of phones to their boot server, of which a share of the requests fails; counts each phone's requests.

    A phone that waits for an answer in vain waits `patience` seconds, over TFTP that often as it asks. `drawn` counts
    the faults by their kinds.
    """

    def __init__(self, faults: FaultShare, seed: int, patience: float = 0.0) -> None:
        self._faults = faults
        self._seed = seed
        self._patience = patience
        self._asked: dict[str, int] = {}
        self.drawn: Counter[str] = Counter()

    def of(self, mac: MacAddress, transport: Transport) -> "FaultyTransport":
        """A phone's transport, with faults."""
        return FaultyTransport(transport, lambda method: self._next(mac, method), self._patience)

    def _next(self, mac: MacAddress, method: Method) -> Fault | None:
        count = self._asked.get(mac.digits, 0)
        self._asked[mac.digits] = count + 1
        fault = self._faults.drawn(self._seed, mac, count, method)
        if fault is not None:
            self.drawn[fault.rule] += 1
        return fault


class FaultyTransport:
    """A transport whose requests have the faults that `next_fault` gives, in the order in which they are made."""

    def __init__(
        self, transport: Transport, next_fault: Callable[[Method], Fault | None], patience: float = 0.0
    ) -> None:
        self._transport = transport
        self._next_fault = next_fault
        self._patience = patience

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file, or not."""
        method = _method(request, "GET", "RRQ")
        fault = self._next_fault(method) if method is not None else None
        if method is None or fault is None:
            return self._transport.fetch(request)
        failure = _in_place(fault.kind, method)
        if failure is None:
            reply = self._transport.fetch(request)
            return self._spoiled(fault, method, reply) if isinstance(reply, Fetched) else reply
        self._wait_for_none(fault.kind, method)
        return failure

    def upload(self, request: Upload) -> UploadReply:
        """Send a file, or not."""
        method = _method(request, "PUT", "WRQ")
        fault = self._next_fault(method) if method is not None else None
        if method is None or fault is None:
            return self._transport.upload(request)
        self._wait_for_none(fault.kind, method)
        return _in_place(fault.kind, method) or _at_the_end(fault.kind, method)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _spoiled(self, fault: Fault, method: Method, reply: Fetched) -> FetchReply:
        match fault.kind:
            case Truncate(size=size):
                return Fetched(reply.data[:size])
            case Corrupt():
                return Fetched(fault.corrupted(reply.data))
        self._wait_for_none(fault.kind, method)
        return _at_the_end(fault.kind, method)

    def _wait_for_none(self, kind: FaultKind, method: Method) -> None:
        """Wait where the fault is that nothing comes."""
        is_tftp = method in ("RRQ", "WRQ")
        if self._patience and (isinstance(kind, Stall) or (isinstance(kind, Down) and is_tftp)):
            time.sleep(self._patience * (_TFTP_ATTEMPTS if is_tftp else 1))


def _method(request: Fetch | Upload, over_http: Method, over_tftp: Method) -> Method | None:
    scheme = urlsplit(request.location.url).scheme
    return over_tftp if scheme == "tftp" else over_http if scheme in ("http", "https") else None


def _in_place(kind: FaultKind, method: Method) -> Failure | None:
    """What takes the place of the answer, before a byte of it; None where the answer begins."""
    is_tftp = method in ("RRQ", "WRQ")
    match kind:
        case Status() if is_tftp:
            return _tftp_error(kind.tftp_code, f"{_ON_PURPOSE}: {kind}")
        case Status(status=status):
            words = f"HTTP {status.value} {status.phrase}"
            return NotFound(words) if status in _MISSING else Refused(words)
        case TftpError(code=code) if is_tftp:
            return _tftp_error(code, _ON_PURPOSE)
        case TftpError():
            return _in_place(Status(kind.http_status), method)
        case Down():
            words = "no answer" if is_tftp else "the server closed the connection without an answer"
            return TransferFailed(words, unreachable=True)
        case Reset() if not is_tftp:
            return TransferFailed("Connection reset by peer", unreachable=True)
    return None


def _at_the_end(kind: FaultKind, method: Method) -> Failure:
    """How a transfer ends that has begun."""
    if isinstance(kind, Reset):
        return _tftp_error(0, _ON_PURPOSE)
    return TransferFailed("no answer", unreachable=method == "PUT")


def _tftp_error(code: int, words: str) -> NotFound | Refused:
    text = f"TFTP error {code} {words}"
    return NotFound(text) if code == _NOT_FOUND else Refused(text)
