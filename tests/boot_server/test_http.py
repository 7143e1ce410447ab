"""The boot server over HTTP, by requests, curl and raw sockets."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.journal import BROKEN_OFF
from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import UsageError

AGENT = "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.1098"
LIMIT = 1000


@pytest.fixture
def site() -> MemorySite:
    return MemorySite({"a.cfg": b"<a/>", "folder/b.ld": bytes(range(256)), "empty.xml": b""}, upload_limit=LIMIT)


@pytest.fixture
def server(site: MemorySite) -> Iterator[HttpEndpoint]:
    before = threading.active_count()
    with HttpEndpoint(site) as server:
        yield server
    assert threading.active_count() == before


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = AGENT
        yield session


def connect(server: HttpEndpoint) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=60)


def said(server: HttpEndpoint, words: bytes) -> bytes:
    """All that the server answers to `words` until it closes the connection."""
    with connect(server) as connection:
        connection.sendall(words)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("a.cfg", "text/xml"), ("empty.xml", "text/xml"), ("folder/b.ld", "application/octet-stream")],
)
def test_file_is_served(
    server: HttpEndpoint, client: requests.Session, site: MemorySite, path: str, content_type: str
) -> None:
    answer = client.get(server.url + path)
    assert (answer.status_code, answer.content) == (200, site.files[path])
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Server"] == "phone_sim"


def test_head_has_no_body(server: HttpEndpoint, client: requests.Session) -> None:
    answer = client.head(server.url + "folder/b.ld")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "256")
    assert client.head(server.url + "none").status_code == 404


def test_missing_file_has_a_page(server: HttpEndpoint, client: requests.Session) -> None:
    answer = client.get(server.url + "0004f2aabbcc-license.cfg")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html"
    assert "<h1>404 Not Found</h1>" in answer.text


def test_query_and_percent_signs_are_read(server: HttpEndpoint, client: requests.Session) -> None:
    assert client.get(server.url + "folder%2Fb%2eld?a=1").status_code == 200
    assert said(server, b"GET http://boot.example/a.cfg HTTP/1.1\r\nConnection: close\r\n\r\n").endswith(b"<a/>")


def test_upload_is_stored(server: HttpEndpoint, client: requests.Session, site: MemorySite) -> None:
    first = client.put(server.url + "0004f2aabbcc-app.log", data=b"one")
    second = client.put(server.url + "0004f2aabbcc-app.log", data=b"two")
    empty = client.put(server.url + "empty.log", data=b"", headers={"Content-Length": "0"})
    assert [answer.status_code for answer in (first, second, empty)] == [201, 204, 201]
    assert "Content-Length" not in second.headers
    assert (site.files["0004f2aabbcc-app.log"], site.files["empty.log"]) == (b"two", b"")


def test_upload_over_the_limit_is_refused(server: HttpEndpoint, client: requests.Session, site: MemorySite) -> None:
    assert client.put(server.url + "log", data=bytes(LIMIT)).status_code == 201
    assert client.put(server.url + "log", data=bytes(LIMIT + 1)).status_code == 413
    assert client.put(server.url + "log", data=bytes(8_000_000)).status_code == 413
    assert len(site.files["log"]) == LIMIT


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 411),
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", 400),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: +3\r\n", 400),
        (b"Content-Length: \xb2\r\n", 400),
        (b"Content-Length: " + b"9" * 19 + b"\r\n", 413),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", 400),
        (b"Content-Length: 3\r\nContent-Range: bytes 0-2/9\r\n", 400),
    ],
)
def test_upload_of_unclear_length_is_refused(server: HttpEndpoint, site: MemorySite, head: bytes, status: int) -> None:
    with connect(server) as connection:
        connection.sendall(b"PUT /log HTTP/1.1\r\n" + head + b"\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        answer = rest(connection)
    assert status_of(answer) == status
    assert b"Connection: close" in answer
    assert "log" not in site.files


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
def test_request_whose_end_is_unclear_is_refused(server: HttpEndpoint, site: MemorySite, method: str) -> None:
    heads = (
        "Content-Length: 3\r\nContent-Length: 3",
        "Content-Length: 0\r\nContent-Length: 3",
        "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nTransfer-Encoding: identity",
        "Content-Length: 3, 3",
        "Content-Length: 3\r\n 4",
        "Content-Length: three",
        "Content-Length : 3",
        "no header\r\nContent-Length: 3",
        "Expect: 100-continue\r\nContent-Length: 3\r\nContent-Length: 3",
    )
    for head in heads:
        words = f"{method} /a.cfg HTTP/1.1\r\n{head}\r\n\r\n".encode()
        answer = refusal(server, words + b"abcGET /folder/b.ld HTTP/1.1\r\n\r\n")
        assert (status_of(answer), answer.count(b"HTTP/1.1 ")) == (400, 1), head
    assert site.files["a.cfg"] == b"<a/>"
    assert [(each.method, each.status) for each in server.journal.requests] == [(method, 400)] * len(heads)


def test_upload_cut_short_is_not_stored(server: HttpEndpoint, site: MemorySite) -> None:
    with connect(server) as connection:
        connection.sendall(b"PUT /log HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(rest(connection)) == 400
    assert "log" not in site.files
    assert [(each.status, each.size) for each in server.journal.requests] == [(400, 0)]


def test_body_is_asked_for_only_if_it_is_taken(server: HttpEndpoint, site: MemorySite) -> None:
    head = b"PUT /log HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
    with connect(server) as connection:
        connection.sendall(head + b"3\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert status_of(rest(connection)) == 201
    with connect(server) as connection:
        connection.sendall(head + b"3000\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(rest(connection)) == 413
    assert site.files["log"] == b"abc"


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "MKCOL", "PATCH"])
def test_other_method_is_refused(server: HttpEndpoint, client: requests.Session, method: str) -> None:
    assert client.request(method, server.url + "a.cfg", data=b"body").status_code == 501
    assert [(each.method, each.status) for each in server.journal.requests] == [(method, 501)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_reads_and_writes(server: HttpEndpoint, site: MemorySite, tmp_path: Path) -> None:
    upload = tmp_path / "upload.log"
    upload.write_bytes(b"line\n")
    curl = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"]
    done = subprocess.run([*curl, "-T", upload, server.url, server.url + "a.cfg"], check=True, capture_output=True)
    assert done.stdout == b"<a/>"
    assert site.files["upload.log"] == b"line\n"
    upload.write_bytes(bytes(4_000_000))
    refused = subprocess.run([*curl, "-w", "%{http_code}", "-T", upload, server.url], check=True, capture_output=True)
    assert refused.stdout.endswith(b"413")


ESCAPES = [
    "../secret",
    "%2e%2e/secret",
    "%2E%2E%2Fsecret",
    "..%5Csecret",
    "..\\secret",
    "a/../../secret",
    "link",
    "folder/secret",
    "secret%00.cfg",
    "",
]


@pytest.mark.parametrize("path", ESCAPES)
def test_no_path_leads_out_of_the_root(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "folder").symlink_to(tmp_path, target_is_directory=True)
    with HttpEndpoint(FolderSite(root)) as server:
        read = said(server, f"GET /{path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
        head = f"PUT /{path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
        written = said(server, head.encode() + b"mine")
    assert (status_of(read), status_of(written)) == (403, 403)
    assert b"\r\n\r\nsecret" not in read
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert sorted(entry.name for entry in root.iterdir()) == ["folder", "link"]


def test_absolute_path_is_below_the_root(tmp_path: Path) -> None:
    with HttpEndpoint(FolderSite(tmp_path)) as server:
        for path in (b"/etc/passwd", b"//etc/passwd", b"/%2Fetc/passwd"):
            assert status_of(said(server, b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\n\r\n")) == 404


def test_connection_is_kept(server: HttpEndpoint) -> None:
    answer = said(
        server,
        b"GET /a.cfg HTTP/1.1\r\n\r\nPUT /x HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"
        b"GET /none HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\nConnection: close\r\n\r\n",
    )
    assert answer.endswith(b"\r\n\r\nx")
    assert [each.status for each in server.journal.requests] == [200, 201, 404, 200]
    assert len({each.client for each in server.journal.requests}) == 1


def test_body_of_a_get_is_not_taken_for_a_request(server: HttpEndpoint) -> None:
    inner = b"GET /folder/b.ld HTTP/1.1\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(b"GET /a.cfg HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection).count(b"HTTP/1.1") == 1
    assert [each.path for each in server.journal.requests] == ["a.cfg"]


def test_request_is_in_the_journal(server: HttpEndpoint, client: requests.Session) -> None:
    client.get(server.url + "a.cfg?x=%20")
    client.put(server.url + "log", data=b"12345")
    client.head(server.url + "none")
    requests_seen = server.journal.requests
    assert [(each.method, each.path, each.status, each.size) for each in requests_seen] == [
        ("GET", "a.cfg?x=%20", 200, 4),
        ("PUT", "log", 201, 5),
        ("HEAD", "none", 404, 0),
    ]
    first = requests_seen[0]
    assert (first.protocol, first.user_agent) == ("http", AGENT)
    assert first.client.startswith("127.0.0.1:")
    assert first.at.utcoffset() is not None
    assert first.seconds >= 0


def test_request_that_cannot_be_read_is_in_the_journal(server: HttpEndpoint) -> None:
    said(server, b"GET /a.cfg HTTP/1.1\r\n\r\n\r\n\xff\xfe \x1b[0m\r\n\r\n")
    for line in (b"GET /a.cfg HTTP/9\r\n", b"GET /a b HTTP/1.1\r\n", b"\x16\x03\x01\x02\r\n", b"GET /" + b"a" * 70_000):
        refusal(server, line + b"\r\n")
    requests_seen = server.journal.requests
    assert [(each.method, each.path[:20], each.status) for each in requests_seen] == [
        ("GET", "a.cfg", 200),
        ("", "\xff\xfe \x1b[0m", 400),
        ("", "GET /a.cfg HTTP/9", 400),
        ("", "GET /a b HTTP/1.1", 400),
        ("", "\x16\x03\x01\x02", 400),
        ("", "GET /aaaaaaaaaaaaaaa", 414),
    ]
    assert all(len(each.path) <= 1000 and each.at.utcoffset() is not None for each in requests_seen)


@pytest.mark.slow
def test_request_that_the_client_breaks_off_is_in_the_journal(site: MemorySite) -> None:
    with HttpEndpoint(site, idle_limit=0.1) as server:
        for words in (b"GET /a.cfg HTTP/1.1\r\nX: ", b"PUT /log HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", b"GET /a"):
            assert said(server, words) == b""
    assert [(each.method, each.path, each.status) for each in server.journal.requests] == [
        ("GET", "a.cfg", BROKEN_OFF),
        ("PUT", "log", BROKEN_OFF),
    ]


def test_name_beyond_ascii_is_read_in_utf8(server: HttpEndpoint, client: requests.Session, site: MemorySite) -> None:
    assert client.put(server.url + "été.log", data=b"1").status_code == 201
    assert site.files["été.log"] == b"1"
    raw = "GET /été.log HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
    assert said(server, raw).endswith(b"\r\n\r\n1")


def test_answered_request_is_already_in_the_journal(server: HttpEndpoint, client: requests.Session) -> None:
    for count in range(1, 101):
        client.get(server.url + "folder/b.ld")
        assert len(server.journal.requests) == count


def test_fifty_clients_at_once_are_served(server: HttpEndpoint) -> None:
    together = threading.Barrier(50)

    def fetch(number: int) -> bytes:
        with connect(server) as connection:
            together.wait(60)
            connection.sendall(b"PUT /%d HTTP/1.1\r\nContent-Length: 2\r\n\r\n%02d" % (number, number))
            assert b" 201 " in connection.recv(1000)
            connection.sendall(b"GET /%d HTTP/1.1\r\nConnection: close\r\n\r\n" % number)
            return rest(connection)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(fetch, range(50)))
    assert [answer[-2:] for answer in answers] == [b"%02d" % number for number in range(50)]
    assert len(server.journal.requests) == 100


def test_connection_over_the_bound_is_turned_away(site: MemorySite) -> None:
    request = b"GET /a.cfg HTTP/1.1\r\n\r\n"
    with HttpEndpoint(site, max_connections=1) as server, connect(server) as first:
        first.sendall(request)
        assert first.recv(1000).startswith(b"HTTP/1.1 200 ")
        with connect(server) as second:
            assert status_of(rest(second)) == 503
        first.sendall(request)
        assert first.recv(1000).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_silent_client_is_cut(site: MemorySite) -> None:
    with HttpEndpoint(site, idle_limit=0.1) as server:
        assert said(server, b"") == b""
        assert said(server, b"GET /a.cfg HTTP/1.1\r\n") == b""
        assert said(server, b"PUT /log HTTP/1.1\r\nContent-Length: 5\r\n\r\nab") == b""


@pytest.mark.slow
@pytest.mark.parametrize(
    "opening", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"PUT /x HTTP/1.1\r\nContent-Length: 900\r\n\r\n"]
)
def test_client_that_drips_is_cut(site: MemorySite, opening: bytes) -> None:
    with HttpEndpoint(site, request_limit=0.3) as server, connect(server) as connection:
        connection.sendall(opening)
        connection.settimeout(0.02)
        for _ in range(1000):
            try:
                connection.sendall(b"x")
                if connection.recv(1000) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("the client still holds its connection")


@pytest.mark.slow
def test_client_that_does_not_read_is_cut() -> None:
    with HttpEndpoint(MemorySite({"big": bytes(32_000_000)}), request_limit=0.3) as server, connect(server) as slow:
        slow.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert server.journal.wait_for(1, timeout=60)
        assert 0 <= server.journal.requests[0].size < 32_000_000


def test_long_head_is_refused(server: HttpEndpoint) -> None:
    start = b"GET /a.cfg HTTP/1.1\r\n"
    long_line, many_bytes, many_lines = b"X: " + b"x" * 20_000, b"X: 1234567890123\r\n" * 1000, b"X:\r\n" * 101
    for head in (long_line, many_bytes, many_lines):
        assert status_of(refusal(server, start + head + b"\r\n\r\n")) == 431
    assert status_of(refusal(server, b"GET /" + b"a" * 70_000)) == 414


def refusal(server: HttpEndpoint, words: bytes) -> bytes:
    """The answer to what the server does not read to its end; the client may go on sending all the same."""
    with connect(server) as connection:
        connection.sendall(words)
        answer = rest(connection)
        for _ in range(100):
            connection.sendall(b"more")
    return answer


@pytest.mark.slow
@given(st.binary(max_size=200) | st.builds(lambda noise: b"GET /" + noise + b"\r\n\r\n", st.binary(max_size=200)))
def test_noise_does_not_stop_the_server(noisy_server: HttpEndpoint, noise: bytes) -> None:
    with connect(noisy_server) as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        rest(connection)
    assert said(noisy_server, b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n").endswith(b"\r\n\r\n1")


@pytest.fixture(scope="module")
def noisy_server() -> Iterator[HttpEndpoint]:
    with HttpEndpoint(MemorySite({"a": b"1"})) as server:
        yield server


def test_client_that_leaves_makes_no_noise(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    with HttpEndpoint(MemorySite({"big": bytes(32_000_000)})) as server:
        with connect(server) as connection:
            connection.sendall(b"GET /big HTTP/1.1\r\n\r\n")
            connection.recv(10)
        assert server.journal.wait_for(1, timeout=60)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_stop_ends_what_is_under_way() -> None:
    before = threading.active_count()
    with HttpEndpoint(MemorySite({"big": bytes(32_000_000)})) as server, connect(server) as reader:
        reader.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert reader.recv(10) == b"HTTP/1.1 2"
        with connect(server) as idle:
            idle.sendall(b"HEAD /none HTTP/1.1\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 404 ")
            server.stop()
            assert threading.active_count() == before
            assert idle.recv(10) == b""


def test_server_starts_again_on_its_port(site: MemorySite, client: requests.Session) -> None:
    server = HttpEndpoint(site)
    with server:
        url = server.url
        assert client.get(url + "a.cfg").status_code == 200
    server.stop()
    with pytest.raises(requests.ConnectionError):
        client.get(url + "a.cfg")
    with server:
        assert server.url == url
        assert client.get(url + "a.cfg").status_code == 200


def test_taken_port_is_a_usage_error(server: HttpEndpoint, site: MemorySite) -> None:
    for port in (server.port, 70_000):
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            HttpEndpoint(site, port=port).start()
