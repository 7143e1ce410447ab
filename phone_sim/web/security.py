"""The guard between the network and every page of the web server: `phone_sim.web_access` has its rules.

`Guard` is plain ASGI and works with responses of any length, such as server-sent events. It knows no page.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phone_sim.web.bounded_body import BodyRefusedError, BoundedBody
from phone_sim.web_access import Access, PageRequest, RequestBounds
from phone_sim.web_answers import PageAnswer, content_policy, guarded_headers

_POLICY = content_policy(inline=False)
_FAILED = PageAnswer(status=500, text="Something went wrong here; the server's log says what.")


class Guard:
    """Middleware that lets a request pass, or refuses it with a status and a text that says why."""

    def __init__(self, app: ASGIApp, *, access: Access, bounds: RequestBounds | None = None) -> None:
        self._app = app
        self._access = access
        self._bounds = bounds if bounds is not None else RequestBounds()

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
        body = BoundedBody(receive, self._bounds.body_limit(scope["path"]), self._bounds.body_seconds)
        outward = _Outward(send, body)
        answer = self._access.answer(_request(scope), self._bounds)
        if answer is None:
            try:
                await self._app(scope, body.receive, outward.send)
            except BodyRefusedError as error:
                if outward.started:
                    raise
                answer = error.answer
            except Exception:
                # Answered here, so that this page, too, has the headers; told to whoever writes the log.
                if not outward.started:
                    await _end(_FAILED, body, outward)
                raise
        if answer is not None:
            await _end(answer, body, outward)


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
            headers = guarded_headers(_texts(message.get("headers", ())), _POLICY)
            message = {**message, "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers]}
        await self._send(message)


async def _end(answer: PageAnswer, body: BoundedBody, outward: _Outward) -> None:
    """Answer without having read the request, and close the connection."""
    outward.refusing = True
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.all_headers]
    await outward.send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await outward.send({"type": "http.response.body", "body": answer.body, "more_body": True})
    await body.drain()
    await outward.send({"type": "http.response.body", "body": b"", "more_body": False})


def _request(scope: Scope) -> PageRequest:
    return PageRequest(
        method=scope["method"],
        scheme=scope["scheme"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=_texts(scope["headers"]),
        local=scope.get("server"),
    )


def _texts(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
