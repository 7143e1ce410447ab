"""Looking up the addresses of a server in bounded time.

The system's resolver has no limit of its own: it may wait for minutes. What it finds too late is not used, and it is
left to end by itself. This module does not know what is spoken with the server.
"""

import queue
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


class LookupFailedError(OSError):
    """The name has no address, or none came in time."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"the address of {host} is not known: {why}")


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
    if own := literal(host, port):
        return own
    answers: queue.SimpleQueue[tuple[Address, ...] | LookupFailedError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolved(host, port, kind))
        except LookupFailedError as error:
            answers.put(error)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    found: tuple[Address, ...] | LookupFailedError = LookupFailedError(host, "no answer")
    with suppress(queue.Empty):
        found = answers.get(timeout=max(seconds, 0))
    if isinstance(found, LookupFailedError):
        raise found
    return found


def literal(host: str, port: int) -> tuple[Address, ...]:
    """The address that the host is given as; none for a name, which needs a resolver and somebody to wait for it."""
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError, ValueError):
            # As sockets write it: IPv6 has several spellings of one address.
            host = socket.inet_ntop(family, socket.inet_pton(family, host))
            return (Address(family=family, address=(host, port)),)
    return ()


def resolved(
    host: str, port: int, kind: socket.SocketKind, getaddrinfo: Callable[..., list[Any]] | None = None
) -> tuple[Address, ...]:
    """What a resolver finds, the system's or another one with its interface, however long it takes.

    Raises:
        LookupFailedError: it finds nothing.
    """
    why = "the name has no address"
    found: list[Any] = []
    try:
        found = (getaddrinfo or socket.getaddrinfo)(host, port, 0, kind)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is not a host name"
    addresses = dict.fromkeys(Address(family=family, address=address) for family, _, _, _, address in found)
    if not addresses:
        raise LookupFailedError(host, why)
    return tuple(addresses)


def only_address(addresses: Iterable[Address]) -> Address:
    """The address to use where a second one cannot be tried: the first of IPv4, or the first where there is none."""
    return min(addresses, key=lambda one: one.family is not socket.AF_INET)
