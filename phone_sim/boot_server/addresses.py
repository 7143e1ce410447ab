"""Socket addresses of IP version 4 and 6: where a server listens, and how an address is written."""

import socket
from typing import Any

SocketAddress = tuple[Any, ...]
"""An address as sockets take it: host and port, with IPv6 also flow and scope."""


def listening_address(host: str, port: int, kind: socket.SocketKind) -> tuple[socket.AddressFamily, SocketAddress]:
    """The address to bind to for a host, an IP address or a name; of a name with both kinds, the IPv4 one.

    Raises:
        OSError, UnicodeError: the host is not known, or cannot be a host.
    """
    found = socket.getaddrinfo(host, None, type=kind, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda one: one[0] is not socket.AF_INET)
    return family, (address[0], port, *address[2:])


def authority(host: str, port: int) -> str:
    """Host and port as a URL has them: `127.0.0.1:80`, `[::1]:80`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
