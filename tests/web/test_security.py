"""The guard in front of every page: who is let in, from where, and with how much."""

from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from phone_sim.errors import UsageError
from phone_sim.web.security import Guard
from phone_sim.web_access import Access, RequestBounds

PORT = 8123
HERE = f"http://127.0.0.1:{PORT}"
OWN = {"Origin": HERE}
ELSEWHERE = Access.at("192.0.2.1", PORT, ["phones.example"])
THERE = f"http://192.0.2.1:{PORT}"
SECRETS = "what the server knows"


async def echo(request: Request) -> Response:
    """What was asked, and how long the body was."""
    body = await request.body()
    return PlainTextResponse(f"{request.method} {request.url.path}?{request.url.query} {len(body)}")


async def events(_: Request) -> Response:
    """A response that comes in parts."""

    async def parts() -> AsyncIterator[str]:
        for place in range(3):
            yield f"data: {place}\n\n"

    return StreamingResponse(parts(), media_type="text/event-stream")


async def shared(_: Request) -> Response:
    """A page that wants to be seen by pages of others."""
    return PlainTextResponse("all", headers={"Access-Control-Allow-Origin": "*", "ACCESS-CONTROL-MAX-AGE": "9"})


async def fail(_: Request) -> Response:
    """A page that goes wrong."""
    raise RuntimeError(SECRETS)


def client(access: Access | None = None, base_url: str = HERE, **bounds: float) -> TestClient:
    """A client of a guarded application; what goes wrong in it is an answer, and no exception."""
    limits = RequestBounds(**{"body": 1000, "larger_bodies": {"/upload": 5000}, **bounds})  # type: ignore[arg-type]
    app = Starlette(
        routes=[
            Route("/events", events),
            Route("/shared", shared),
            Route("/fail", fail),
            Route("/{path:path}", echo, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(Guard, access=access or Access.at("127.0.0.1", PORT), bounds=limits)],
    )
    return TestClient(app, base_url=base_url, follow_redirects=False, raise_server_exceptions=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
def test_own_names_are_served(host: str) -> None:
    assert client().get("/page", headers={"Host": f"{host}:{PORT}"}).text == "GET /page? 0"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",
        "localhost:80",
        f"localhost.evil.example:{PORT}",
        f"evil.example@localhost:{PORT}",
        f"localhost:{PORT}@evil.example",
        f"localhost:{PORT}/",
        f"localhost:{PORT}#",
        f"localhost :{PORT}",
        f"localhost:{PORT}:{PORT}",
        f"localhost:{PORT}, evil.example",
        "localhost:999999",
        "[::1",
        f"0.0.0.0:{PORT}",
        "",
    ],
)
def test_foreign_host_is_refused(host: str) -> None:
    answer = client().get("/page", headers={"Host": host})
    assert answer.status_code == 403
    assert "The Host header is not a name of this server" in answer.text
    assert "localhost" not in answer.text


def test_two_hosts_are_refused() -> None:
    headers = [("Host", f"localhost:{PORT}"), ("Host", f"localhost:{PORT}")]
    assert client().get("/page", headers=headers).status_code == 403


def test_address_of_the_connection_is_served_and_no_name_for_it() -> None:
    nowhere = Access(hosts=frozenset())
    assert client(nowhere, THERE).get("/page").status_code == 200
    assert client(nowhere, f"http://[2001:db8::1]:{PORT}").get("/page").status_code == 200
    assert client(nowhere, "http://evil.example").get("/page").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": HERE}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": f"http://127.0.0.1:{PORT + 1}"}, 403),
        ({"Origin": f"http://localhost:{PORT}"}, 403),
        ({"Origin": f"https://127.0.0.1:{PORT}"}, 403),
        ({"Origin": f"{HERE}.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Referer": f"{HERE}/page"}, 403),
        ({"Referer": f"{HERE}/page?x=1"}, 200),
        ({"Referer": f"http://evil.example/{HERE}"}, 403),
        ({"Referer": f"http://127.0.0.1:{PORT}@evil.example/"}, 403),
        ({}, 403),
    ],
)
def test_change_comes_from_a_page_of_this_server(headers: dict[str, str], status: int) -> None:
    answer = client().post("/page", content=b"1", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert f"A program sends Origin: {HERE}" in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "LOCK", "post"])
def test_every_method_but_reading_needs_an_own_origin(method: str) -> None:
    assert client().request(method, "/page").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": HERE}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
    ],
)
def test_pages_of_others_read_nothing_and_may_link_here(headers: dict[str, str], status: int) -> None:
    for method in ("GET", "HEAD"):
        assert client().request(method, "/page", headers=headers).status_code == status


def test_no_header_lets_pages_of_others_see_an_answer() -> None:
    for origin in (HERE, "http://evil.example"):
        answer = client().get("/shared", headers={"Origin": origin})
        assert [name for name in answer.headers if name.startswith("access-control-")] == []
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_loopback_needs_no_token_and_elsewhere_does() -> None:
    assert Access.at("127.0.0.2", PORT).token is None
    assert Access.at("::1", PORT).token is None
    tokens = {Access.at(address, PORT).token for address in ("0.0.0.0", "::", "192.0.2.1", "192.0.2.1")}
    assert len(tokens) == 4
    assert all(token is not None and len(token) >= 43 for token in tokens)
    assert str(ELSEWHERE.token) not in repr(ELSEWHERE)


def test_names_are_added_with_the_port() -> None:
    assert Access.at("127.0.0.1", 80, ["Phones.example", "outside.example:8080", "[2001:db8::1]"]).hosts == {
        "127.0.0.1:80",
        "localhost:80",
        "[::1]:80",
        "phones.example:80",
        "outside.example:8080",
        "[2001:db8::1]:80",
    }
    for name in ("", "a:b", "a/b", "http://a", "::1", "a b"):
        with pytest.raises(UsageError, match="NAME or NAME:PORT is expected"):
            Access.at("127.0.0.1", 80, [name])


@pytest.fixture
def outside() -> Iterator[TestClient]:
    """A browser that reaches a server from elsewhere."""
    with client(ELSEWHERE, THERE) as browser:
        yield browser


def test_token_in_the_address_becomes_a_cookie(outside: TestClient) -> None:
    assert outside.get("/page").status_code == 401
    entry = outside.get(f"/page?a=1&token={ELSEWHERE.token}&b=%26")
    assert entry.status_code == 303
    assert entry.headers["location"] == "/page?a=1&b=%26"
    cookie = entry.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie)
    assert cookie[0].startswith(f"phone_sim_token_{PORT}=")
    assert outside.get(entry.headers["location"]).text == "GET /page?a=1&b=%26 0"
    assert outside.get(f"/page?token={ELSEWHERE.token}").headers["location"] == "/page"


def test_cookie_does_not_replace_the_origin(outside: TestClient) -> None:
    outside.get(f"/?token={ELSEWHERE.token}")
    assert outside.post("/page").status_code == 403
    assert outside.post("/page", headers={"Origin": "http://evil.example"}).status_code == 403
    assert outside.post("/page", headers={"Origin": THERE}).status_code == 200


def test_program_shows_the_token_in_a_header(outside: TestClient) -> None:
    shown = {"Authorization": f"Bearer {ELSEWHERE.token}"}
    assert outside.post("/page", headers=shown).status_code == 200
    assert outside.post("/page", headers={**shown, "Origin": "http://evil.example"}).status_code == 403
    assert "set-cookie" not in outside.get("/page", headers=shown).headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {str(ELSEWHERE.token)[:-1]}"},
        {"Authorization": f"Basic {ELSEWHERE.token}"},
        {"Authorization": "Bearer " + "ä" * 43},
        {"Cookie": f"phone_sim_token_{PORT}=guess"},
        {"Cookie": f"phone_sim_token_{PORT}="},
        {"Cookie": f"phone_sim_token_1={ELSEWHERE.token}"},
    ],
)
def test_without_the_token_nothing_is_shown(outside: TestClient, headers: dict[str, str]) -> None:
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    for path in ("/page", "/events", "/fail", "/?token=", "/?token=guess"):
        answer = outside.get(path, headers=sent)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert str(ELSEWHERE.token) not in answer.text
        assert "guess" not in answer.text
    assert outside.post(f"/page?token={ELSEWHERE.token}", headers={"Origin": THERE}).status_code == 401


def test_entry_leads_to_no_other_server(outside: TestClient) -> None:
    entry = outside.get(f"http://192.0.2.1:{PORT}//evil.example/x?token={ELSEWHERE.token}")
    assert entry.headers["location"] == "/evil.example/x"
    split = outside.get(f"/a%0d%0aX-Header:%201?token={ELSEWHERE.token}")
    assert split.headers["location"] == "/a%0D%0AX-Header%3A%201"


def test_foreign_name_is_refused_before_the_token_is_looked_at(outside: TestClient) -> None:
    answer = outside.get(f"/?token={ELSEWHERE.token}", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)


@pytest.mark.parametrize("path", ["/page", "/events", "/fail"])
def test_every_response_has_the_security_headers(path: str) -> None:
    for answer in (client().get(path), client().get(path, headers={"Host": "evil.example"})):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert SECRETS not in answer.text


def test_response_in_parts_arrives_whole() -> None:
    assert client().get("/events").text == "data: 0\n\ndata: 1\n\ndata: 2\n\n"


@pytest.mark.parametrize(("path", "limit"), [("/page", 1000), ("/upload", 5000)])
@pytest.mark.parametrize("streamed", [False, True])
def test_body_has_a_size_limit(path: str, limit: int, *, streamed: bool) -> None:
    def sent(size: int) -> int:
        content = (bytes(100) for _ in range(size // 100)) if streamed else bytes(size)
        return int(client().post(path, content=content, headers=OWN).status_code)

    assert [sent(limit), sent(limit + 100)] == [200, 413]


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "9" * 5000, "0x10", ""])
def test_length_that_is_none_is_refused(length: str) -> None:
    headers = {b"Origin": HERE.encode(), b"Content-Length": length.encode()}
    assert client().post("/page", content=b"", headers=headers).status_code in (400, 413)


def test_headers_have_a_size_limit() -> None:
    assert client().get("/page", headers={"X": "x" * 17_000}).status_code == 431
    assert client().get("/page", headers={f"X-{place}": "" for place in range(100)}).status_code == 431
    assert client().get("/page", headers={"X": "x" * 10_000}).status_code == 200


def test_web_socket_is_closed() -> None:
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/page", headers={"Host": f"localhost:{PORT}"}):
        pass
