"""An FTP server of raw sockets that serves one file well, but for the commands that a test has it answer otherwise.

It sends what it is told to, however wrong. Leaving it ends all connections.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from tests.runtime.hostile_tcp import PATIENCE, HostileTcpServer, TcpConversation

GREETING = ""
"""In the place of a command: what the server says first."""


class Data(TcpConversation):
    """A data connection."""

    def all_of_it(self) -> bytes:
        """What the client sends until it ends."""
        return self._file.read()


class Session(TcpConversation):
    """One control connection, for an act."""

    def __init__(self, server: "HostileFtpServer", connection: socket.socket) -> None:
        super().__init__(connection, server.over)
        self._server = server
        self._passive: socket.socket | None = None
        self._is_private = False

    def serve(self) -> None:
        """Answer commands until the client is gone."""
        self._do(GREETING)
        while line := self._file.readline(10_000):
            said = line.decode().strip()
            self._server.commands.append(said)
            self._do(said.partition(" ")[0])

    def listen(self, words: str = "227 Entering Passive Mode (127,0,0,1,{high},{low})") -> None:
        """Await a data connection, and say where; `words` may hold the port, or its halves `high` and `low`."""
        self._drop_passive()
        self._passive = socket.create_server((self._server.address, 0), family=self._server.family)
        self._passive.settimeout(PATIENCE)
        port = self._passive.getsockname()[1]
        self.say(words.format(port=port, high=port >> 8, low=port & 255).encode() + b"\r\n")

    @contextmanager
    def data(self) -> Iterator[Data]:
        """The data connection, which is ended on leaving."""
        assert self._passive is not None
        connection, peer = self._passive.accept()
        self._server.data_peers.append(peer[0])
        connection.settimeout(PATIENCE)
        if self._is_private:
            assert self._server.tls is not None
            connection = self._server.tls.wrap_socket(connection, server_side=True)
        conversation = Data(connection, self._over)
        try:
            yield conversation
        finally:
            if isinstance(connection, ssl.SSLSocket):
                with suppress(OSError, ValueError):  # an act has closed it
                    connection.unwrap()
            conversation.close()

    def hear(self) -> int:
        """Wait until the client has said something; how many bytes that are."""
        return len(self._file.read1(1000))

    def protect(self, words: bytes = b"234 go on\r\n") -> None:
        """Turn to TLS."""
        assert self._server.tls is not None
        self.say(words)
        self._file.close()
        self._connection = self._server.tls.wrap_socket(self._connection, server_side=True)
        self._file = self._connection.makefile("rb")

    def close(self) -> None:
        """End the connections."""
        self._drop_passive()
        super().close()

    def do_well(self, command: str) -> None:
        """Answer a command as a good server does."""
        match command:
            case "PASV":
                self.listen()
            case "EPSV":
                self.listen("229 Entering Extended Passive Mode (|||{port}|)")
            case "AUTH":
                self.protect()
            case "PROT":
                self._is_private = True
                self.say(b"200 yes\r\n")
            case "RETR":
                self.say(b"150 here it comes\r\n")
                with self.data() as data:
                    data.say(self._server.file)
                self.say(b"226 done\r\n")
            case "STOR":
                self.say(b"150 go on\r\n")
                with self.data() as data:
                    self._server.bodies.append(data.all_of_it())
                self.say(b"226 done\r\n")
            case _:
                self.say(_REPLIES.get(command, b"502 not here\r\n"))

    def _do(self, command: str) -> None:
        act = self._server.acts.get(command)
        if act is None:
            self.do_well(command)
        elif isinstance(act, bytes):
            self.say(act)
        else:
            act(self)

    def _drop_passive(self) -> None:
        if self._passive is not None:
            self._passive.close()


Act = bytes | Callable[[Session], None]
"""What is done for a command: a reply, or something else."""

_REPLIES = {
    GREETING: b"220-an example\r\n of\r\n220 ready\r\n",
    "USER": b"331 password\r\n",
    "PASS": b"230 in\r\n",
    "PBSZ": b"200 yes\r\n",
    "TYPE": b"200 yes\r\n",
    "QUIT": b"221 bye\r\n",
}


class HostileFtpServer(HostileTcpServer):
    """Serves `file` under any name on a free port, with `acts` for some commands; what was said to it is recorded."""

    def __init__(
        self,
        acts: Mapping[str, Act] | None = None,
        *,
        file: bytes = b"<a/>",
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        super().__init__(address)
        self.acts = acts or {}
        self.file = file
        self.tls = tls
        self.commands: list[str] = []
        self.bodies: list[bytes] = []
        self.control_peers: list[str] = []
        self.data_peers: list[str] = []
        self.url = f"{'ftps' if tls else 'ftp'}://{self.authority}/"

    def converse(self, connection: socket.socket, peer: str) -> None:
        self.control_peers.append(peer)
        session = Session(self, connection)
        try:
            with suppress(ValueError):  # an act has closed it
                session.serve()
        finally:
            session.close()


def sending(act: Callable[[Data], None], after: bytes = b"226 done\r\n") -> Callable[[Session], None]:
    """An act for RETR: what is done with the data connection, and what is said after it."""

    def retrieve(session: Session) -> None:
        session.say(b"150 here it comes\r\n")
        with suppress(OSError), session.data() as data:
            act(data)
        session.say(after)

    return retrieve


def ending(words: bytes = b"") -> Callable[[Session], None]:
    """An act that says something and ends the session."""

    def end(session: Session) -> None:
        session.say(words)
        session.close()

    return end
