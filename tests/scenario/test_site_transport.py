"""A phone's way straight to a site says what a boot server would say over HTTP, and keeps no upload."""

import pytest

from phone_sim.boot_server.site import Forbidden, MemorySite, Refusing
from phone_sim.firmware.effects import Fetched, NotFound, Refused, Uploaded
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.scenario.site_transport import ADDRESS, site_transport
from tests.runtime.phones import fetch, upload


class Answering(MemorySite):
    """A site with one answer."""

    def __init__(self, answer: Forbidden | Refusing) -> None:
        super().__init__()
        self.answer = answer

    def read(self, path: str) -> Forbidden | Refusing:  # noqa: ARG002 - each path alike
        return self.answer


def test_files_are_found_and_missing() -> None:
    transport = site_transport(MemorySite({"a b.cfg": b"<a/>"}))
    assert transport.fetch(fetch(f"{ADDRESS}a%20b.cfg")) == Fetched(b"<a/>", 200)
    assert transport.fetch(fetch(f"{ADDRESS}c.cfg")) == NotFound("Not Found", 404)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (Forbidden(reason="a folder"), Refused("a folder", 403, FileProtocol.HTTP)),
        (Refusing.of_http(503, "busy"), Refused("busy", 503, FileProtocol.HTTP)),
    ],
)
def test_refusal_has_the_words_of_the_site(answer: Forbidden | Refusing, reply: Refused) -> None:
    assert site_transport(Answering(answer)).fetch(fetch(f"{ADDRESS}a.cfg")) == reply


def test_upload_is_taken_and_thrown_away() -> None:
    site = MemorySite()
    assert site_transport(site).upload(upload(f"{ADDRESS}a.log", b"log")) == Uploaded(201)
    assert site.files == {}
