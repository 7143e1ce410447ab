"""A server of raw datagrams that answers each TFTP request by a script of the test.

It sends what it is told to, however wrong. Each request, also one that is sent again, has a thread and a port of its
own; leaving the server ends them all.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PATIENCE = 60.0
_LOOK_EVERY = 0.05
Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One request, for a script; `attempt` counts the requests for this name from 1."""

    socket: socket.socket
    client: Address
    datagram: bytes
    attempt: int
    over: threading.Event

    @property
    def name(self) -> str:
        """The name of the file that is asked for."""
        return self.datagram[2:].split(b"\0")[0].decode()

    @property
    def is_upload(self) -> bool:
        """True for a WRQ."""
        return self.datagram[:2] == b"\0\2"

    def send(self, datagram: bytes) -> None:
        """Send a datagram to the client."""
        self.socket.sendto(datagram, self.client)

    def receive(self, patience: float = _PATIENCE) -> bytes:
        """The next datagram of the client; TimeoutError after some seconds or when the server is at its end."""
        self.socket.settimeout(_LOOK_EVERY)
        for _ in range(round(patience / _LOOK_EVERY)):
            with suppress(TimeoutError):
                return self.socket.recv(65536)
            if self.over.is_set():
                break
        raise TimeoutError

    def wait(self, seconds: float) -> None:
        """Let time pass; TimeoutError when the server is at its end."""
        if self.over.wait(seconds):
            raise TimeoutError

    def send_file(self, content: bytes, *, size: int = 512, first: int = 1) -> None:
        """Send a file in blocks of `size` bytes, each when the one before it was acknowledged."""
        for number in range(first, len(content) // size + 2):
            self.send(block(number, content[(number - 1) * size : number * size]))
            self.await_ack(number)

    def await_ack(self, number: int) -> None:
        """Pass over what the client sends, until it acknowledges a block."""
        while self.receive() != ack(number):
            continue


Script = Callable[[Transfer], None]


@dataclass(slots=True)
class HostileTftpServer:
    """Answers by `script` on a free port of 127.0.0.1; `requests` is the datagrams that asked."""

    script: Script
    requests: list[bytes] = field(default_factory=list)
    _listener: socket.socket = field(init=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "HostileTftpServer":
        self._listener = _new_socket()
        self._listener.settimeout(_LOOK_EVERY)
        self._start(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(_PATIENCE)
            assert not thread.is_alive(), "a script has not ended"
        self._listener.close()

    @property
    def url(self) -> str:
        """The root of the server."""
        return f"tftp://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                datagram, client = self._listener.recvfrom(65536)
                self.requests.append(datagram)
                self._start(self._serve, datagram, client, self.requests.count(datagram))

    def _serve(self, datagram: bytes, client: Address, attempt: int) -> None:
        with _new_socket() as own, suppress(TimeoutError):
            self.script(Transfer(socket=own, client=client, datagram=datagram, attempt=attempt, over=self._over))


def _new_socket(address: str = "127.0.0.1") -> socket.socket:
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind((address, 0))
    return plain


@contextmanager
def stranger(address: str) -> Iterator[socket.socket]:
    """A socket on a port that has no part in any transfer."""
    with _new_socket(address) as plain:
        plain.settimeout(_PATIENCE)
        yield plain


def block(number: int, data: bytes) -> bytes:
    """A DATA packet."""
    return b"\0\3" + number.to_bytes(2) + data


def ack(number: int) -> bytes:
    """An ACK packet."""
    return b"\0\4" + number.to_bytes(2)


def error(code: int, words: bytes = b"") -> bytes:
    """An ERROR packet."""
    return b"\0\5" + code.to_bytes(2) + words + b"\0"


def oack(*words: str) -> bytes:
    """An OACK packet."""
    return b"\0\6" + "".join(f"{word}\0" for word in words).encode()


def saying(*datagrams: bytes) -> Script:
    """A script that sends these datagrams and hears nothing."""

    def script(transfer: Transfer) -> None:
        for datagram in datagrams:
            transfer.send(datagram)

    return script


def silent(_: Transfer) -> None:
    """A script that never answers."""


def serving(files: dict[str, bytes], license_script: Script) -> Script:
    """A script that serves files, error 1 for what is not there, and gives license files a script of their own."""

    def script(transfer: Transfer) -> None:
        if transfer.name.endswith("-license.cfg"):
            license_script(transfer)
        elif transfer.is_upload:
            transfer.send(error(2, b"read only"))
        elif transfer.name in files:
            transfer.send_file(files[transfer.name])
        else:
            transfer.send(error(1, b"File not found"))

    return script
