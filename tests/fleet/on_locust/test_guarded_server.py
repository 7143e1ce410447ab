"""The guard in front of the fleet's page and metrics: as a WSGI application, as a server, and against a browser."""

import http.client
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from email.message import Message
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from phone_sim.fleet.on_locust.guarded_server import Guard
from phone_sim.web_access import Access, RequestBounds
from tests.fleet.running import Running, asked, make_site, posted, until
from tests.real_servers.nginx import Nginx
from tests.web.chromium import chromium
from tests.web.foreign_page import AS_FOREIGN, ForeignPage

PORT = 8089
HERE = f"127.0.0.1:{PORT}"
ELSEWHERE = Access.at("192.0.2.1", PORT)


class SlowBody:
    """A body that does not come."""

    def read(self, _length: int) -> bytes:
        """Wait for it."""
        from gevent import sleep

        sleep(60)
        return b""


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A page that says what it was sent, and wants to be seen by pages of others, as all pages of Locust do."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")])
    return [environ["wsgi.input"].read()]


def answer(
    headers: dict[str, str], method: str = "GET", access: Access | None = None, body: Any = None, **environ: Any
) -> tuple[str, dict[str, str], bytes]:
    """The status, the headers and the body of an answer behind the guard."""
    guard = Guard(echo, access or Access.at("127.0.0.1", PORT), RequestBounds(body=10, body_seconds=0.05))
    said: list[Any] = []
    names = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in {"Host": HERE, **headers}.items()}
    request = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "wsgi.url_scheme": "http",
        "wsgi.input": body if body is not None else BytesIO(b"0123456789"),
        **names,
        **environ,
    }
    parts = b"".join(guard(request, lambda *more: said.append(more)))
    status, shown = said[0][:2]
    return status, dict(shown), parts


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, "200 OK"),
        ("GET", {"Host": f"evil.example:{PORT}"}, "403 Forbidden"),
        ("GET", {"Origin": "http://evil.example"}, "403 Forbidden"),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, "403 Forbidden"),
        ("POST", {"Origin": f"http://{HERE}"}, "200 OK"),
        ("POST", {"Origin": f"http://{HERE},http://{HERE}"}, "403 Forbidden"),
        ("POST", {"Origin": "http://evil.example"}, "403 Forbidden"),
        ("POST", {}, "403 Forbidden"),
        ("POST", {"X": "x" * 17_000, "Origin": f"http://{HERE}"}, "431 Request Header Fields Too Large"),
    ],
)
def test_rules_hold_for_wsgi(method: str, headers: dict[str, str], status: str) -> None:
    found, shown, _ = answer(headers, method)
    assert found == status
    assert not [name for name in shown if name.lower().startswith("access-control-")]
    assert "frame-ancestors 'none'" in shown["content-security-policy"]


@pytest.mark.parametrize(
    ("environ", "status", "body"),
    [
        ({"CONTENT_LENGTH": "10"}, "200 OK", b"0123456789"),
        ({"CONTENT_LENGTH": "4"}, "200 OK", b"0123"),
        ({}, "200 OK", b""),
        (
            {"CONTENT_LENGTH": "11"},
            "413 Request Entity Too Large",
            b"The body of this request has more than 10 bytes.\n",
        ),
        ({"CONTENT_LENGTH": "-1"}, "400 Bad Request", b"The Content-Length of this request is not a number.\n"),
        (
            {"HTTP_TRANSFER_ENCODING": "chunked"},
            "411 Length Required",
            b"The body of this request needs a Content-Length.\n",
        ),
        (
            {"CONTENT_LENGTH": "1", "body": SlowBody()},
            "408 Request Timeout",
            b"The body of this request did not come in time.\n",
        ),
    ],
    ids=["whole", "part", "none", "large", "negative", "chunked", "slow"],
)
def test_body_has_bounds(environ: dict[str, Any], status: str, body: bytes) -> None:
    found, _, said = answer({"Origin": f"http://{HERE}"}, "POST", **environ)
    assert (found, said) == (status, body)


def test_token_lets_a_browser_and_a_program_in_from_elsewhere() -> None:
    there = {"Host": f"192.0.2.1:{PORT}"}
    assert answer(there, access=ELSEWHERE)[0] == "401 Unauthorized"
    assert answer({**there, "Authorization": f"Bearer {ELSEWHERE.token}"}, access=ELSEWHERE)[0] == "200 OK"
    status, headers, _ = answer(there, access=ELSEWHERE, PATH_INFO="/phones", QUERY_STRING=f"token={ELSEWHERE.token}")
    assert (status, headers["location"]) == ("303 See Other", "/phones")
    cookie = headers["set-cookie"].partition(";")[0]
    assert answer({**there, "Cookie": f"a=b; {cookie}"}, access=ELSEWHERE)[0] == "200 OK"
    assert answer({**there, "Cookie": f"{cookie}x"}, access=ELSEWHERE)[0] == "401 Unauthorized"


def headers_of(method: str, url: str, headers: dict[str, str]) -> Message:
    """The headers of an answer."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request(method, parts.path, headers=headers)
        return connection.getresponse().headers


def status_of(url: str, **headers: str) -> int:
    """The status of a page that is asked for with these headers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as found:
            return int(found.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(AS_FOREIGN) as browser:
        yield browser


@pytest.mark.real
def test_page_elsewhere_needs_the_token_everywhere(browser: Browser) -> None:
    words = ("--server", "http://127.0.0.1:9/", "--web-host", "0.0.0.0", "--web-port", "0", "--metrics-port", "0")
    with Running(*words, "--web-name", "load.example") as run:
        entry, token = run.hear(r"Open (http://\S+/\?token=\S+);"), run.hear(r"Authorization: Bearer (\S+)")
        port = urlsplit(entry).port
        metrics = urlsplit(run.hear(r"Metrics are at (\S+)")).port
        paths = ("/", "/phones", "/phones/page.js", "/metrics", "/logs", "/stats/requests", "/stats/requests/csv")
        pages = [f"http://127.0.0.1:{port}{path}" for path in (*paths, "/stats/report", "/assets/none", "/nowhere")]
        pages += [f"http://127.0.0.1:{metrics}/metrics", f"http://127.0.0.1:{metrics}/"]
        assert {page: status_of(page) for page in pages} == dict.fromkeys(pages, 401)
        shown = {"Authorization": f"Bearer {token}"}
        found = {page: status_of(page, **shown) for page in pages}
        assert found == {page: 404 if page.endswith(("/none", "/nowhere")) else 200 for page in pages}
        assert status_of(pages[0], Host=f"load.example:{port}", **shown) == 200
        assert status_of(pages[0], Host=f"other.example:{port}", **shown) == 403
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/?token={token}")
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert page.url == f"http://127.0.0.1:{port}/"
        page.close()
        for method, path in (("GET", "/"), ("OPTIONS", "/swarm"), ("GET", "/nowhere"), ("POST", "/stop")):
            own = {**shown, "Origin": f"http://127.0.0.1:{port}"}
            headers = headers_of(method, f"http://127.0.0.1:{port}{path}", own)
            assert [name for name in headers if name.lower().startswith("access-control-")] == []
            assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.real
def test_foreign_page_neither_starts_nor_stops_nor_reads(browser: Browser, tmp_path: Path) -> None:
    make_site(tmp_path / "root", 2)
    with Nginx(tmp_path / "root", tmp_path / "work") as server, ForeignPage() as foreign:
        words = ("--server", server.url, "-u", "2", "--web-port", "0", "--metrics-port", "0")
        with Running(*words) as run:
            url = run.hear(r"page is at (\S+)/")
            metrics = run.hear(r"Metrics are at (\S+)")
            reads = ["/phones", "/phones/0004f2000001/log", "/metrics", "/logs", "/stats/requests", "/tasks"]
            reads += ["/stats/requests/csv", "/stats/report", "/exceptions"]
            swarm = {"user_count": "2", "spawn_rate": "9", "host": server.url}
            assert foreign.attack(browser, url, reads, [("/swarm", swarm)]) == []
            assert foreign.attack(browser, metrics.rpartition("/")[0], ["/metrics"]) == []
            assert asked(f"{url}/phones")["states"] == {"off": 2}
            assert posted(f"{url}/swarm", **swarm)["success"]
            # Either can be counted before the other.
            until(lambda: (now := asked(f"{url}/phones"))["boots"] == 2 and now["states"] == {"idle": 2})
            assert foreign.attack(browser, url, ["/phones"], [("/stop", {}), ("/stats/reset", {})]) == []
            assert asked(f"{url}/phones")["states"] == {"idle": 2}
            assert asked(f"{url}/phones")["boots"] == 2


_SILENT = """
import gevent.monkey
gevent.monkey.patch_all()
import socket, urllib.request
from phone_sim.fleet.on_locust import guarded_server

guarded_server.CONNECTION_LIMIT, guarded_server.HEAD_SECONDS = 2, 0.5

def page(environ, start_response):
    start_response("200 OK", [])
    return [b"here"]

server = guarded_server.serve_guarded(page, "--web-port", ("127.0.0.1", 0))
silent = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(2)]
silent[1].sendall(b"GET / HTTP/1.1\\r\\nHost: ")
assert urllib.request.urlopen(server.url, timeout=60).read() == b"here"
assert silent[0].recv(100) == b""
assert silent[1].recv(100).startswith(b"HTTP/1.1 400")
"""


def test_silent_connections_shut_nobody_out_for_long() -> None:
    ended = subprocess.run([sys.executable, "-c", _SILENT], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
