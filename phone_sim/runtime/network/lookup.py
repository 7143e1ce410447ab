"""Looking up the address of a server in bounded time.

The system's resolver has no limit of its own: it may wait for minutes. What it finds too late is not used. This module
does not know what is spoken with the server.
"""

import queue
import socket
import threading
from dataclasses import dataclass

from phone_sim.firmware.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address for sockets of a family."""

    family: socket.AddressFamily
    address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


def look_up(host: Host, seconds: float) -> Address | str:
    """The first address of a host, or why there is none."""
    answers: queue.SimpleQueue[Address | str] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_resolve(host)), name="look-up", daemon=True).start()
    try:
        return answers.get(timeout=max(seconds, 0))
    except queue.Empty:
        return "its name is not resolved"


def _resolve(host: Host) -> Address | str:
    try:
        found = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or "the name cannot be used"
    if not found:
        return "the name has no address"
    family, _, _, _, address = found[0]
    return Address(family=family, address=address)
