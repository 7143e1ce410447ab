"""Who is let in to the pages of the web server and of a fleet, and what is said to others. The rules, all our decision:

1. Only this machine can connect, unless the server is told to listen elsewhere. There, a random token is needed: as
   `?token=` once, which becomes a cookie, or as `Authorization: Bearer` from a program.
2. The Host header is a name of the server, or the very address that was connected to. A foreign name that
   somebody has pointed at this address (DNS rebinding) is refused.
3. What changes something comes from a page of the same origin: by Origin, without it by Sec-Fetch-Site, without that
   by Referer. With none of them it is refused, too, unless a program has shown the token in a header, which no page of
   others can do.
4. What reads something does not come from a page of others, by Origin or by Sec-Fetch-Site; a link there may be
   followed. No header lets pages of others see an answer (CORS).
5. A page is shown in no frame, is not kept, and takes nothing from other servers.
6. Headers and bodies have a size limit, and a body a time limit.

The token is compared in constant time, and is never logged or put on a page. Without one, everybody who has an account
on this machine is let in. Nothing is encrypted: elsewhere than on loopback, who reads the network reads the token.

This module knows no page, and neither ASGI nor WSGI: adapters ask it about each request.
"""

import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from phone_sim.errors import UsageError
from phone_sim.web_answers import PageAnswer, body_is_too_large

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CONNECTION_LIMIT = 256
"""Maximum number of connections to a page at once (our choice)."""
HEAD_SECONDS = 15.0
"""From the connection, or the end of an answer, to the end of the next request's headers (our choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBounds:
    """Limits of a request: sizes in bytes, `body_seconds` for the whole body. `larger_bodies` are for single paths."""

    header_bytes: int = 16 * 1024
    headers: int = 100
    body: int = 64 * 1024
    larger_bodies: Mapping[str, int] = field(default_factory=dict)
    body_seconds: float = 20.0

    def body_limit(self, path: str) -> int:
        """The maximum size of a body that is sent to a path."""
        return self.larger_bodies.get(path, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A request, as far as it is known before its body is read.

    `path` has no percent signs any more, `query` has them. `headers` are names in lower case with their values.
    `local` is the address and port at this end of the connection.
    """

    method: str
    scheme: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    local: tuple[str, int] | None

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for each, value in self.headers if each == name]

    def value(self, name: str, default: str = "") -> str:
        """The first value of a header."""
        return next(iter(self.values(name)), default)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The names and values in the query."""
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who is let in.

    `hosts` are the names of the server, as `name:port` in lower case, an IPv6 address in brackets. `token` is what has
    to be shown, None where only this machine can connect.
    """

    hosts: frozenset[str]
    token: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, address: str, port: int, names: Iterable[str] = (), *, token: str | None = None) -> "Access":
        """Access to a server that listens on this IP address: free on loopback, by a token elsewhere.

        `names` are further names of it, `NAME` or `NAME:PORT`, the latter where the port is another one from outside.
        Without a `token`, which may be that of another server, a new one is made where it is needed.

        Raises:
            UsageError: a name is not valid.
        """
        listening = ip_address(address)
        known = [*_LOOPBACK] if listening.is_unspecified else [*_LOOPBACK, _bracketed(address)]
        hosts = set()
        for name in (*known, *names):
            host = _canonical(name, port)
            if host is None:
                raise UsageError(f"{name!r} is not a name of this server: NAME or NAME:PORT is expected")
            hosts.add(host)
        return cls(hosts=frozenset(hosts), token=None if listening.is_loopback else token or secrets.token_urlsafe(32))

    def answer(self, request: PageRequest, bounds: RequestBounds) -> PageAnswer | None:
        """What is said instead of letting a request pass, None for one that may pass."""
        size = sum(len(name) + len(value) for name, value in request.headers)
        if size > bounds.header_bytes or len(request.headers) > bounds.headers:
            return PageAnswer(status=431, text="The headers of this request are too large.")
        host = self._host(request)
        if host is None:
            text = "The Host header is not a name of this server. Open the address that it printed."
            return PageAnswer(status=403, text=text)
        if self._shows_token_in_query(request):
            return self._entry(request, host)
        by_program = self._is_token(_bearer(request))
        if self.token is not None and not by_program and not self._is_token(_cookies(request).get(_cookie_name(host))):
            text = "Open the address with ?token= that the server printed; a program sends Authorization: Bearer TOKEN."
            return PageAnswer(status=401, text=text, headers=(("www-authenticate", "Bearer"),))
        if request.method in _SAFE:
            is_own = _is_no_foreign_read(request, host)
        else:
            is_own = _is_own_origin(request, host, unmarked=by_program)
        if not is_own:
            text = f"This request does not come from a page of this server. A program sends Origin: http://{host}"
            return PageAnswer(status=403, text=text)
        return _length_refusal(request, bounds.body_limit(request.path))

    def _host(self, request: PageRequest) -> str | None:
        """The name that is asked for, if it is one of this server's."""
        named = request.values("host")
        host = _canonical(named[0]) if len(named) == 1 else None
        return host if host in self.hosts or host == _local_host(request) else None

    def _is_token(self, shown: str | None) -> bool:
        if self.token is None or shown is None:
            return False
        return secrets.compare_digest(shown.encode(), self.token.encode())

    def _shows_token_in_query(self, request: PageRequest) -> bool:
        shown = any(name == "token" and self._is_token(value) for name, value in request.parameters)
        return shown and request.method in ("GET", "HEAD")

    def _entry(self, request: PageRequest, host: str) -> PageAnswer:
        """A cookie for the token in the address, and the address without it."""
        rest = urlencode([each for each in request.parameters if each[0] != "token"])
        # One slash: with two, the path would be read as the address of another server.
        path = "/" + quote(request.path).lstrip("/")
        cookie = f"{_cookie_name(host)}={self.token}; HttpOnly; Path=/; SameSite=strict"
        headers = (("location", f"{path}?{rest}" if rest else path), ("set-cookie", cookie))
        return PageAnswer(status=303, headers=headers)


def names_of(host: str, names: Iterable[str]) -> list[str]:
    """The names of a server that listens on a host: those that were given, this machine's, the host if it is a name."""
    try:
        ip_address(host)
    except ValueError:
        return [*names, socket.gethostname(), host]
    return [*names, socket.gethostname()]


def reached_by(address: str) -> str:
    """The host of an address that is listened on, as a browser takes it; this machine's name for all addresses."""
    return socket.gethostname() if ip_address(address).is_unspecified else _bracketed(address)


def _length_refusal(request: PageRequest, limit: int) -> PageAnswer | None:
    length = request.value("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return PageAnswer(status=400, text="The Content-Length of this request is not a number.")
    return None if int(length[:20]) <= limit else body_is_too_large(limit)


def _is_own_origin(request: PageRequest, host: str, *, unmarked: bool) -> bool:
    """Whether a request comes from a page of this server; `unmarked` is what holds for one that does not say."""
    own = (request.scheme, host)
    if origins := request.values("origin"):
        return all(_origin(origin) == own for origin in origins)
    if sites := request.values("sec-fetch-site"):
        return all(site in ("same-origin", "none") for site in sites)
    if referers := request.values("referer"):
        return all(_origin(referer) == own for referer in referers)
    return unmarked


def _is_no_foreign_read(request: PageRequest, host: str) -> bool:
    """Whether no page of others has sent a request that reads, unless as a link that was followed."""
    if request.values("origin"):
        return _is_own_origin(request, host, unmarked=False)
    is_foreign = request.value("sec-fetch-site") in ("same-site", "cross-site")
    return not is_foreign or request.value("sec-fetch-mode") == "navigate"


def _origin(url: str) -> tuple[str, str | None]:
    scheme, _, rest = url.partition("://")
    return scheme.lower(), _canonical(rest.partition("/")[0])


def _canonical(host: str, default_port: int = 80) -> str | None:
    """A host as `name:port` in lower case, or None for what is not a host."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.netloc != host or "@" in host or " " in host:
        return None
    return f"{_bracketed(name)}:{default_port if port is None else port}"


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _local_host(request: PageRequest) -> str | None:
    """The address at this end of the connection, as a host: as it is not a name, nobody can point it elsewhere."""
    address, port = request.local or ("", 0)
    try:
        local = ip_address(address)
    except ValueError:
        return None
    if isinstance(local, IPv6Address) and local.ipv4_mapped is not None:
        local = local.ipv4_mapped
    return f"{_bracketed(str(local))}:{port}"


def _bearer(request: PageRequest) -> str:
    scheme, _, token = request.value("authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookies(request: PageRequest) -> dict[str, str]:
    pairs = (part.partition("=") for header in request.values("cookie") for part in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _cookie_name(host: str) -> str:
    """A browser sends cookies to every port of a host, so each server has a name of its own for its token."""
    return f"phone_sim_token_{host.rpartition(':')[2]}"
