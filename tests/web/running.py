"""The web server as it runs: uvicorn in a thread, on a free port of loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from phone_sim.web.app import make_app
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.server import DeskServer
from phone_sim.web.portal.service import PortalService
from phone_sim.web.scenario_pages import Scenarios
from phone_sim.web.server import listen, server_of
from phone_sim.web_access import Access, RequestBounds
from tests.real_servers.process import wait_until
from tests.web.desks import NOW, desk_server

SCENARIOS = sorted((Path(__file__).parents[2] / "fixtures/scenarios").glob("b14-*.phone.toml"))
"""The scenario of the sample log."""
BOUND = 60.0
"""Seconds after which no test waits any more; above every limit that is tested."""


@contextmanager
def running(portal: PortalService, *, bounds: RequestBounds | None = None, token: str | None = None) -> Iterator[int]:
    """The port of a server that runs, with an empty desk that is paused."""
    with (
        DeskServer(authority=portal.authority_folder) as server,
        Desk(server, speed=0) as desk,
        listen("127.0.0.1", 0) as listener,
    ):
        port = int(listener.getsockname()[1])
        access = Access(hosts=Access.at("127.0.0.1", port).hosts, token=token)
        with served(make_app(access=access, portal=portal, desk=desk, bounds=bounds), listener):
            yield port


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDesk:
    """A desk on the web: its address without a slash at the end, the desk behind it, and scenarios."""

    url: str
    desk: Desk
    scenarios: Scenarios

    def put(self, *models: str) -> list[str]:
        """Put phones on the desk, switched on; their MAC addresses."""
        phones = [self.desk.do(lambda: self.desk.put(model)) for model in models]  # noqa: B023 - done before the next
        for phone in phones:
            self.desk.do(phone.switch_power)
        return [phone.mac.digits for phone in phones]


@contextmanager
def desk_on_the_web(mail_folder: Path, start: datetime = NOW) -> Iterator[ServedDesk]:
    """A desk whose clock stands still, with a portal that publishes on its boot server."""
    with desk_server() as server, Desk(server, start=start, speed=0) as desk, listen("127.0.0.1", 0) as listener:
        portal = PortalService(
            authority_folder=server.authority_folder, boot_server=server.licenses, mail_folder=mail_folder
        )
        port = int(listener.getsockname()[1])
        access, scenarios = Access.at("127.0.0.1", port), Scenarios(SCENARIOS)
        with served(make_app(access=access, portal=portal, desk=desk, scenarios=scenarios), listener):
            yield ServedDesk(url=f"http://127.0.0.1:{port}", desk=desk, scenarios=scenarios)


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[uvicorn.Server]:
    """A server of an application on a socket; it has ended at the end."""
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert wait_until(lambda: server.started, BOUND)
        yield server
    finally:
        server.should_exit = True
        thread.join(BOUND)
    assert not thread.is_alive(), "the server does not end"


def ask(port: int, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
    """The status of an answer, and its Location, or its text without one."""
    connection = HTTPConnection("127.0.0.1", port, timeout=BOUND)
    body = None if fields is None else urlencode(fields)
    if fields is not None:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}", **headers}
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer: HTTPResponse = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    return answer.status, answer.getheader("Location") or text


def dialogue(port: int, *parts: bytes, more: bytes = b"") -> bytes:
    """All that the server says to these parts of a request, until it closes; it is sent `more` again and again."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as connection:
        for part in parts:
            connection.sendall(part)

        def at_an_end() -> bool:
            nonlocal said
            try:
                received = connection.recv(65536)
                said += received
                if received and more:
                    return False
                if not received:
                    return True
            except TimeoutError:
                pass
            except ConnectionError:
                return True
            try:
                connection.sendall(more)
            except ConnectionError:
                return True
            return False

        assert wait_until(at_an_end, BOUND), "the server does not close"
    return said
