"""The address of a server that a parameter or the network names: a host name or an IP address, maybe with a port.

That a port can be given is ours. This module does not know what is spoken there.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Self

_HOST = re.compile(r"([A-Za-z0-9_.-]{1,255}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where a server is; an IPv6 address has no brackets."""

    name: str
    port: int

    @classmethod
    def parse(cls, text: str, default_port: int) -> Self | None:
        """The host in `ntp.example`, `192.0.2.1:1123`, `2001:db8::1` or `[2001:db8::1]:1123`; None for anything else.

        Never raises.
        """
        if _is_ipv6(text):
            return cls(name=text, port=default_port)
        match = _HOST.fullmatch(text)
        if match is None:
            return None
        name, bracketed, port = match.group(1), match.group(2), int(match.group(3) or default_port)
        if not 1 <= port <= 65535 or (bracketed is not None and not _is_ipv6(bracketed)):
            return None
        return cls(name=bracketed or name, port=port)


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and IPv6Address(text) is not None
    except ValueError:
        return False
