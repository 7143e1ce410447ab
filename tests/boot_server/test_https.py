"""HTTPS where it differs from HTTP: handshakes, faults, and the end of a connection."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from phone_sim.boot_server.certificates import ServerTls, make_certificate
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.effects import Fetched, FetchReply, TransferFailed, Uploaded, UploadReply
from phone_sim.runtime.transport import Limits, network_transport
from tests.runtime.phones import PATIENT, fetch, upload, within

FILE = bytes(range(256)) * 4
SILENT = Limits(answer=1, transfer=10)
"""For a server that says nothing on purpose."""


@pytest.fixture(scope="module")
def tls() -> ServerTls:
    return make_certificate("127.0.0.1")


@contextmanager
def serving(tls: ServerTls, request_limit: float = 20.0) -> Iterator[HttpEndpoint]:
    """A server with a large file; none of its threads outlives it, and nothing goes wrong in them."""
    before = threading.active_count()
    errors: list[Exception] = []
    site = MemorySite({"a.cfg": FILE, "big": bytes(30_000_000)})
    with HttpEndpoint(site, tls=tls.context, request_limit=request_limit, on_error=errors.append) as server:
        yield server
    assert threading.active_count() == before
    assert not errors


def connected(server: HttpEndpoint) -> socket.socket:
    """A connection without TLS."""
    return socket.create_connection((server.host, server.port), timeout=60)


def secured(server: HttpEndpoint, tls: ServerTls) -> ssl.SSLSocket:
    """A connection with TLS, whose end has to be said."""
    context = ssl.create_default_context(cafile=tls.ca_file)
    return context.wrap_socket(connected(server), server_hostname=server.host, suppress_ragged_eofs=False)


def replies(url: str, rule: str, server: BootServer) -> tuple[FetchReply, UploadReply]:
    """What comes of a download and of an upload, each spoiled by the rule."""
    limits = SILENT if rule == "stall" else PATIENT
    with closing(network_transport(limits=limits, ca_file=server.ca_file)) as transport:
        return within(
            lambda: (transport.fetch(fetch(f"{url}a.cfg")), transport.upload(upload(f"{url}app.log", b"log")))
        )


def told(reply: FetchReply | UploadReply) -> tuple[object, ...]:
    """What a phone is told, without what differs from one request to the next."""
    match reply:
        case Fetched(data=data):
            return Fetched, data
        case Uploaded():
            return (Uploaded,)
        case _:
            return type(reply), reply.reason


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        *("503", "delay=0.1", "stall", "drip=100/0.001", "down", "truncate=10", "length=+10", "length=-10"),
        *("type=text/html", "redirect-loop", "challenge=basic", "challenge=digest"),
    ],
)
def test_fault_is_to_a_phone_what_it_is_over_http(rule: str) -> None:
    with BootServer(MemorySite({"a.cfg": FILE}), https_port=0, tftp_port=None, faults=FaultPlan([rule])) as server:
        plain, secure = (replies(url, rule, server) for url in (server.url, server.https_url))
        assert [told(reply) for reply in secure] == [told(reply) for reply in plain]
        faults = {(request.protocol, request.fault) for request in server.requests}
    # A fault that is not for uploads is not drawn for them.
    assert {("http", rule), ("https", rule)} <= faults


@pytest.mark.parametrize("rule", ["reset", "reset=100"])
def test_reset_ends_the_connection_without_the_words_of_tls(rule: str) -> None:
    with BootServer(MemorySite({"a.cfg": FILE}), https_port=0, tftp_port=None, faults=FaultPlan([rule])) as server:
        reply, _ = replies(server.https_url, rule, server)
    assert isinstance(reply, TransferFailed)


def test_end_of_an_answer_is_said_in_the_words_of_tls(tls: ServerTls) -> None:
    with serving(tls) as server, secured(server, tls) as client:
        client.sendall(b"GET /a.cfg HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = b""
        while data := client.recv(65536):
            received += data
    assert received.endswith(FILE)


def test_several_requests_go_over_one_connection(tls: ServerTls) -> None:
    with serving(tls) as server, secured(server, tls) as client:
        for _ in range(3):
            client.sendall(b"HEAD /a.cfg HTTP/1.1\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert {request.client for request in server.journal.requests} == {
            "{}:{}".format(*client.getsockname()),
        }


@pytest.mark.slow
@pytest.mark.parametrize("opening", [b"", b"\x16\x03", b"GET /a.cfg HTTP/1.1\r\n\r\n"])
def test_client_that_does_not_shake_hands_is_cut(tls: ServerTls, opening: bytes) -> None:
    with serving(tls, request_limit=0.3) as server, connected(server) as client:
        client.sendall(opening)
        received = b""
        while data := client.recv(65536):
            received += data
        assert b"200" not in received
        assert not server.journal.requests


@pytest.mark.slow
def test_client_that_does_not_read_is_cut(tls: ServerTls) -> None:
    with serving(tls, request_limit=0.3) as server, secured(server, tls) as client:
        client.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert server.journal.wait_for(1, timeout=60)
        assert 0 <= server.journal.requests[0].size < 30_000_000


def test_stop_cuts_off_handshakes_and_answers(tls: ServerTls) -> None:
    with serving(tls) as server, connected(server), secured(server, tls) as reader:
        reader.sendall(b"GET /big HTTP/1.1\r\n\r\n")
        assert reader.recv(10) == b"HTTP/1.1 2"
        within(server.stop)
