"""The web server as it runs, against peers that are slow, large, many, or from elsewhere."""

import asyncio
import logging
import socket
from collections import Counter as Tally
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from phone_sim.errors import UsageError
from phone_sim.web import server
from phone_sim.web.portal.service import PortalService
from phone_sim.web_access import RequestBounds
from tests.authority import counted, phone_order, phones
from tests.real_servers.process import wait_until
from tests.web import MAC, SERIAL, enter, redemptions
from tests.web.running import BOUND, ask, dialogue, running, served

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-nobody-may-read-anywhere-at-all"
QUANTITY = 36


@pytest.fixture
def port(portal: PortalService) -> Iterator[int]:
    """The port of the portal."""
    with running(portal, bounds=RequestBounds(body=2000, body_seconds=BOUND)) as port:
        yield port


@pytest.fixture
def hasty_port(portal: PortalService) -> Iterator[int]:
    """The port of a portal that waits for no body."""
    with running(portal, bounds=RequestBounds(body=2000, body_seconds=0.5)) as port:
        yield port


def head(port: int, *lines: str, path: str = "/portal/activate") -> bytes:
    """The head of a form that is sent from a page of the portal, or of what a page asks of the API."""
    first = (f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}")
    kind = f"Content-Type: application/{'json' if path.startswith('/api') else 'x-www-form-urlencoded'}"
    return "\r\n".join((*first, kind, *lines, "", "")).encode()


def test_rebound_name_gets_nothing_and_changes_nothing(port: int, portal: PortalService) -> None:
    number = enter(portal, phone_order())
    evil = f"evil.example:{port}"
    for method, path, fields in (
        ("GET", "/portal/orders", None),
        ("POST", "/portal/activate", {"number": number, "serial": MAC}),
    ):
        status, text = ask(port, method, path, fields, Host=evil, Origin=f"http://{evil}")
        assert status == 403
        assert number not in text
    assert redemptions(portal) == []


def test_page_of_others_changes_nothing(port: int, portal: PortalService) -> None:
    fields = {"number": enter(portal, phone_order()), "serial": MAC}
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{port + 1}"):
        assert ask(port, "POST", "/portal/activate", fields, Origin=origin)[0] == 403
    assert redemptions(portal) == []
    assert ask(port, "POST", "/portal/activate", fields)[0] == 303


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_story_of_another_model_is_not_found(port: int, method: str) -> None:
    status, text = ask(port, method, "/demonstration/SPIP_320", {} if method == "POST" else None)
    assert status == 404
    assert "There is no such page" in text


def test_token_is_asked_for_and_never_logged(
    portal: PortalService, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    number = enter(portal, phone_order())
    with running(portal, token=TOKEN) as port:
        assert ask(port, "GET", "/portal/orders")[0] == 401
        assert ask(port, "GET", f"/portal/orders?token={TOKEN}x")[0] == 401
        assert ask(port, "GET", f"/portal/orders?token={TOKEN}") == (303, "/portal/orders")
        cookie = f"phone_sim_token_{port}={TOKEN}"
        status, page = ask(port, "GET", "/portal/orders", Cookie=cookie)
        assert (status, number in page, TOKEN in page) == (200, True, False)
        assert ask(port, "GET", "/portal/orders.json", Authorization=f"Bearer {TOKEN}")[0] == 200
        (portal.authority_folder / "signing_key.pem").write_text("no key")
        status, page = ask(port, "GET", "/portal/orders", Cookie=cookie)
        assert (status, TOKEN in page) == (503, False)
    printed = caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in printed
    assert number not in printed


def test_oversized_body_is_told_so_and_cut(port: int) -> None:
    said = dialogue(port, head(port, "Content-Length: 99999999"), more=bytes(65536))
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said.lower()
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    said = dialogue(port, head(port, "Transfer-Encoding: chunked"), more=chunk)
    assert said.startswith(b"HTTP/1.1 413 ")


def test_api_says_what_is_wrong_with_a_body(port: int) -> None:
    chunked = head(port, "Transfer-Encoding: chunked", path="/api/phones")
    assert dialogue(port, chunked, more=b"10000\r\n" + bytes(65536) + b"\r\n").startswith(b"HTTP/1.1 413 ")


def test_slow_body_is_told_so_and_cut(hasty_port: int) -> None:
    said = dialogue(hasty_port, head(hasty_port, "Content-Length: 1000"), b"number=", more=b"1")
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"did not come in time" in said
    for path in ("/portal/activate", "/api/phones"):
        chunked = head(hasty_port, "Transfer-Encoding: chunked", path=path)
        assert dialogue(hasty_port, chunked, b"5\r\n{").startswith(b"HTTP/1.1 408 ")


def test_slow_head_is_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.PatientHttp, "head_seconds", 0.3)
    assert dialogue(port) == b""
    assert dialogue(port, b"GET /portal HTTP/1.1\r\n", more=b"x: 1\r\n") == b""


def test_slow_head_of_a_second_request_is_cut(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Long enough for a first request that is sent at once, on a machine that is busy.
    monkeypatch.setattr(server.PatientHttp, "head_seconds", 2)
    request = f"GET /portal HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    assert dialogue(port, request + b"GET /por").startswith(b"HTTP/1.1 200 ")


def test_body_that_nobody_asked_for_does_not_keep_a_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.PatientHttp, "head_seconds", 2)
    request = head(port, "Content-Length: 2000").replace(b"/portal/activate", b"/portal/nothing")
    assert dialogue(port, request, more=b"x").startswith(b"HTTP/1.1 404 ")


def test_peer_that_reads_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.PatientHttp, "read_seconds", 0.3)
    size = 50_000_000

    async def much(_: Request) -> Response:
        return StreamingResponse(bytes(100_000) for _ in range(size // 100_000))

    with server.listen("127.0.0.1", 0) as listener, served(Starlette(routes=[Route("/", much)]), listener) as running:
        with socket.create_connection(listener.getsockname(), timeout=30) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(1)
            assert wait_until(lambda: not running.server_state.connections, BOUND)
            received = 0
            while data := connection.recv(1_000_000):
                received += len(data)
            assert received < size
        assert ask(listener.getsockname()[1], "GET", "/nothing")[0] == 404


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_request_gets_400_or_less(port: int, garbage: bytes) -> None:
    assert dialogue(port, garbage)[:13] in (b"", b"HTTP/1.1 400 ", b"HTTP/1.1 403 ", b"HTTP/1.1 431 ")
    assert ask(port, "GET", "/portal")[0] == 200


def test_last_activations_of_a_number_have_as_many_winners(portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=QUANTITY))
    with running(portal) as port, ThreadPoolExecutor(60) as pool:

        def redeem(mac: object) -> int:
            return ask(port, "POST", "/portal/activate", {"number": number, "serial": str(mac)})[0]

        said = Tally(pool.map(redeem, phones(60)))
    assert said == {303: QUANTITY, 422: 60 - QUANTITY}
    assert counted(portal.authority_folder / "ledger.sqlite3") == {number: (QUANTITY, QUANTITY)}


def test_one_phone_is_redeemed_once_however_often_it_is_asked(portal: PortalService) -> None:
    number = enter(portal, phone_order(quantity=50))
    with running(portal) as port, ThreadPoolExecutor(40) as pool:

        def redeem(_: int) -> str:
            return ask(port, "POST", "/portal/activate", {"number": number, "serial": MAC})[1]

        said = Tally(pool.map(redeem, range(40)))
    assert said == {f"/portal/activations/{SERIAL}?new": 1, f"/portal/activations/{SERIAL}?again": 39}
    assert redemptions(portal) == [(number, SERIAL)]


def test_place_that_cannot_be_listened_on_is_a_usage_error() -> None:
    with server.listen("127.0.0.1", 0) as listener:
        taken = listener.getsockname()[1]
        for host, port in (("127.0.0.1", taken), ("192.0.2.1", 0), ("no such host.example", 0), ("\udcff", 0)):
            with pytest.raises(UsageError, match="--host"):
                server.listen(host, port)


@pytest.mark.parametrize("begins", [False, True])
def test_request_that_the_end_cancels_is_answered_and_no_error_of_the_application(begins: bool) -> None:
    sent: list[Message] = []

    async def hangs(_scope: Scope, _receive: Receive, send: Send) -> None:
        if begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(3600)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def cancelled() -> None:
        asking = asyncio.ensure_future(server.AnsweredAtTheEnd(hangs)({"type": "http"}, receive, send))
        await asyncio.sleep(0)
        asking.cancel()
        await asking

    asyncio.run(cancelled())
    statuses = [message["status"] for message in sent if message["type"] == "http.response.start"]
    assert statuses == [200 if begins else 503]
