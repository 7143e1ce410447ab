"""Fault injection between the phones of a fleet and their boot server.

`phone_sim.fleet.population.fault_share` says which request fails and how. A fault is injected on the phone's side, as
if on the network: before the request reaches the server, or into the server's answer. The phone cannot tell it from the
same fault of the project's own boot server (`phone_sim.boot_server.fault_kinds`). Faults are our choice.

    503, tftp-error=2, ...   the answer; the server does not get the request
    down                     no answer, and the server does not get the request; over HTTP the connection is closed
    reset                    over HTTP instead of the answer; over TFTP error 0 instead of the last block
    stall                    half of the file, then silence; an upload gets no answer
    truncate=100, corrupt    a file from the server is changed; a missing file is still missing

The server does not get an upload that fails. FTP has no faults. A phone waits for an answer that does not come as long
as it does under load, and not at all on virtual time.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar
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
    Stream,
    Streamed,
    StreamReply,
    TransferFailed,
    Upload,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.fleet.population.fault_share import FaultShare
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.transport.replies import refusal

_TFTP_ATTEMPTS = 3
_ON_PURPOSE = "a fault on purpose"

Failure = NotFound | Refused | TransferFailed
Download = TypeVar("Download", Fetch, Stream)
Got = TypeVar("Got", Fetched, Streamed)


class FaultInjector:
    """Injects faults into the requests of phones, and counts each phone's requests.

    A phone waits `patience` seconds for an answer that does not come, over TFTP once for each attempt. `drawn` counts
    the faults by kind.
    """

    def __init__(self, faults: FaultShare, seed: int, patience: float = 0.0) -> None:
        self._faults = faults
        self._seed = seed
        self._patience = patience
        self._requests: dict[str, int] = {}
        self.drawn: Counter[str] = Counter()

    def wrap(self, mac: MacAddress, transport: Transport) -> "FaultyTransport":
        """A phone's transport with faults."""
        return FaultyTransport(transport, lambda method: self._next(mac, method), self._patience)

    def _next(self, mac: MacAddress, method: Method) -> Fault | None:
        count = self._requests.get(mac.digits, 0)
        self._requests[mac.digits] = count + 1
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
        """Download a file; the reply of the fault where the request fails."""
        return self._downloaded(request, self._transport.fetch, _changed_file)

    def stream(self, request: Stream) -> StreamReply:
        """Download a file without keeping it; the reply of the fault where the request fails."""
        return self._downloaded(request, self._transport.stream, _changed_stream)

    def upload(self, request: Upload) -> UploadReply:
        """Upload a file; the reply of the fault where the request fails."""
        method = _method(request, "PUT", "WRQ")
        fault = self._next_fault(method) if method is not None else None
        if method is None or fault is None:
            return self._transport.upload(request)
        self._wait_without_answer(fault.kind, method)
        return _instead_of_answer(fault.kind, method) or _end_of_transfer(fault.kind, method)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _downloaded(
        self,
        request: Download,
        ask: Callable[[Download], Got | Failure],
        change: Callable[[Fault, Got], Got | None],
    ) -> Got | Failure:
        method = _method(request, "GET", "RRQ")
        fault = self._next_fault(method) if method is not None else None
        if method is None or fault is None:
            return ask(request)
        failure = _instead_of_answer(fault.kind, method)
        if failure is None:
            reply = ask(request)
            if isinstance(reply, Failure):
                return reply
            changed = change(fault, reply)
            if changed is not None:
                return changed
            failure = _end_of_transfer(fault.kind, method)
        self._wait_without_answer(fault.kind, method)
        return failure

    def _wait_without_answer(self, kind: FaultKind, method: Method) -> None:
        """Wait as long as the phone does, where the fault is that no answer comes."""
        is_tftp = method in ("RRQ", "WRQ")
        if self._patience and (isinstance(kind, Stall) or (isinstance(kind, Down) and is_tftp)):
            time.sleep(self._patience * (_TFTP_ATTEMPTS if is_tftp else 1))


def _changed_file(fault: Fault, file: Fetched) -> Fetched | None:
    """The file as the fault changes it; None where the fault breaks the transfer off."""
    match fault.kind:
        case Truncate(size=size):
            return replace(file, data=file.data[:size])
        case Corrupt():
            return replace(file, data=fault.corrupted(file.data))
    return None


def _changed_stream(fault: Fault, file: Streamed) -> Streamed | None:
    """As `_changed_file`, for what is left of a file that is not kept."""
    match fault.kind:
        case Truncate(size=size) if size < file.size:
            return replace(file, header=file.header[:size], size=size, is_all=True)
        case Truncate():
            return file
        case Corrupt():
            return replace(file, header=fault.corrupted(file.header))
    return None


def _method(request: Fetch | Stream | Upload, over_http: Method, over_tftp: Method) -> Method | None:
    scheme = urlsplit(request.location.url).scheme
    return over_tftp if scheme == "tftp" else over_http if scheme in ("http", "https") else None


def _instead_of_answer(kind: FaultKind, method: Method) -> Failure | None:
    """The failure that replaces the whole answer; None where the answer begins."""
    is_tftp = method in ("RRQ", "WRQ")
    match kind:
        case Status() if is_tftp:
            return refusal(FileProtocol.TFTP, kind.tftp_code, f"{_ON_PURPOSE}: {kind}")
        case Status(status=status):
            return refusal(FileProtocol.HTTP, status.value, status.phrase)
        case TftpError(code=code) if is_tftp:
            return refusal(FileProtocol.TFTP, code, _ON_PURPOSE)
        case TftpError():
            return _instead_of_answer(Status(kind.http_status), method)
        case Down():
            if is_tftp:
                return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
            words = "the server closed the connection without an answer"
            return TransferFailed(FailureKind.BROKEN_OFF, words, unanswered=True)
        case Reset() if not is_tftp:
            return TransferFailed(FailureKind.BROKEN_OFF, "Connection reset by peer", unanswered=True)
    return None


def _end_of_transfer(kind: FaultKind, method: Method) -> Failure:
    """The failure that ends a transfer that has begun."""
    if isinstance(kind, Reset):
        return refusal(FileProtocol.TFTP, 0, _ON_PURPOSE)
    return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=method == "PUT")
