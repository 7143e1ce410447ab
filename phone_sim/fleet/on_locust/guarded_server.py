"""A WSGI server on gevent behind the guard: `phone_sim.web_access` has its rules. This module knows no page."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.timeout import Timeout

from phone_sim.errors import UsageError
from phone_sim.web_access import (
    CONNECTION_LIMIT,
    HEAD_SECONDS,
    Access,
    PageRequest,
    RequestBounds,
    names_of,
    reached_by,
)
from phone_sim.web_answers import BODY_IS_LATE, PageAnswer, content_policy, guarded_headers

# Locust's pages have a script and styles in them.
_POLICY = content_policy(inline=True)
_NO_LENGTH = PageAnswer(status=411, text="The body of this request needs a Content-Length.")
_LOCAL = "phone_sim.local_address"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class GuardedServer(WSGIServer):  # type: ignore[misc]  # gevent has no types for it
    """A server that `serve_guarded` has started; `access` says who is let in."""

    access: Access

    @property
    def url(self) -> str:
        """The address of its root for a browser, without the token."""
        return f"http://{reached_by(self.address[0])}:{self.server_port}/"


def serve_guarded(
    application: Application, option: str, address: tuple[str, int], names: Iterable[str] = (), token: str | None = None
) -> GuardedServer:
    """Serve an application at a host and port, port 0 for a free one, until `stop`.

    `option` names the port in errors. `names` are further names of the server. Elsewhere than on loopback `token`, or
    without it a new one, lets somebody in.

    Raises:
        UsageError: nothing can listen there, or a name is not valid.
    """
    host, port = address
    server = GuardedServer(
        address, log=None, error_log=logging.getLogger(__name__), handler_class=_Handler, spawn=CONNECTION_LIMIT
    )
    try:
        server.init_socket()
    except OSError as error:
        # Without the address that gevent adds.
        reason = f"{error.strerror}".partition(": (")[0]
        raise UsageError(f"{option} {port} of {host}: {reason}") from error
    try:
        server.access = Access.at(server.address[0], server.server_port, names_of(host, names), token=token)
    except UsageError:
        server.close()
        raise
    server.application = Guard(application, server.access, RequestBounds())
    server.start()
    return server


class Guard:
    """A WSGI application that lets a request pass to another, or refuses it with a status and a text that says why."""

    def __init__(self, application: Application, access: Access, bounds: RequestBounds) -> None:
        self._application = application
        self._access = access
        self._bounds = bounds

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a request as WSGI says."""

        def guarded(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, guarded_headers(headers, _POLICY), *more)

        answer = self._access.answer(_request(environ), self._bounds) or self._take_body(environ)
        if answer is None:
            return self._application(environ, guarded)
        guarded(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.all_headers)
        return [answer.body]

    def _take_body(self, environ: dict[str, Any]) -> PageAnswer | None:
        """Read the body, which has a length within its bounds, in time."""
        if "HTTP_TRANSFER_ENCODING" in environ:
            return _NO_LENGTH
        body = None
        with Timeout(self._bounds.body_seconds, False):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if body is None:
            return BODY_IS_LATE
        environ["wsgi.input"] = BytesIO(body)
        return None


class _Handler(WSGIHandler):  # type: ignore[misc]
    """A connection that is closed when a head is late: as many as there can be would otherwise shut everybody out.

    It adds the address at this end to the environment of its requests.
    """

    def read_requestline(self) -> Any:
        """The first line of a request. Raises TimeoutError, with which the connection ends."""
        with Timeout(HEAD_SECONDS, TimeoutError):
            return super().read_requestline()

    def read_request(self, raw_requestline: str) -> Any:
        """Read the rest of the head; false if it is not whole in time."""
        try:
            with Timeout(HEAD_SECONDS, TimeoutError):
                return super().read_request(raw_requestline)
        except TimeoutError:
            return False

    def get_environ(self) -> dict[str, Any]:
        """The environment of a request."""
        environ: dict[str, Any] = super().get_environ()  # gevent's own kind of dict, which hides its values in errors
        environ[_LOCAL] = self.socket.getsockname()[:2]
        return environ


def _request(environ: dict[str, Any]) -> PageRequest:
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-").lower(), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_LENGTH"
    ]
    return PageRequest(
        method=environ["REQUEST_METHOD"],
        scheme=environ["wsgi.url_scheme"],
        path=environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
        query=environ["QUERY_STRING"],
        headers=headers,
        local=environ.get(_LOCAL),
    )
