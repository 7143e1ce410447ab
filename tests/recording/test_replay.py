"""What a replayed recording answers."""

from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from phone_sim.boot_server.http_faults import HttpAnswer
from phone_sim.boot_server.http_passing import HttpRequest
from phone_sim.boot_server.site import OUTSIDE, Found, Missing, Refusing, Stored
from phone_sim.firmware.effects import Fetched
from phone_sim.recording.dialogue import Body, RecordedExchange
from phone_sim.recording.files import load_recording
from phone_sim.recording.replay import ReplaySite
from phone_sim.runtime.transport import network_transport
from tests.recording.dialogues import VERSION_1, boot_log, exchange, recording, replayed, served, upload
from tests.runtime.phones import PATIENT, fetch


def site_of(*exchanges: RecordedExchange) -> tuple[ReplaySite, list[str]]:
    """The site, and what it says of the unknown."""
    unknown: list[str] = []
    return ReplaySite(recording(*exchanges), unknown.append), unknown


def test_nth_request_gets_the_nth_answer_and_then_the_last() -> None:
    site, unknown = site_of(exchange("a", sent=b"1"), exchange("b", sent=b"b"), exchange("/a", sent=b"2"))
    assert [site.read("a"), site.read("a"), site.read("/a")] == [Found(data=b"1"), Found(data=b"2"), Found(data=b"2")]
    assert site.read("b") == Found(data=b"b")
    assert unknown == []


def test_what_was_never_asked_is_missing_and_said() -> None:
    site, unknown = site_of(exchange("a"), exchange("c", method="POST", status=501, sent=None))
    assert site.read("c") == Missing()
    assert site.write("a", b"") == Refusing(status=404, error=1, reason="Not Found")
    assert unknown == ["c was never asked for in the recording", "a was never uploaded in the recording"]


def test_nothing_outside_is_answered() -> None:
    site, _ = site_of(exchange("../a"))
    assert site.read("../a") == site.write("../a", b"") == OUTSIDE


@pytest.mark.parametrize(
    ("recorded", "answer"),
    [
        (exchange("a", status=404, reason="Not Found", sent=None), Refusing(status=404, error=1, reason="Not Found")),
        (exchange("a", status=503, reason="Busy", sent=None), Refusing(status=503, error=0, reason="Busy")),
        (exchange("a", method="RRQ", status=1, reason="gone", sent=None), Refusing(status=404, error=1, reason="gone")),
        (exchange("a", method="RRQ", status=-1, reason="no", sent=None), Refusing(status=500, error=0, reason="no")),
        (
            exchange("a", status=-1, reason="", sent=None, fault="down"),
            Refusing(status=502, error=0, reason="this transfer was broken off"),
        ),
        (exchange("a", fault="reset=2"), Refusing(status=502, error=0, reason="this transfer was broken off")),
        (exchange("a", fault="delay=2"), Found(data=b"file")),
        (exchange("a", method="RRQ", status=0, reason=""), Found(data=b"file")),
    ],
)
def test_recorded_answer_is_given_again(recorded: RecordedExchange, answer: object) -> None:
    site, _ = site_of(recorded)
    assert site.read("a") == answer


@pytest.mark.parametrize(
    ("recorded", "answer"),
    [
        (upload("a", b"1"), Stored(created=True)),
        (exchange("a", method="WRQ", status=0, sent=None), Stored(created=False)),
        (
            exchange("a", method="PUT", status=202, reason="Accepted", sent=None),
            Refusing(status=202, error=0, reason="Accepted"),
        ),
        (
            exchange("a", method="WRQ", status=2, reason="no", sent=None),
            Refusing(status=403, error=2, reason="no"),
        ),
    ],
)
def test_recorded_upload_is_answered_again(recorded: RecordedExchange, answer: object) -> None:
    site, _ = site_of(recorded)
    assert site.write("a", b"2") == answer


def test_file_that_was_too_large_to_keep_is_said() -> None:
    made = exchange("a")
    large = RecordedExchange(
        **{name: getattr(made, name) for name in RecordedExchange.__slots__} | {"sent": Body.of(b"12345", 4)}
    )
    site, unknown = site_of(large)
    assert site.read("a") == Refusing.of_http(502, "the recording does not hold this file of 5 bytes")
    assert unknown == ["a: the recording does not hold this file of 5 bytes"]


def asked(site: ReplaySite, path: str, method: str = "GET") -> HttpAnswer | None:
    """What the site answers over HTTP."""
    return site.pass_on(HttpRequest(method=method, target=path, headers=(), body=None))


def test_answer_over_http_is_given_as_it_was_recorded() -> None:
    headers = (("Content-Type", "text/xml"), ("ETag", "1"), ("Transfer-Encoding", "chunked"))
    part = exchange("a b", status=206, reason="Par\r\ntial", answer_headers=headers)
    site, unknown = site_of(part, exchange("folder/", answer_headers=()))
    server = "http://boot.example/"
    answer = HttpAnswer(
        status=206, reason="Par  tial", body=b"file", headers=headers[:2], of_server=server, is_chunked=True
    )
    assert asked(site, "/a%20b?c") == asked(site, "/./a%20b", "HEAD") == answer
    assert asked(site, "/folder") is None
    assert (folder := asked(site, "/folder/")) is not None
    assert folder.status == 200
    assert unknown == []


def test_what_cannot_be_given_over_http_is_a_502_or_left_to_the_files() -> None:
    large = replace(exchange("a", answer_headers=()), sent=Body.of(b"12345", 4))
    cut = exchange("cut", answer_headers=(), fault="reset=2")
    site, unknown = site_of(large, cut, exchange("gone", status=-1, sent=None, answer_headers=()), exchange("old"))
    assert {(answer := asked(site, f"/{path}")) and answer.status for path in ("a", "cut", "gone")} == {502}
    assert unknown == ["a: the recording does not hold this file of 5 bytes"]
    assert asked(site, "/old") is None
    assert asked(site, "/old", "DELETE") is None
    assert unknown[1:] == ["old was never asked for by DELETE in the recording"]


def test_answer_without_body_has_no_chunks() -> None:
    chunked = (("Transfer-Encoding", "chunked"),)
    empty = exchange("empty", status=304, reason="Not Modified", sent=None, answer_headers=chunked)
    site, _ = site_of(empty, exchange("a", answer_headers=chunked))
    with served(site) as front, closing(HTTPConnection(urlsplit(front.http).netloc, timeout=60)) as client:
        for path, method, status, body in (
            ("empty", "GET", 304, b""),
            ("a", "HEAD", 200, b""),
            ("empty", "HEAD", 304, b""),
            ("a", "GET", 200, b"file"),
        ):
            client.request(method, f"/{path}")
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (status, body)
            assert (answer.headers["Transfer-Encoding"] == "chunked") == (status == 200)


def test_recording_of_version_1_is_replayed() -> None:
    transport = network_transport(limits=PATIENT)
    with replayed(VERSION_1) as front:
        assert transport.fetch(fetch(front.http + "tone.wav")) == Fetched(b"\xff\0\1wave")
        log = boot_log(front.http, mac="0004f2aabbcc")
    transport.close()
    (put,) = (one.received for one in load_recording(VERSION_1).exchanges if one.method == "PUT")
    assert put is not None
    assert put.data is not None
    # The recording is of a time when the firmware had three numbers.
    assert put.data.decode().rstrip().replace("3.3.0 started", "3.3.0.0000 started") in log
