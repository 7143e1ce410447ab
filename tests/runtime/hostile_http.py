"""A server of raw sockets, over TCP or TLS, that answers each HTTP request by a script of the test.

It sends what it is told to, however wrong. A connection ends with its script; leaving the server ends them all.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count

from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_tcp import HostileTcpServer, TcpConversation

_PAGE = b"<html><body>no</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Conversation(TcpConversation):
    """One connection, for a script."""

    def next_request(self) -> Request:
        """Read a request; ConnectionError when the client asks no more."""
        lines = []
        while line := self._file.readline().strip():
            lines.append(line.decode("latin-1"))
        if not lines:
            raise ConnectionError
        method, path, _ = lines[0].split(" ", 2)
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = self._file.read(int(headers.get("content-length", 0)))
        return Request(method=method, path=path, headers=headers, body=body)

    def say_end(self) -> None:
        """Say in TLS that nothing more comes (close_notify), and wait for no answer to that."""
        assert isinstance(self._connection, ssl.SSLSocket)
        self._connection.settimeout(0)
        with suppress(OSError):
            self._connection.unwrap()


Script = Callable[[Conversation, Request], None]


class HostileHttpServer(HostileTcpServer):
    """Answers by `script` on a free port; `requests` is what was asked."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> None:
        super().__init__(address)
        self._script = script
        self._tls = tls
        self.url = f"{'https' if tls else 'http'}://{self.authority}/"
        self.requests: list[Request] = []

    def converse(self, connection: socket.socket, peer: str) -> None:  # noqa: ARG002 - scripts do not ask
        end = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
        with self.open(end):
            conversation = Conversation(end, self.over)
            try:
                request = conversation.next_request()
                self.requests.append(request)
                self._script(conversation, request)
            finally:
                conversation.close()


def tls_context(certificates: Certificates) -> ssl.SSLContext:
    """What a TLS server needs to show its certificate, which is for localhost and 127.0.0.1."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server_cert, certificates.server_key)
    return context


def answering(
    status: str, body: bytes = _PAGE, *headers: str, kind: str = "text/html", length: int | None = None
) -> Script:
    """A script that gives the same well-formed answer each time; `length` may lie."""

    def script(conversation: Conversation, _: Request) -> None:
        size = len(body) if length is None else length
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n"
        more = "".join(f"{header}\r\n" for header in headers)
        conversation.say(f"{head}{more}\r\n".encode("latin-1") + body)

    return script


def saying(*pieces: bytes) -> Script:
    """A script that sends these bytes and ends the connection."""

    def script(conversation: Conversation, _: Request) -> None:
        for piece in pieces:
            conversation.say(piece)

    return script


def saying_for_ever(opening: bytes, endless: bytes) -> Script:
    """A script that sends `opening` once and `endless` until the client is gone."""

    def script(conversation: Conversation, _: Request) -> None:
        conversation.say(opening)
        conversation.say_for_ever(endless)

    return script


def dripping(opening: bytes, dripped: bytes) -> Script:
    """A script that sends `opening` at once and `dripped` byte by byte."""

    def script(conversation: Conversation, _: Request) -> None:
        conversation.say(opening)
        conversation.drip(dripped)

    return script


def resetting(opening: bytes = b"") -> Script:
    """A script that breaks the connection off after `opening`."""

    def script(conversation: Conversation, _: Request) -> None:
        conversation.say(opening)
        conversation.reset()

    return script


def stalling(opening: bytes = b"") -> Script:
    """A script that says nothing after `opening`."""

    def script(conversation: Conversation, _: Request) -> None:
        conversation.say(opening)
        conversation.be_silent()

    return script


def in_turn(*scripts: Script) -> Script:
    """A script that follows one of the scripts for each connection; the last one for all that come after."""
    turns = count()

    def script(conversation: Conversation, request: Request) -> None:
        scripts[min(next(turns), len(scripts) - 1)](conversation, request)

    return script


def by_path(files: Mapping[str, bytes], exceptions: Mapping[str, Script]) -> Script:
    """A script that serves files and takes uploads, but follows that of `exceptions` for the end of a path."""

    def script(conversation: Conversation, request: Request) -> None:
        name = request.path.lstrip("/")
        special = next((script for end, script in exceptions.items() if name.endswith(end)), None)
        if special is not None:
            special(conversation, request)
        elif request.method == "PUT":
            answering("201 Created", b"")(conversation, request)
        elif name in files:
            answering("200 OK", files[name], kind="text/xml")(conversation, request)
        else:
            answering("404 Not Found")(conversation, request)

    return script


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port of 127.0.0.1 where nobody listens: bound, so that nobody else can take it meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
