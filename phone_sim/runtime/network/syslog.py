"""Sending log lines to a syslog server over UDP (RFC 3164).

A phone is never held up by its log: what cannot be sent at once is dropped, and a server that is not there, or says so,
changes nothing. A name is looked up once, in the background, and again only when that failed and some time has passed;
lines that come meanwhile wait, within a limit. This module does not know what a message says.

Other modules about syslog: `firmware.syslog`; in the tests `tests.real_servers.rsyslogd`.
"""

import socket
import threading
import time
from collections import deque
from contextlib import suppress

from phone_sim.firmware.host import Host
from phone_sim.runtime.lookup import Address, LookupFailedError, look_up

SIZE_LIMIT = 1024
"""Most bytes of a message (RFC 3164, 4.1)."""
_LINES_KEPT = 1000
_LOOK_UP = 3.0
_RETRY_AFTER = 300.0


class SyslogSender:
    """Sends messages to syslog servers, from `source_address` if there is one; usable by several threads at once.

    `look_up_seconds` bounds the look-up of a name, `retry_after` is how many seconds a name that was not found is left
    alone.
    """

    def __init__(
        self,
        source_address: str | None = None,
        *,
        look_up_seconds: float = _LOOK_UP,
        retry_after: float = _RETRY_AFTER,
    ) -> None:
        self._source_address = source_address
        self._look_up_seconds = look_up_seconds
        self._retry_after = retry_after
        self._lock = threading.Lock()
        self._peers: dict[Host, _Peer] = {}

    def send(self, host: Host, message: str) -> None:
        """Send a message, cut to what one may have; it raises nothing and waits for nothing."""
        with self._lock:
            peer = self._peers.setdefault(host, _Peer())
            peer.waiting.append(datagram(message))
            if peer.address is not None:
                peer.send_all(self._source_address)
            elif peer.looking is None and time.monotonic() >= peer.look_again_at:
                peer.looking = threading.Thread(target=self._find, args=(host, peer), name="syslog", daemon=True)
                peer.looking.start()

    def close(self) -> None:
        """Close the sockets, after the look-ups that are under way; a later message opens them again."""
        with self._lock:
            under_way = [peer.looking for peer in self._peers.values() if peer.looking is not None]
        for looking in under_way:
            looking.join(self._look_up_seconds)
        with self._lock:
            for peer in self._peers.values():
                peer.close()
            self._peers.clear()

    def _find(self, host: Host, peer: "_Peer") -> None:
        found: Address | None = None
        with suppress(LookupFailedError):
            found = look_up(host.name, host.port, socket.SOCK_DGRAM, seconds=self._look_up_seconds)[0]
        with self._lock:
            peer.looking = None
            peer.address = found
            if found is None:
                peer.look_again_at = time.monotonic() + self._retry_after
            elif self._peers.get(host) is peer:
                peer.send_all(self._source_address)


def datagram(message: str) -> bytes:
    """A message as it is sent: in UTF-8, without an end, cut between two characters where it is too long."""
    data = message.encode(errors="replace")
    return data if len(data) <= SIZE_LIMIT else data[:SIZE_LIMIT].decode(errors="ignore").encode()


class _Peer:
    """A server: its address once it is known, and what waits to be sent to it."""

    def __init__(self) -> None:
        self.address: Address | None = None
        self.waiting: deque[bytes] = deque(maxlen=_LINES_KEPT)
        self.looking: threading.Thread | None = None
        self.look_again_at = 0.0
        self._socket: socket.socket | None = None

    def send_all(self, source_address: str | None) -> None:
        """Send what waits. The socket is not connected: so an error that comes back from a server is none of ours."""
        if self.address is None:
            return
        with suppress(OSError):
            if self._socket is None:
                self._socket = socket.socket(self.address.family, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
                if source_address is not None:
                    self._socket.bind((source_address, 0))
        while self.waiting:
            data = self.waiting.popleft()
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.sendto(data, self.address.address)

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
