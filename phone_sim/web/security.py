"""What stands between the network and every page of the web server. The rules, all ours:

1. Only this machine can connect, unless the server is told to listen elsewhere. There, a random token is needed: as
   `?token=` once, which becomes a cookie, or as `Authorization: Bearer` from a program.
2. The Host header is a name that the server goes by, or the very address that was connected to. A foreign name that
   somebody has pointed at this address (DNS rebinding) is refused.
3. What changes something comes from a page of the same origin: by Origin, without it by Sec-Fetch-Site, without that
   by Referer. With none of them it is refused, too, unless a program has shown the token in a header, which no page of
   others can do.
4. A page runs no script and takes no style but from files of this server, is shown in no frame, and is not kept.
5. Headers and bodies have a size limit, and a body a time limit.

The token is compared in constant time, and is never logged or put on a page. Without one, everybody who has an account
on this machine is let in. Nothing is encrypted: elsewhere than on loopback, who reads the network reads the token.

`Guard` is plain ASGI and works with responses of any length, such as server-sent events. It knows no page.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phone_sim.errors import UsageError
from phone_sim.web.bounded_body import BodyBounds, BodyRefusedError, BodyTooLargeError, BoundedBody

_SAFE = ("GET", "HEAD", "OPTIONS")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a browser would then call the origin of our own forms null.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who is let in.

    `hosts` are the names that the server goes by, as `name:port` in lower case, an IPv6 address in brackets. `token` is
    what has to be shown, None where only this machine can connect.
    """

    hosts: frozenset[str]
    token: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, address: str, port: int, names: Iterable[str] = ()) -> "Access":
        """Access to a server that listens on this IP address: free on loopback, by a new token elsewhere.

        `names` are further names of it, `NAME` or `NAME:PORT`, the latter where the port is another one from outside.

        Raises:
            UsageError: a name is none.
        """
        listening = ip_address(address)
        known = [*_LOOPBACK] if listening.is_unspecified else [*_LOOPBACK, _bracketed(address)]
        hosts = set()
        for name in (*known, *names):
            host = _canonical(name, port)
            if host is None:
                raise UsageError(f"{name!r} is not a name of this server: NAME or NAME:PORT is expected")
            hosts.add(host)
        return cls(hosts=frozenset(hosts), token=None if listening.is_loopback else secrets.token_urlsafe(32))


class Guard:
    """Middleware that lets a request pass, or refuses it with a status and a text that says why."""

    def __init__(self, app: ASGIApp, *, access: Access, bounds: BodyBounds | None = None) -> None:
        self._app = app
        self._access = access
        self._bounds = bounds if bounds is not None else BodyBounds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._guarded(scope, receive, send)
        else:
            # There are no web sockets here: nothing would have guarded them.
            await send({"type": "websocket.close", "code": 1008})

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._bounds.larger_bodies.get(scope["path"], self._bounds.body)
        body = BoundedBody(receive, limit, self._bounds.body_seconds)
        outward = _Outward(send, body)
        answer = self._answer(scope, limit)
        if answer is None:
            try:
                await self._app(scope, body.receive, outward.send)
            except BodyRefusedError as error:
                if outward.started:
                    raise
                answer = _refusal(error.status, error.text)
            except Exception:
                # Answered here, so that this page, too, has the headers; told to whoever writes the log.
                if not outward.started:
                    await _end(_refusal(500, "Something went wrong here; the server's log says what."), body, outward)
                raise
        if answer is not None:
            await _end(answer, body, outward)

    def _answer(self, scope: Scope, limit: int) -> Response | None:
        """What is said instead of letting a request pass."""
        headers = Headers(scope=scope)
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size > self._bounds.header_bytes or len(scope["headers"]) > self._bounds.headers:
            return _refusal(431, "The headers of this request are too large.")
        host = self._host(scope, headers)
        if host is None:
            return _refusal(
                403, "This server does not go by the name in the Host header. Open the address that it printed."
            )
        if self._shows_token_in_query(scope):
            return self._entry(scope, host)
        by_program = self._is_token(_bearer(headers))
        cookie = cookie_parser(headers.get("cookie", "")).get(_cookie_name(host), "")
        if self._access.token is not None and not by_program and not self._is_token(cookie):
            text = "Open the address with ?token= that the server printed; a program sends Authorization: Bearer TOKEN."
            return _refusal(401, text, {"WWW-Authenticate": "Bearer"})
        if scope["method"] not in _SAFE and not _is_own_origin(scope, headers, host, unmarked=by_program):
            return _refusal(
                403, f"This request does not come from a page of this server. A program sends Origin: http://{host}"
            )
        return _length_refusal(headers, limit)

    def _host(self, scope: Scope, headers: Headers) -> str | None:
        """The name that is asked for, if it is one of this server's."""
        named = headers.getlist("host")
        host = _canonical(named[0]) if len(named) == 1 else None
        return host if host in self._access.hosts or host == _local_address(scope) else None

    def _is_token(self, shown: str) -> bool:
        token = self._access.token
        return token is not None and secrets.compare_digest(shown.encode(), token.encode())

    def _shows_token_in_query(self, scope: Scope) -> bool:
        shown = any(name == "token" and self._is_token(value) for name, value in _query(scope))
        return shown and scope["method"] in ("GET", "HEAD")

    def _entry(self, scope: Scope, host: str) -> Response:
        """A cookie for the token in the address, and the address without it."""
        rest = urlencode([each for each in _query(scope) if each[0] != "token"])
        # One slash: with two, the path would be read as the address of another server.
        path = "/" + quote(scope["path"]).lstrip("/")
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        answer.set_cookie(_cookie_name(host), self._access.token or "", httponly=True, samesite="strict")
        return answer


class _Outward:
    """The way out, on which every response gets the headers that it has not set itself."""

    def __init__(self, send: Send, body: BoundedBody) -> None:
        self._send = send
        self._body = body
        self.started = False
        self.refusing = False

    async def send(self, message: Message) -> None:
        """Send a message."""
        if message["type"] == "http.response.start":
            if self._body.refused is not None and not self.refusing:
                raise self._body.refused
            self.started = True
            headers = MutableHeaders(scope=message)
            # What has an ETag may be kept, and is asked for again each time.
            headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


async def _end(answer: Response, body: BoundedBody, outward: _Outward) -> None:
    """Answer without having read the request, and close the connection."""
    answer.headers["Connection"] = "close"
    outward.refusing = True
    start = {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
    await outward.send(start)
    await outward.send({"type": "http.response.body", "body": bytes(answer.body), "more_body": True})
    await body.drain()
    await outward.send({"type": "http.response.body", "body": b"", "more_body": False})


def _refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(text + "\n", status, headers)


def _length_refusal(headers: Headers, limit: int) -> Response | None:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return _refusal(400, "The Content-Length of this request is not a number.")
    if int(length[:20]) <= limit:
        return None
    error = BodyTooLargeError(limit)
    return _refusal(error.status, error.text)


def _is_own_origin(scope: Scope, headers: Headers, host: str, *, unmarked: bool) -> bool:
    """Whether a request comes from a page of this server; `unmarked` is what holds for one that does not say."""
    if "origin" in headers:
        return all(_origin(origin) == (scope["scheme"], host) for origin in headers.getlist("origin"))
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] in ("same-origin", "none")
    if "referer" in headers:
        return _origin(headers["referer"]) == (scope["scheme"], host)
    return unmarked


def _origin(url: str) -> tuple[str, str | None]:
    scheme, _, rest = url.partition("://")
    return scheme.lower(), _canonical(rest.partition("/")[0])


def _canonical(host: str, default_port: int = 80) -> str | None:
    """A host as `name:port` in lower case, or None for what is none."""
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


def _local_address(scope: Scope) -> str | None:
    """The address at this end of the connection, as a host; a name cannot be pointed at it, since it is none."""
    address, port = scope.get("server") or ("", None)
    try:
        local = ip_address(address)
    except ValueError:
        return None
    if isinstance(local, IPv6Address) and local.ipv4_mapped is not None:
        local = local.ipv4_mapped
    return f"{_bracketed(str(local))}:{port}"


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookie_name(host: str) -> str:
    """A browser sends cookies to every port of a host, so each server has a name of its own for its token."""
    return f"phone_sim_token_{host.rpartition(':')[2]}"
