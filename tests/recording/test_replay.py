"""What a replayed recording answers."""

import pytest

from phone_sim.boot_server.site import OUTSIDE, Found, Missing, Refusing, Stored
from phone_sim.recording.dialogue import Body, RecordedExchange
from phone_sim.recording.replay import ReplaySite
from tests.recording.dialogues import exchange, recording, upload


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
