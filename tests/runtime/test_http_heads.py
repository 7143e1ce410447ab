"""What a reply over HTTP carries besides the file, whatever the transport: status, header fields, redirects."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest

from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.effects import Fetched, NotFound, Refused, TransferFailed, Uploaded
from phone_sim.firmware.transfer_facts import FailureKind, Redirect
from phone_sim.runtime.transport import Transport
from tests.runtime.by_fleet import HTTP, Made
from tests.runtime.hostile_http import HostileHttpServer, answering, in_turn, refusing_port
from tests.runtime.phones import PATIENT, fetch, upload

MORE = ("Date: Wed, 21 Oct 2015 07:28:00 GMT", "Content-Encoding: x-packed", "X-One: 1", "x-one: 2")
FILE = answering("200 OK", b"<a/>", *MORE, kind="text/xml; charset=utf-8")
BASIC = answering("401 Unauthorized", b"no", "WWW-Authenticate: Basic realm=phones")


@pytest.fixture(params=HTTP)
def made(request: pytest.FixtureRequest) -> Made:
    """What makes the transport."""
    return HTTP[request.param]


@contextmanager
def speaking(made: Made) -> Iterator[Transport]:
    """A transport, closed in the end."""
    with closing(made(PATIENT)) as transport:
        yield transport


def test_fetched_file_comes_with_status_and_head(made: Made) -> None:
    with HostileHttpServer(FILE) as server, speaking(made) as transport:
        reply = transport.fetch(fetch(f"{server.url}a.cfg"))
    assert isinstance(reply, Fetched)
    assert reply.status == 200
    assert reply.head.content_type == "text/xml; charset=utf-8"
    assert reply.head.content_encoding == "x-packed"
    assert reply.head.content_length == 4
    assert reply.head.date == datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
    assert reply.head.headers["x-one"] == "1, 2"
    assert reply.head.redirects == ()


@pytest.mark.parametrize("status", [200, 201, 204])
def test_upload_comes_with_status_and_head(made: Made, status: int) -> None:
    with HostileHttpServer(answering(f"{status} Yes", b"", *MORE)) as server, speaking(made) as transport:
        reply = transport.upload(upload(f"{server.url}a.log", b"log"))
    assert isinstance(reply, Uploaded)
    assert reply.status == status
    assert reply.head.headers["x-one"] == "1, 2"


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (503, Refused)])
def test_refusal_comes_with_words_and_head(made: Made, status: int, kind: type[NotFound | Refused]) -> None:
    refusing = answering(f"{status} Out for lunch", b"<html/>", *MORE, kind="text/html")
    with HostileHttpServer(refusing) as server, speaking(made) as transport:
        replies = [
            transport.fetch(fetch(f"{server.url}a.cfg")),
            transport.upload(upload(f"{server.url}a.log", b"log")),
        ]
    for reply in replies:
        assert isinstance(reply, kind)
        assert (reply.status, reply.words) == (status, "Out for lunch")
        assert (reply.head.content_type, reply.head.content_length) == ("text/html", 7)


def test_file_that_is_too_large_comes_with_its_head(made: Made) -> None:
    with HostileHttpServer(FILE) as server, speaking(made) as transport:
        reply = transport.fetch(fetch(f"{server.url}a.cfg", limit=3))
    assert isinstance(reply, TransferFailed)
    assert (reply.kind, reply.head.content_length) == (FailureKind.TOO_LARGE, 4)


def test_each_answer_of_a_connection_has_its_own_head(made: Made) -> None:
    files = {"a.cfg": b"<a/>", "b.cfg": b"<b></b>"}
    with HttpEndpoint(MemorySite(files)) as server, speaking(made) as transport:
        replies = [transport.fetch(fetch(f"{server.url}{name}")) for name in ("a.cfg", "b.cfg", "a.cfg")]
    assert [reply.head.content_length for reply in replies] == [4, 7, 4]
    assert len({len(reply.head.fields) for reply in replies}) == 1


def test_redirects_are_told_in_order(made: Made) -> None:
    with HostileHttpServer(FILE) as other:
        away = answering("301 Moved Permanently", b"", f"Location: {other.url}b.cfg")
        with HostileHttpServer(in_turn(answering("302 Found", b"", "Location: there/a.cfg"), away)) as server:
            with speaking(made) as transport:
                reply = transport.fetch(fetch(f"{server.url}a.cfg"))
            hops = (
                Redirect(source=f"{server.url}a.cfg", target=f"{server.url}there/a.cfg", status=302),
                Redirect(source=f"{server.url}there/a.cfg", target=f"{other.url}b.cfg", status=301),
            )
    assert isinstance(reply, Fetched)
    assert reply.head.redirects == hops
    assert reply.head.content_type == "text/xml; charset=utf-8"


def test_redirect_of_an_upload_is_told(made: Made) -> None:
    with HostileHttpServer(FILE) as other:
        moved = answering("307 Temporary Redirect", b"", f"Location: {other.url}b.log")
        with HostileHttpServer(moved) as server, speaking(made) as transport:
            reply = transport.upload(upload(f"{server.url}a.log", b"log"))
            hop = Redirect(source=f"{server.url}a.log", target=f"{other.url}b.log", status=307)
    assert isinstance(reply, Uploaded)
    assert reply.head.redirects == (hop,)


def test_redirects_of_a_loop_are_told(made: Made) -> None:
    with HostileHttpServer(answering("302 Found", b"", "Location: /a.cfg")) as server, speaking(made) as transport:
        reply = transport.fetch(fetch(f"{server.url}a.cfg"))
        hop = Redirect(source=f"{server.url}a.cfg", target=f"{server.url}a.cfg", status=302)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.TOO_MANY_REDIRECTS
    assert reply.head.redirects == (hop,) * 6


def test_redirect_to_a_closed_port_is_told(made: Made) -> None:
    with refusing_port() as port:
        target = f"http://127.0.0.1:{port}/a.cfg"
        with HostileHttpServer(answering("302 Found", b"", f"Location: {target}")) as server:
            with speaking(made) as transport:
                reply = transport.fetch(fetch(f"{server.url}a.cfg"))
            hop = Redirect(source=f"{server.url}a.cfg", target=target, status=302)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.CONNECTION_REFUSED
    assert reply.head.redirects == (hop,)


def test_redirect_after_a_password_was_asked_for_is_told_once(made: Made) -> None:
    moved = answering("302 Found", b"", "Location: /b.cfg")
    with HostileHttpServer(in_turn(moved, BASIC, moved, FILE)) as server, speaking(made) as transport:
        reply = transport.fetch(fetch(f"{server.url.replace('://', '://PlcmSpIp:secret@')}a.cfg"))
        hop = Redirect(source=f"{server.url}a.cfg", target=f"{server.url}b.cfg", status=302)
    assert isinstance(reply, Fetched)
    assert reply.head.redirects == (hop,)


def test_redirect_is_not_told_of_the_next_file(made: Made) -> None:
    moved = answering("302 Found", b"", "Location: /b.cfg")
    with HostileHttpServer(in_turn(moved, FILE, FILE)) as server, speaking(made) as transport:
        replies = [transport.fetch(fetch(f"{server.url}{name}")) for name in ("a.cfg", "c.cfg")]
    assert [len(reply.head.redirects) for reply in replies] == [1, 0]
