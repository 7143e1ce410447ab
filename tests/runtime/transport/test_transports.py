"""What every transport does alike, a phone's own and a fleet's, against the embedded boot servers, pyftpdlib and in
memory."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    Streamed,
    StreamReply,
    TransferFailed,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Transport, TransportByScheme, network_transport
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from tests.real_servers import Certificates, Pyftpdlib
from tests.runtime.by_fleet import fleet_transport
from tests.runtime.phones import FOR_SILENCE, PATIENT, fetch, upload, within
from tests.runtime.resolver import Resolver

UPLOAD_LIMIT = 3_000_000
Made = Callable[..., TransportByScheme]
ALL_BUT_TFTP = [(scheme, network_transport) for scheme in ("http", "https", "ftp", "ftps")]
ALL = [*ALL_BUT_TFTP, ("tftp", network_transport), *((scheme, fleet_transport) for scheme in ("http", "https", "tftp"))]
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
        return within(lambda: self.transport.fetch(fetch((url or self.url) + name, limit=limit)))

    def stream(self, name: str, *, header: int = 512, reads_all: bool, limit: int = UPLOAD_LIMIT) -> StreamReply:
        asked = fetch(self.url + name)
        request = Stream(
            location=asked.location, header=header, reads_all=reads_all, limit=limit, user_agent=asked.user_agent
        )
        return within(lambda: self.transport.stream(request))

    def fetch_as(self, request: Fetch) -> FetchReply:
        return within(lambda: self.transport.fetch(request))

    def upload(self, name: str, body: bytes, *, offset: int | None = None) -> UploadReply:
        return within(lambda: self.transport.upload(replace(upload(self.url + name, body), offset=offset)))


def serve_http(stack: ExitStack, _: Path, made: Made = network_transport) -> Served:
    server = stack.enter_context(BootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT)))
    return Served(server.url, made(limits=PATIENT))


def serve_https(stack: ExitStack, _: Path, made: Made = network_transport) -> Served:
    server = stack.enter_context(BootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT), https_port=0))
    return Served(server.https_url, made(limits=PATIENT, ca_file=server.ca_file))


def serve_tftp(stack: ExitStack, _: Path, made: Made = network_transport) -> Served:
    server = stack.enter_context(BootServer(MemorySite(FILES, upload_limit=UPLOAD_LIMIT)))
    return Served(server.tftp_url, made(limits=PATIENT))


def serve_fleet_http(stack: ExitStack, folder: Path) -> Served:
    return serve_http(stack, folder, fleet_transport)


def serve_fleet_https(stack: ExitStack, folder: Path) -> Served:
    return serve_https(stack, folder, fleet_transport)


def serve_fleet_tftp(stack: ExitStack, folder: Path) -> Served:
    return serve_tftp(stack, folder, fleet_transport)


def serve_ftp(stack: ExitStack, folder: Path, tls: Certificates | None = None) -> Served:
    root = folder / "site"
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    server = stack.enter_context(Pyftpdlib(root, folder / "ftp", user="PlcmSpIp", password="secret", tls=tls))
    url = server.url.replace("://", "://PlcmSpIp:secret@")
    return Served(url, network_transport(limits=PATIENT, ca_file=tls.ca_file if tls is not None else None))


def serve_ftps(stack: ExitStack, folder: Path) -> Served:
    return serve_ftp(stack, folder, Certificates.make(folder))


def serve_memory(_: ExitStack, __: Path) -> Served:
    return Served("http://boot.example/", serve(dict(FILES)))


EMBEDDED = [serve_http, serve_https, serve_tftp, serve_fleet_http, serve_fleet_https, serve_fleet_tftp]


@pytest.fixture(params=[*EMBEDDED, serve_ftp, serve_ftps, serve_memory], scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests; what they upload has names of its own."""
    start: Callable[[ExitStack, Path], Served] = request.param
    with ExitStack() as stack:
        served = start(stack, tmp_path_factory.mktemp("served"))
        yield served
        served.transport.close()


OVER_HTTP = [serve_http, serve_https, serve_fleet_http, serve_fleet_https, serve_memory]
over_http = pytest.mark.parametrize("served", OVER_HTTP, indirect=True, scope="module")
with_an_upload_limit = pytest.mark.parametrize("served", EMBEDDED, indirect=True, scope="module")


@pytest.mark.parametrize("name", ["site.cfg", "empty.cfg", "large.cfg", "512.cfg", "1468.cfg"])
def test_file_comes_whole(served: Served, name: str) -> None:
    assert served.fetch(name) == Fetched(FILES[name])


def test_missing_file_is_not_found(served: Served) -> None:
    reply = served.fetch("none.cfg")
    assert isinstance(reply, NotFound)
    assert reply.status in reply.protocol.missing
    assert "not found" in reply.words.lower() or "no such file" in reply.words.lower()
    assert reply.reason == f"{reply.protocol.title} {reply.status} {reply.words}"


@pytest.mark.parametrize("name", ["large.cfg", "1000.cfg"])
def test_transfer_is_dropped_after_the_header_and_the_next_one_goes_on(served: Served, name: str) -> None:
    for _ in range(2):
        reply = served.stream(name, reads_all=False)
        assert reply == Streamed(header=FILES[name][:512], size=512, is_all=False)
    assert served.fetch("site.cfg") == Fetched(FILES["site.cfg"])


@pytest.mark.parametrize("name", ["large.cfg", "1468.cfg", "site.cfg", "empty.cfg"])
def test_whole_file_is_streamed_and_its_header_kept(served: Served, name: str) -> None:
    reply = served.stream(name, reads_all=True)
    assert reply == Streamed(header=FILES[name][:512], size=len(FILES[name]), is_all=True)


def test_file_shorter_than_the_header_ends_by_itself(served: Served) -> None:
    assert served.stream("site.cfg", reads_all=False) == Streamed(header=b"<site/>", size=7, is_all=True)


def test_missing_file_is_not_streamed(served: Served) -> None:
    assert isinstance(served.stream("none.ld", reads_all=False), NotFound)


def test_streamed_file_over_the_limit_is_a_failed_transfer(served: Served) -> None:
    reply = served.stream("large.cfg", reads_all=True, limit=1_999_999)
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.reason) == (FailureKind.TOO_LARGE, "the file has more than 1999999 bytes")


def test_file_below_a_folder_comes_whole(served: Served) -> None:
    assert served.fetch("a.cfg", url=served.url + "folder/") == Fetched(FILES["folder/a.cfg"])


@pytest.mark.parametrize("size", [512, 1000, 1468])
def test_file_at_the_limit_comes_whole(served: Served, size: int) -> None:
    assert served.fetch(f"{size}.cfg", limit=size) == Fetched(bytes(size))


@pytest.mark.parametrize("size", [512, 1000, 1468])
def test_file_one_byte_over_the_limit_is_failed(served: Served, size: int) -> None:
    assert served.fetch(f"{size}.cfg", limit=size - 1) == TransferFailed(
        FailureKind.TOO_LARGE, f"the file has more than {size - 1} bytes"
    )


def test_transfer_after_a_failed_one_succeeds(served: Served) -> None:
    served.fetch("large.cfg", limit=1_000)
    served.fetch("none.cfg")
    assert served.fetch("large.cfg") == Fetched(FILES["large.cfg"])


@pytest.mark.parametrize("body", [b"", b"one line\n", Random(2).randbytes(2_000_000)], ids=["empty", "line", "large"])
def test_uploaded_file_is_what_is_fetched(served: Served, body: bytes) -> None:
    assert served.upload("0004f2000001-app.log", body) == Uploaded()
    assert served.fetch("0004f2000001-app.log") == Fetched(body)


def test_second_upload_takes_the_place_of_the_first(served: Served) -> None:
    served.upload("twice.log", b"a" * 1000)
    served.upload("twice.log", b"b")
    assert served.fetch("twice.log") == Fetched(b"b")


@over_http
def test_piece_comes_after_the_file_whose_length_a_head_tells(served: Served) -> None:
    head = replace(fetch(served.url + "piece.log"), is_head=True)
    assert isinstance(served.fetch_as(head), NotFound)
    served.upload("piece.log", b"old")
    for length, piece in ((3, b"new"), (6, b"er")):
        reply = served.fetch_as(head)
        assert isinstance(reply, Fetched)
        assert (reply.data, reply.head.content_length) == (b"", length)
        assert isinstance(served.upload("piece.log", piece, offset=length), Uploaded)
    assert served.fetch("piece.log") == Fetched(b"oldnewer")


@with_an_upload_limit
def test_upload_over_the_limit_is_refused(served: Served) -> None:
    reply = served.upload("too-large.log", bytes(UPLOAD_LIMIT + 1))
    assert isinstance(reply, Refused)
    assert isinstance(served.fetch("too-large.log"), NotFound)


def test_success_over_http_has_its_status(served: Served) -> None:
    replies = [served.fetch("site.cfg"), served.upload("new.log", b"old"), served.upload("new.log", b"new")]
    statuses = [None if isinstance(reply, TransferFailed) else reply.status for reply in replies]
    assert statuses == ([200, 201, 204] if served.url.startswith("http") else [None, None, None])


def test_password_that_nobody_asks_for_changes_nothing(served: Served) -> None:
    bare = served.url.replace("PlcmSpIp:secret@", "")
    with_password = bare.replace("://", "://PlcmSpIp:secret@")
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
    transport = MemoryTransport(lambda _: Refused("Forbidden", 403), lambda _: Refused("Method Not Allowed", 405))
    assert transport.fetch(fetch("http://boot.example/a.cfg")) == Refused("Forbidden", 403)
    assert transport.upload(upload("http://boot.example/a.log", b"")) == Refused("Method Not Allowed", 405)


def test_scheme_that_nothing_speaks_is_a_failed_transfer() -> None:
    transport = network_transport()
    assert transport.fetch(fetch("gopher://boot.example/a.cfg")) == TransferFailed(
        FailureKind.UNUSABLE_ADDRESS, "no transport speaks gopher", unanswered=True
    )
    assert transport.upload(upload("gopher://boot.example/a", b"")) == TransferFailed(
        FailureKind.UNUSABLE_ADDRESS, "no transport speaks gopher", unanswered=True
    )


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "made"), [*ALL_BUT_TFTP, ("http", fleet_transport), ("https", fleet_transport)])
def test_source_address_is_where_a_connection_comes_from(scheme: str, made: Made) -> None:
    transport = made(limits=FOR_SILENCE, source_address="127.0.0.77")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        transport.fetch(fetch(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/a.cfg"))
        connection, peer = listener.accept()
        connection.close()
    transport.close()
    assert peer[0] == "127.0.0.77"


@pytest.mark.slow
@pytest.mark.parametrize("made", [network_transport, fleet_transport])
def test_source_address_is_where_a_tftp_packet_comes_from(made: Made) -> None:
    transport = made(limits=FOR_SILENCE, source_address="127.0.0.77")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.settimeout(60)
        listener.bind(("127.0.0.1", 0))
        transport.fetch(fetch(f"tftp://127.0.0.1:{listener.getsockname()[1]}/a.cfg"))
        _, peer = listener.recvfrom(2000)
    transport.close()
    assert peer[0] == "127.0.0.77"


@pytest.mark.parametrize("address", ["192.0.2.1", "localhost", "", "127.0.0.1/8", "::ffff", "127.0.0.1\0"])
def test_source_address_that_is_not_ours_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="not an IP address of this machine"):
        network_transport(source_address=address)


@pytest.mark.parametrize(("scheme", "made"), ALL)
def test_source_address_of_the_other_family_is_a_failed_transfer(scheme: str, made: Made) -> None:
    transport = made(limits=FOR_SILENCE, source_address="::1")
    reply = transport.fetch(fetch(f"{scheme}://127.0.0.1:9/a.cfg"))
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.unanswered) == (FailureKind.UNREACHABLE, True)
    transport.close()


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "made"), ALL)
def test_hung_resolver_holds_no_transfer(scheme: str, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch)
    transport = made(limits=FOR_SILENCE)
    reply = within(lambda: transport.fetch(fetch(f"{scheme}://boot.example/a.cfg")))
    resolver.may_answer.set()
    transport.close()
    assert reply == TransferFailed(
        FailureKind.NAME_NOT_FOUND, "the address of boot.example is not known: no answer", unanswered=True
    )
    assert resolver.asked == 1
