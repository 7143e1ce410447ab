"""The web server: a socket that listens, and uvicorn on it with limits. It knows no page.

uvicorn bounds neither how long a request takes to arrive nor how long an answer takes to be read; `PatientHttp` does.
Its limits are ours. A body has its own, in `bounded_body`.
"""

import asyncio
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from phone_sim.errors import UsageError
from phone_sim.web_access import CONNECTION_LIMIT, HEAD_SECONDS

READ_SECONDS = 30.0
"""How long a peer may read nothing of an answer that waits for it."""
_HEAD_BYTES = 16 * 1024
_KEEP_ALIVE_SECONDS = 5
_SHUTDOWN_SECONDS = 2


class PatientHttp(H11Protocol):
    """A connection that is cut when its peer lets it wait too long."""

    head_seconds = HEAD_SECONDS
    read_seconds = READ_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        for timer in (self._head_timer, self._read_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._await_head()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the peer to read."""
        self._read_timer = self.loop.call_later(self.read_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """End to wait for the peer to read."""
        if self._read_timer is not None:
            self._read_timer.cancel()
        super().resume_writing()

    def _await_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        # A request in progress has its own limits, and its answer starts the wait for the next one.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is a free one, which `getsockname` tells.

    Raises:
        UsageError: nothing can listen there.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        listener = socket.socket(family, kind)
        try:
            if sys.platform != "win32":  # which would let two programs listen at one port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(CONNECTION_LIMIT)
        except OSError:
            listener.close()
            raise
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--host {host} --port {port}: {error}") from error
    return listener


class _Server(uvicorn.Server):
    """A server that says when a signal ends it, before it waits for the requests under way."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        self._on_exit()
        super().handle_exit(sig, frame)


class AnsweredAtTheEnd:
    """An application whose requests are answered with 503 when the server ends before they are done.

    uvicorn cancels what its time for a graceful end was too short for, and would log each as an error of the
    application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def noticed(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            if not has_begun:
                answer = PlainTextResponse("The server has ended.\n", HTTPStatus.SERVICE_UNAVAILABLE)
                await answer(scope, receive, send)


def server_of(app: ASGIApp, on_exit: Callable[[], None] = lambda: None) -> uvicorn.Server:
    """A server of this application, for `run(sockets=[...])`; what it logs goes where Python's logging says.

    `on_exit` is called when a signal ends it. Requests are not logged: their addresses can hold a token.
    """
    return _Server(
        uvicorn.Config(
            AnsweredAtTheEnd(app),
            http=PatientHttp,
            ws="none",
            lifespan="auto",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTION_LIMIT,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        ),
        on_exit,
    )
