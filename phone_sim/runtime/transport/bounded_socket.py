"""Sockets that keep to a budget of bytes and time, whatever the other side does.

A library's own time limits hold for one reception, and its bodies of redirects and challenges have no limit in size; a
server that drips or never ends would hold a phone. Here every reception draws on the budget of the transfer that is
under way. This module knows neither HTTP nor FTP.
"""

import socket
import ssl
import time
from contextvars import ContextVar
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.lookup import look_up
from phone_sim.runtime.transport.replies import kind_of

CUT_OFF = "TLS ends without close_notify: the file may be cut"
"""The words for a file whose end only the end of the connection tells, and anybody can end a connection."""
_OFFER_LIMIT = 200


class OverBudgetError(OSError):
    """The transfer took more bytes than it was given."""


class Budget:
    """What a transfer may still take, bytes and time, and what TLS said meanwhile.

    `certificate_asked` is the number of bytes that were received before the server asked for a client certificate, None
    if it did not. `offered` is what the phone offers in a handshake that is under way. `is_cut_off` is true when a
    connection ended without TLS's close_notify (RFC 8446 6.1).
    """

    __slots__ = ("_deadline", "certificate_asked", "is_cut_off", "left", "offered", "received")

    def __init__(self, *, seconds: float, size: int) -> None:
        self._deadline = time.monotonic() + seconds
        self.left = size
        self.received = 0
        self.certificate_asked: int | None = None
        self.is_cut_off = False
        self.offered = ""

    @property
    def is_over_time(self) -> bool:
        """True when the time is up."""
        return time.monotonic() >= self._deadline

    def seconds_left(self) -> float:
        """How long the budget lasts; TimeoutError when the time is up."""
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the transfer takes too long")
        return seconds

    def limit_wait(self, sock: socket.socket) -> None:
        """Let the socket wait no longer than the budget lasts."""
        seconds = self.seconds_left()
        limit = sock.gettimeout()
        if limit is None or seconds < limit:
            sock.settimeout(seconds)

    def take(self, size: int) -> int:
        """Count received bytes."""
        self.received += size
        if self.received > self.left:
            raise OverBudgetError("the answer is too long")
        return size


current_budget: ContextVar[Budget] = ContextVar("current_budget")


class BoundedSocket(socket.socket):
    """A TCP socket that draws on the current budget."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive, within the budget."""
        budget = current_budget.get()
        budget.limit_wait(self)
        return budget.take(super().recv_into(*args, **kwargs))

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        """Receive, within the budget."""
        budget = current_budget.get()
        budget.limit_wait(self)
        data = super().recv(*args, **kwargs)
        budget.take(len(data))
        return data


class CutNoticed:
    """What a TLS socket has in addition: an end without close_notify is an end, and the current budget knows it."""

    _is_cut_off = False

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - the name is ssl's
        """Read what was decrypted."""
        if not self._is_cut_off:
            self.suppress_ragged_eofs = False
            try:
                return super().read(len, buffer)  # type: ignore[misc]
            except ssl.SSLEOFError:
                self._is_cut_off = True
        current_budget.get().is_cut_off = True
        return b"" if buffer is None else 0


class BoundedTlsSocket(CutNoticed, BoundedSocket, ssl.SSLSocket):
    """A TLS socket that draws on the current budget."""

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Send, within the time of the budget."""
        current_budget.get().limit_wait(self)
        return super().send(*args, **kwargs)


def connected(host: str, port: int, *, patience: float, source_address: str | None) -> BoundedSocket:
    """A connection to the first address of a host that takes one, within the current budget.

    To look the name up, and each address, may take `patience` seconds; OSError when there is no connection.
    """
    budget = current_budget.get()
    trouble: OSError = OSError("no connection")
    for found in look_up(host, port, socket.SOCK_STREAM, seconds=min(patience, budget.seconds_left())):
        plain = BoundedSocket(found.family, socket.SOCK_STREAM)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(min(patience, budget.seconds_left()))
            if source_address is not None:
                plain.bind((source_address, 0))
            plain.connect(found.address)
            plain.settimeout(patience)
        except OSError as error:
            plain.close()
            trouble = error
        else:
            return plain
    raise trouble


class BoundedConnection(HTTPConnection):
    """A connection over a bounded socket."""

    def _new_conn(self) -> BoundedSocket:
        source_address = self.source_address[0] if self.source_address else None
        patience = self.timeout if isinstance(self.timeout, int | float) else current_budget.get().seconds_left()
        return connected(self._dns_host, self.port or 0, patience=patience, source_address=source_address)


class BoundedTlsConnection(BoundedConnection, HTTPSConnection):
    """A connection with TLS over a bounded socket."""


def end_of(budget: Budget) -> str:
    """The words for a connection that the server has ended."""
    answered = "" if budget.received else " without an answer"
    return f"the server closed the connection{answered}{_certificate_hint(budget)}"


def words_of(trouble: OSError, budget: Budget) -> str:
    """What went wrong with a connection, for people."""
    match trouble:
        case TimeoutError():
            return "the transfer takes too long" if budget.is_over_time else "no answer"
        case ssl.SSLEOFError():
            return end_of(budget)
        case ssl.SSLCertVerificationError():
            return f"the certificate is not accepted: {trouble.verify_message}"
        case ssl.SSLError():
            words = (trouble.reason or str(trouble)).replace("_", " ").lower()
            return f"TLS: {words}{_certificate_hint(budget)}"
    hint = _certificate_hint(budget) if isinstance(trouble, ConnectionError) else ""
    return f"{trouble.strerror or trouble}{hint}"


def offer_hint(trouble: BaseException, budget: Budget) -> str:
    """What the phone offered in a handshake that failed for another reason than the certificate."""
    is_tls = isinstance(trouble, ssl.SSLError | ConnectionError)
    is_certificate = isinstance(trouble, ssl.SSLCertVerificationError) or _certificate_hint(budget)
    if not budget.offered or not is_tls or is_certificate:
        return ""
    return f"; offered: {budget.offered[:_OFFER_LIMIT]}"


def _certificate_hint(budget: Budget) -> str:
    """What may have ended a connection over which nothing came after the server asked for a client certificate."""
    is_last_word = budget.certificate_asked == budget.received
    return "; it asks for a client certificate (--client-cert)" if is_last_word else ""


def connection_failure(trouble: OSError) -> FailureKind:
    """Why a connection could not be used."""
    match trouble:
        case OverBudgetError():
            return FailureKind.TOO_LARGE
        case ssl.SSLEOFError():
            return FailureKind.BROKEN_OFF
        case ssl.SSLCertVerificationError():
            return FailureKind.CERTIFICATE
        case ssl.SSLError():
            return FailureKind.TLS
    return kind_of(trouble)


def is_unanswered(trouble: BaseException, budget: Budget) -> bool:
    """True when not one byte of an answer came."""
    # An end of the connection can come before the first byte; any other trouble of TLS is an answer.
    spoke_tls = isinstance(trouble, ssl.SSLError) and not isinstance(trouble, ssl.SSLEOFError)
    return budget.received == 0 and not spoke_tls
