"""The SIP port of a phone that stays on: UDP and TCP, one thread, a bounded number of connections (RFC 3261 18).

What is answered is the firmware's decision; this module only carries it. It speaks to nobody who has not sent a
request, and to the host it came from only.

Other modules about SIP: `runtime.network.sip_notify`, `firmware.sip_requests`.
"""

import socket
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from threading import Event, Thread
from time import monotonic
from typing import Any

from phone_sim.errors import UsageError
from phone_sim.firmware.sip_requests import SIZE_LIMIT, Sender, SipAnswer, answer_sip

CONNECTIONS = 8
"""Maximum number of TCP connections at once (our choice); a further one is closed."""
PATIENCE = 32.0
"""Seconds that a connection may be silent; also how long a transaction is remembered, its timer J (RFC 3261 17.2.2)."""

_LOOK_EVERY = 0.2
_REMEMBERED = 64
_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class _Connection:
    """A TCP connection: what came and is no whole message yet, and when it came."""

    peer: Sender
    pending: bytearray = field(default_factory=bytearray)
    heard_at: float = field(default_factory=monotonic)


class SipListener:
    """Listens at one port of `host` for UDP and TCP; a context manager.

    `on_check_sync` is called once for each NOTIFY check-sync, in the thread of the listener and after its answer was
    sent, however often the request is repeated. `port` 0 takes a free port.

    Raises:
        UsageError: the port is taken, or the address is not one of this machine.
    """

    def __init__(self, host: str, port: int, *, user_agent: str, on_check_sync: Callable[[], None]) -> None:
        self._user_agent = user_agent
        self._on_check_sync = on_check_sync
        self._answered: OrderedDict[str, tuple[float, SipAnswer]] = OrderedDict()
        self._connections: dict[socket.socket, _Connection] = {}
        try:
            self._udp, self._tcp = _listening(host, port)
        except (OSError, OverflowError, UnicodeError) as error:
            raise UsageError(f"cannot listen for SIP at port {port} of {host}: {error}") from error
        self.port: int = self._udp.getsockname()[1]
        self._selector = DefaultSelector()
        for listening in (self._udp, self._tcp):
            self._selector.register(listening, EVENT_READ)
        self._stopping = Event()
        # A daemon, so that an interrupt that keeps `close` from being called does not keep the program from ending.
        self._thread = Thread(target=self._listen, name="phone-sip", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End all connections and give the port back."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for open_socket in (self._udp, self._tcp, *self._connections):
            open_socket.close()
        self._selector.close()

    def __enter__(self) -> "SipListener":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(_LOOK_EVERY):
                with suppress(OSError):  # of one sender, which is of no concern to the others
                    self._read(key.fileobj)
            now = monotonic()
            for silent in [each for each, one in self._connections.items() if now - one.heard_at > PATIENCE]:
                self._hang_up(silent)

    def _read(self, ready: Any) -> None:
        if ready is self._udp:
            data, address = self._udp.recvfrom(SIZE_LIMIT + 1)
            answer = self._answer(data, Sender(host=address[0], port=address[1]))
            if answer.message:
                self._udp.sendto(answer.message, (address[0], answer.port, *address[2:]))
            self._act_on(answer)
        elif ready is self._tcp:
            self._accept()
        else:
            self._read_connection(ready, self._connections[ready])

    def _accept(self) -> None:
        accepted, address = self._tcp.accept()
        if len(self._connections) >= CONNECTIONS:
            accepted.close()
            return
        accepted.settimeout(_LOOK_EVERY)
        self._connections[accepted] = _Connection(Sender(host=address[0], port=address[1]))
        self._selector.register(accepted, EVENT_READ)

    def _read_connection(self, ready: socket.socket, connection: _Connection) -> None:
        try:
            data = ready.recv(SIZE_LIMIT)
            connection.pending += data
            connection.heard_at = monotonic()
            while (message := _taken_out(connection.pending)) is not None:
                answer = self._answer(message, connection.peer)
                if answer.message:
                    ready.sendall(answer.message)
                self._act_on(answer)
        except OSError:
            data = b""
        if not data or len(connection.pending) > SIZE_LIMIT:
            self._hang_up(ready)

    def _hang_up(self, connected: socket.socket) -> None:
        del self._connections[connected]
        self._selector.unregister(connected)
        connected.close()

    def _answer(self, data: bytes, sender: Sender) -> SipAnswer:
        """The answer; that to a request sent again does not ask for a check-sync once more."""
        answer = answer_sip(data, sender, user_agent=self._user_agent)
        if not answer.is_check_sync:
            return answer
        now = monotonic()
        while self._answered and now - next(iter(self._answered.values()))[0] > PATIENCE:
            self._answered.popitem(last=False)
        if (known := self._answered.get(answer.transaction)) is not None:
            return known[1]
        self._answered[answer.transaction] = (now, _without_check_sync(answer))
        if len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        return answer

    def _act_on(self, answer: SipAnswer) -> None:
        if answer.is_check_sync:
            self._on_check_sync()


def _without_check_sync(answer: SipAnswer) -> SipAnswer:
    return SipAnswer(message=answer.message, port=answer.port, status=answer.status, transaction=answer.transaction)


def _listening(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a listening TCP socket at the same port; with port 0, one that is free for both."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
    for _ in range(10 if port == 0 else 1):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            udp.bind(address)
            taken = (address[0], udp.getsockname()[1], *address[2:])
            tcp = socket.create_server(taken, family=family, backlog=CONNECTIONS)
        except OSError as error:
            udp.close()
            failure = error
        else:
            return udp, tcp
    raise failure


def _taken_out(pending: bytearray) -> bytes | None:
    """The first whole message, taken out of what came over a connection; None if there is none yet."""
    while pending.startswith(b"\r\n"):  # keep-alive (RFC 5626 3.5.1)
        del pending[:2]
    head, end, _ = bytes(pending).partition(_HEAD_END)
    if not end:
        return None
    size = len(head) + len(end) + _content_length(head)
    if len(pending) < size:
        return None
    message = bytes(pending[:size])
    del pending[:size]
    return message


def _content_length(head: bytes) -> int:
    """The length of the body that a head announces; 0 where it announces none (RFC 3261 18.3)."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() in (b"content-length", b"l") and value.strip().isdigit():
            return min(int(value.strip()[:6]), SIZE_LIMIT)
    return 0
