"""An LDAP server of raw sockets that answers well, but for the requests that a test has it answer otherwise.

It writes its BER by hand (X.690, RFC 4511), however wrong. Leaving it ends all connections.
"""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from tests.runtime.hostile_tcp import HostileTcpServer, TcpConversation

BIND, UNBIND, SEARCH = 0x60, 0x42, 0x63
"""Requests, by the tag of their operation."""
BIND_RESPONSE, ENTRY, DONE, REFERENCE, EXTENDED = 0x61, 0x64, 0x65, 0x73, 0x78


Value = bytes | str


def tlv(tag: int, *parts: bytes) -> bytes:
    """A tag, the length of the parts, and the parts."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes(4)
    return bytes([tag, 0x84]) + size + body


def integer(number: int, tag: int = 0x02) -> bytes:
    """A number that is not negative."""
    return tlv(tag, number.to_bytes(number.bit_length() // 8 + 1))


def text(words: Value) -> bytes:
    """An octet string."""
    return tlv(0x04, words.encode() if isinstance(words, str) else words)


def result(tag: int, code: int = 0, words: str = "", *more: bytes) -> bytes:
    """An operation that ends with a result."""
    return tlv(tag, integer(code, 0x0A), text(""), text(words), *more)


def entry(attributes: Mapping[str, Value | Sequence[Value]]) -> bytes:
    """An entry with these attributes, each with a value or several."""
    lists = []
    for attribute, values in attributes.items():
        several = [values] if isinstance(values, bytes | str) else values
        lists.append(tlv(0x30, text(attribute), tlv(0x31, *map(text, several))))
    return tlv(ENTRY, text("cn=x"), tlv(0x30, *lists))


class Session(TcpConversation):
    """One connection; `message` is the number of the request that is answered."""

    def __init__(self, server: "HostileLdapServer", connection: socket.socket, asked: list[int]) -> None:
        super().__init__(connection, server.over)
        self._server = server
        self._asked = asked
        self.message = 0

    def serve(self) -> None:
        """Answer requests until the client is gone."""
        while request := self._request():
            self.message, kind = request
            self._asked.append(kind)
            act = self._server.acts.get(kind, _WELL.get(kind))
            if callable(act):
                act(self)
            else:
                for operation in act or ():
                    self.answer(operation)

    def answer(self, operation: bytes, message: int | None = None) -> None:
        """Send an operation as the answer to the request, or to another."""
        self.say(tlv(0x30, integer(self.message if message is None else message), operation))

    def _request(self) -> tuple[int, int] | None:
        """The number of the next request, and its kind; None at the end, and for what is no request."""
        head = self._file.read(2)
        if len(head) < 2 or head[0] != 0x30:
            return None
        size = head[1]
        if size >= 128:
            size = int.from_bytes(self._file.read(size - 128))
        body = self._file.read(size)
        digits = body[1]
        return int.from_bytes(body[2 : 2 + digits]), body[2 + digits]


Act = Sequence[bytes] | Callable[[Session], None]
"""What is done for a request: operations that answer it, or something else."""

_WELL: Mapping[int, Act] = {
    BIND: [result(BIND_RESPONSE)],
    SEARCH: [entry({"sn": "Smith", "telephoneNumber": "1001"}), result(DONE)],
}


class HostileLdapServer(HostileTcpServer):
    """Binds anybody and finds one person, with `acts` for some requests; `dialogues` has what each connection asked."""

    def __init__(self, acts: Mapping[int, Act] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__("127.0.0.1")
        self.acts = acts or {}
        self.tls = tls
        self.dialogues: list[list[int]] = []

    def converse(self, connection: socket.socket, peer: str) -> None:  # noqa: ARG002 - whoever it is
        asked: list[int] = []
        self.dialogues.append(asked)
        if self.tls is not None:
            connection = self.tls.wrap_socket(connection, server_side=True)
        with self.open(connection):
            session = Session(self, connection, asked)
            try:
                with suppress(ValueError):  # an act has closed it
                    session.serve()
            finally:
                session.close()
