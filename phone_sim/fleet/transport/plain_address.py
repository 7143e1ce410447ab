"""Addresses that a request can be made of as they are, and what every request to their server says.

Most are such: nothing in them is to be escaped, folded or shortened. It knows no sockets.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from phone_sim.firmware.effects import Fetch, Stream, Upload
from phone_sim.runtime.transport.http import HEADERS

_SERVER = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")
_PATH = re.compile(r"(?:/[\w~-][\w.~-]*)*/?", re.ASCII)
_USER_AGENT = re.compile(r"[!-~]+(?: [!-~]+)*")
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_SERVERS = 1024
_ALWAYS = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How a connection to a server is opened, and what a phone says in each request to it."""

    url: str
    host: str
    port: int
    is_secure: bool
    headers: str


def plain_address(request: Fetch | Stream | Upload) -> tuple[Server, str] | None:
    """The server of a request and the path on it; None when they are not as plain as that."""
    url = request.location.url
    start = url.find("/", url.find("://") + 3)
    server = _server(url[:start], request.user_agent) if start > 0 else None
    path = url[start:]
    return (server, path) if server is not None and _PATH.fullmatch(path) else None


@lru_cache(_SERVERS)
def _server(url: str, user_agent: str) -> Server | None:
    parts = _SERVER.fullmatch(url)
    if parts is None or not _USER_AGENT.fullmatch(user_agent):
        return None
    scheme, host, given = parts.groups()
    port = int(given or _PORTS[scheme])
    if port > _LAST_PORT:
        return None
    authority = host if port == _PORTS[scheme] else f"{host}:{port}"
    headers = f"Host: {authority}\r\n{_ALWAYS}User-Agent: {user_agent}\r\n"
    return Server(url=url, host=host.strip("[]"), port=port, is_secure=scheme == "https", headers=headers)
