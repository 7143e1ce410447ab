"""A site may refuse in words of its own, over HTTP and TFTP, and may want to know who asks."""

import socket
from dataclasses import dataclass, replace
from typing import Self

import pytest

from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.journal import Contents, Journal, Request
from phone_sim.boot_server.site import Found, MemorySite, ReadAnswer, Refusing, WriteAnswer
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.firmware.effects import Fetched, NotFound, Refused
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.runtime.transport import network_transport
from tests.runtime.phones import PATIENT, fetch, upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Stubborn:
    """A site that refuses everything."""

    answer: Refusing
    upload_limit: int = 1000

    def read(self, path: str) -> ReadAnswer:  # noqa: ARG002
        return self.answer

    def write(self, path: str, data: bytes) -> WriteAnswer:  # noqa: ARG002
        return self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Curious:
    """A site whose every file is the User-Agent of who asks."""

    user_agent: str = "nobody"
    upload_limit: int = 0

    def seen_by(self, user_agent: str) -> Self:
        return replace(self, user_agent=user_agent)

    def read(self, path: str) -> ReadAnswer:  # noqa: ARG002
        return Found(data=self.user_agent.encode())

    def write(self, path: str, data: bytes) -> WriteAnswer:  # noqa: ARG002
        return Refusing.of_http(403, "no")


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (Refusing.of_http(503, "Out for lunch"), Refused("Out for lunch", 503)),
        (Refusing.of_http(410, "Gone"), NotFound("Gone", 410)),
        (Refusing.of_http(599, "Unheard of"), Refused("Unheard of", 599)),
        (Refusing.of_http(401, "Who?"), Refused("Who?", 401)),
        (Refusing.of_http(304, "As it was"), Refused("As it was", 304)),
        (Refusing.of_http(500, "a\r\nSet-Cookie: b\u20ac"), Refused("a Set-Cookie: b?", 500)),
        (Refusing.of_tftp(2, "no"), Refused("no", 403)),
    ],
)
def test_refusal_is_said_in_the_words_of_http(answer: Refusing, reply: object) -> None:
    transport = network_transport(limits=PATIENT)
    with HttpEndpoint(Stubborn(answer=answer)) as server:
        assert transport.fetch(fetch(server.url + "a")) == reply
        assert transport.upload(upload(server.url + "a", b"1")) == reply
    transport.close()


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (Refusing.of_tftp(1, "nowhere"), NotFound("nowhere", 1, FileProtocol.TFTP)),
        (Refusing.of_tftp(0, "tired"), Refused("tired", 0, FileProtocol.TFTP)),
        (Refusing.of_http(403, "Forbidden"), Refused("Forbidden", 2, FileProtocol.TFTP)),
        (Refusing.of_http(502, "Bad"), Refused("Bad", 0, FileProtocol.TFTP)),
    ],
)
def test_refusal_is_said_in_the_words_of_tftp(answer: Refusing, reply: object) -> None:
    transport = network_transport(limits=PATIENT)
    with TftpEndpoint(Stubborn(answer=answer)) as server:
        assert transport.fetch(fetch(server.url + "a")) == reply
        assert transport.upload(upload(server.url + "a", b"1")) == reply


def test_site_that_wants_to_know_is_told_the_user_agent() -> None:
    transport = network_transport(limits=PATIENT)
    with HttpEndpoint(Curious()) as http, TftpEndpoint(Curious()) as tftp:
        assert transport.fetch(fetch(http.url + "a")) == Fetched(fetch("http://a/a").user_agent.encode())
        assert transport.fetch(fetch(tftp.url + "a")) == Fetched(b"nobody")
    transport.close()


def test_exchange_is_told_with_its_files_and_no_password() -> None:
    told: list[tuple[Request, Contents]] = []
    journal = Journal(capacity=0, on_exchange=lambda request, contents: told.append((request, contents)))
    with HttpEndpoint(MemorySite({"a b": b"1"}), journal=journal) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            head = b"GET http://user:secret@host/a%20b?token=secret HTTP/1.0\r\nAuthorization: Basic c2VjcmV0\r\n\r\n"
            client.sendall(head)
            while client.recv(4096):
                pass
        assert journal.wait_for(1, 10)
    ((_, contents),) = told
    assert (contents.path, contents.reason, contents.received, contents.sent) == ("/a b", "OK", None, b"1")
    assert contents.asked_headers == ()
    assert dict(contents.answered_headers or ())["Content-Type"] == "application/octet-stream"
    assert journal.requests == ()
