"""What every transport does alike, against the embedded boot servers and in memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random

import pytest

from phone_sim.boot_server.http import HttpBootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpBootServer
from phone_sim.firmware.effects import Fetched, FetchReply, NotFound, Refused, TransferFailed, Uploaded, UploadReply
from phone_sim.runtime.transport import Transport, network_transport
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import Conversation, HostileHttpServer, Request, Script, tls_context
from tests.runtime.phones import PATIENT, fetch, upload, within

UPLOAD_LIMIT = 3_000_000
FILES = {
    "site.cfg": b"<site/>",
    "folder/a.cfg": b"<a/>",
    "empty.cfg": b"",
    "large.cfg": Random(1).randbytes(2_000_000),
    "512.cfg": bytes(512),
    "1468.cfg": bytes(1468),
    "1000.cfg": bytes(1000),
}


@dataclass(frozen=True, slots=True)
class Served:
    """A boot server and a transport that speaks to it."""

    url: str
    transport: Transport

    def fetch(self, name: str, *, limit: int = UPLOAD_LIMIT, url: str | None = None) -> FetchReply:
        return within(lambda: self.transport.fetch(fetch((url or self.url) + name, limit=limit)), 60)

    def upload(self, name: str, body: bytes) -> UploadReply:
        return within(lambda: self.transport.upload(upload(self.url + name, body)), 60)


def relaying(to: HttpBootServer) -> Script:
    """A script that asks another server: what it says in the clear is said over TLS."""

    def script(conversation: Conversation, request: Request) -> None:
        connection = HTTPConnection(to.host, to.port, timeout=20)
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        conversation.say(head.encode() + body)

    return script


def serve_http(stack: ExitStack, _: Path) -> Served:
    server = stack.enter_context(HttpBootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT)))
    return Served(server.url, network_transport(limits=PATIENT))


def serve_https(stack: ExitStack, folder: Path) -> Served:
    certificates = Certificates.make(folder)
    plain = stack.enter_context(HttpBootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT)))
    front = stack.enter_context(HostileHttpServer(relaying(plain), tls=tls_context(certificates)))
    return Served(front.url, network_transport(limits=PATIENT, ca_file=certificates.ca_file))


def serve_tftp(stack: ExitStack, _: Path) -> Served:
    server = stack.enter_context(TftpBootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT)))
    return Served(server.url, network_transport(limits=PATIENT))


def serve_memory(_: ExitStack, __: Path) -> Served:
    return Served("http://boot.example/", serve(dict(FILES)))


NETWORK = [serve_http, serve_https, serve_tftp]


@pytest.fixture(params=[*NETWORK, serve_memory])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    start: Callable[[ExitStack, Path], Served] = request.param
    with ExitStack() as stack:
        served = start(stack, tmp_path)
        yield served
        served.transport.close()


over_a_network = pytest.mark.parametrize("served", NETWORK, indirect=True)


@pytest.mark.parametrize("name", ["site.cfg", "empty.cfg", "large.cfg", "512.cfg", "1468.cfg"])
def test_file_comes_whole(served: Served, name: str) -> None:
    assert served.fetch(name) == Fetched(FILES[name])


def test_missing_file_is_not_found(served: Served) -> None:
    reply = served.fetch("none.cfg")
    assert isinstance(reply, NotFound)
    assert "not found" in reply.reason.lower()


def test_file_below_a_folder_comes_whole(served: Served) -> None:
    assert served.fetch("a.cfg", url=served.url + "folder/") == Fetched(FILES["folder/a.cfg"])


@pytest.mark.parametrize("size", [512, 1000, 1468])
def test_file_at_the_limit_comes_whole(served: Served, size: int) -> None:
    assert served.fetch(f"{size}.cfg", limit=size) == Fetched(bytes(size))


@pytest.mark.parametrize("size", [512, 1000, 1468])
def test_file_one_byte_over_the_limit_is_failed(served: Served, size: int) -> None:
    assert served.fetch(f"{size}.cfg", limit=size - 1) == TransferFailed(f"the file has more than {size - 1} bytes")


def test_transfer_after_a_failed_one_succeeds(served: Served) -> None:
    served.fetch("large.cfg", limit=1_000)
    served.fetch("none.cfg")
    assert served.fetch("large.cfg") == Fetched(FILES["large.cfg"])


@pytest.mark.parametrize("body", [b"", b"one line\n", Random(2).randbytes(2_000_000)], ids=["empty", "line", "large"])
def test_uploaded_file_is_what_is_fetched(served: Served, body: bytes) -> None:
    assert served.upload("0004f2000001-app.log", body) == Uploaded()
    assert served.fetch("0004f2000001-app.log") == Fetched(body)


def test_second_upload_takes_the_place_of_the_first(served: Served) -> None:
    served.upload("app.log", b"a" * 1000)
    served.upload("app.log", b"b")
    assert served.fetch("app.log") == Fetched(b"b")


@over_a_network
def test_upload_over_the_limit_is_refused(served: Served) -> None:
    reply = served.upload("app.log", bytes(UPLOAD_LIMIT + 1))
    assert isinstance(reply, Refused)
    assert isinstance(served.fetch("app.log"), NotFound)


def test_password_that_nobody_asks_for_changes_nothing(served: Served) -> None:
    with_password = served.url.replace("://", "://PlcmSpIp:secret@")
    assert served.fetch("site.cfg", url=with_password) == Fetched(FILES["site.cfg"])


def test_memory_records_what_was_asked() -> None:
    transport = serve({"a.cfg": b"<a/>"})
    asked = [fetch("http://boot.example/a.cfg"), fetch("http://boot.example/b.cfg")]
    for request in asked:
        transport.fetch(request)
    put = upload("http://boot.example/a.log", b"log")
    transport.upload(put)
    assert transport.requests == [*asked, put]


def test_memory_server_answers_as_it_is_told() -> None:
    transport = MemoryTransport(lambda _: Refused("HTTP 403 Forbidden"), lambda _: Refused("HTTP 405"))
    assert transport.fetch(fetch("http://boot.example/a.cfg")) == Refused("HTTP 403 Forbidden")
    assert transport.upload(upload("http://boot.example/a.log", b"")) == Refused("HTTP 405")


def test_scheme_that_nothing_speaks_is_a_failed_transfer() -> None:
    transport = network_transport()
    assert transport.fetch(fetch("gopher://boot.example/a.cfg")) == TransferFailed(
        "no transport speaks gopher", unreachable=True
    )
    assert transport.upload(upload("gopher://boot.example/a", b"")) == TransferFailed(
        "no transport speaks gopher", unreachable=True
    )
