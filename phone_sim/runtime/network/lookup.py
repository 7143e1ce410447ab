"""Looking up the addresses of a server in bounded time.

The system's resolver has no limit of its own: it may wait for minutes. What it finds too late is not used, and it is
left to end by itself. This module does not know what is spoken with the server.
"""

import queue
import socket
import threading
from dataclasses import dataclass


class LookupFailedError(OSError):
    """The name has no address, or none came in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address for sockets of a family."""

    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


def look_up(host: str, port: int, kind: socket.SocketKind, *, seconds: float) -> tuple[Address, ...]:
    """The addresses of a host for sockets of a kind, in the order in which they are to be tried; at least one.

    Raises:
        LookupFailedError: there are none within so many seconds.
    """
    answers: queue.SimpleQueue[tuple[Address, ...] | str] = queue.SimpleQueue()
    resolver = threading.Thread(target=lambda: answers.put(_resolve(host, port, kind)), name="look-up", daemon=True)
    resolver.start()
    try:
        found = answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        found = "no answer"
    if isinstance(found, str):
        raise LookupFailedError(f"the address of {host} is not known: {found}")
    return found


def _resolve(host: str, port: int, kind: socket.SocketKind) -> tuple[Address, ...] | str:
    try:
        found = socket.getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or "it is not a host name"
    addresses = dict.fromkeys(Address(family=family, address=address) for family, _, _, _, address in found)
    return tuple(addresses) or "the name has no address"
