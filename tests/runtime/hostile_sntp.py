"""A server of raw datagrams that answers each question for the time by a script of the test, however wrong."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

_LOOK_EVERY = 0.05
_PATIENCE = 60.0
Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, for a script; `attempt` counts them from 1."""

    socket: socket.socket
    client: Address
    packet: bytes
    attempt: int

    def send(self, packet: bytes) -> None:
        """Send a packet to the client."""
        self.socket.sendto(packet, self.client)


Script = Callable[[Question], None]


@dataclass(slots=True)
class HostileSntpServer:
    """Answers by `script` on a free port of 127.0.0.1; `questions` is what was asked, `name` its address."""

    script: Script
    questions: list[bytes] = field(default_factory=list)
    name: str = ""
    _listener: socket.socket = field(init=False)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> "HostileSntpServer":
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.settimeout(_LOOK_EVERY)
        self.name = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), "a script has not ended"
        self._listener.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                packet, client = self._listener.recvfrom(65536)
                self.questions.append(packet)
                self.script(Question(socket=self._listener, client=client, packet=packet, attempt=len(self.questions)))


def timestamp(instant: datetime) -> bytes:
    """The eight bytes of a time, in whichever era (RFC 4330, 3)."""
    seconds = int((instant - datetime(1900, 1, 1, tzinfo=UTC)).total_seconds())
    return struct.pack("!II", seconds % 2**32, instant.microsecond * 2**32 // 1_000_000)


def answer(
    question: bytes,
    instant: datetime,
    *,
    leap: int = 0,
    version: int = 4,
    mode: int = 4,
    stratum: int = 1,
    reference: bytes = b"LOCL",
    originate: bytes | None = None,
    received: datetime | None = None,
    transmit: bytes | None = None,
) -> bytes:
    """The answer of a server at `instant`; each part can be made wrong."""
    head = struct.pack("!BBbb4s4s4s", leap << 6 | version << 3 | mode, stratum, 6, -20, bytes(4), bytes(4), reference)
    repeated = question[40:48] if originate is None else originate
    stamps = timestamp(instant) + repeated + timestamp(received or instant)
    return head + stamps + (timestamp(instant) if transmit is None else transmit)


def telling(instant: datetime, **wrong: object) -> Script:
    """A script that tells this time, with parts of the answer made wrong."""
    return lambda question: question.send(answer(question.packet, instant, **wrong))  # type: ignore[arg-type]


def saying(*packets: bytes) -> Script:
    """A script that sends these packets and heeds no question."""

    def script(question: Question) -> None:
        for packet in packets:
            question.send(packet)

    return script


def silent(_: Question) -> None:
    """A script that never answers."""
