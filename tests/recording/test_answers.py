"""Two answers differ in status, in headers that matter, or in the body."""

import gzip
from dataclasses import replace

import pytest

from phone_sim.boot_server.http_headers import Headers
from phone_sim.recording.compare import Comparison, compare
from phone_sim.recording.dialogue import Body, RecordedExchange
from tests.recording.dialogues import exchange, recording, upload

CONFIG = b'<a b="1"/>'


def answer(
    sent: bytes | None = CONFIG, *headers: tuple[str, str], path: str = "site.cfg", **others: object
) -> RecordedExchange:
    """An answer with these headers."""
    return exchange(path, sent=sent, answer_headers=headers, **others)  # type: ignore[arg-type]


def differences(first: RecordedExchange, second: RecordedExchange) -> list[tuple[str, list[str]]]:
    """The kind of each difference, and its changes in words."""
    found = compare(recording(first), recording(second), answers=True)
    assert found.answers == 1
    return [
        (one.kind, [f"{each.name}: {each.first} -> {each.second}" for each in one.changes]) for one in found.differences
    ]


def test_of_answers_with_another_status_only_that_is_shown() -> None:
    missing = answer(b"<html>", ("Content-Type", "text/html"), status=404, reason="Not Found")
    assert differences(answer(), missing) == [("status", ["status: 200 OK -> 404 Not Found"])]
    broken = answer(None, status=-1, reason="")
    assert differences(answer(), broken) == [("status", ["status: 200 OK -> broken off"])]


@pytest.mark.parametrize(
    ("first", "second", "changes"),
    [
        ((("Content-Type", "text/xml; charset=UTF-8"),), (("content-type", "text/xml;charset=utf-8"),), []),
        ((("Content-Type", "text/xml"),), (), ["Content-Type: text/xml -> None"]),
        ((("Date", "1"), ("ETag", "2")), (("Server", "3"),), []),
        ((("Content-Length", "10"),), (("Transfer-Encoding", "chunked"),), []),
        ((("Content-Length", "10"),), (("Content-Length", "11"),), ["Content-Length: 10 -> 11"]),
        ((("Location", "http://boot.example/a"),), (("Location", "/a"),), ["Location: <server>/a -> /a"]),
    ],
)
def test_headers_that_matter_are_compared(first: Headers, second: Headers, changes: list[str]) -> None:
    assert differences(answer(CONFIG, *first), answer(CONFIG, *second)) == ([("headers", changes)] if changes else [])


def test_same_file_differently_packed_differs_in_its_headers_only() -> None:
    packed = answer(gzip.compress(b'<a  b="1"/>'), ("Content-Encoding", "gzip"), ("Content-Length", "99"))
    plain = answer(CONFIG, ("Content-Length", "10"))
    assert differences(plain, packed) == [("headers", ["Content-Encoding: None -> gzip"])]
    unreadable = answer(b"packed", ("Content-Encoding", "br"))
    assert [kind for kind, _ in differences(plain, unreadable)] == ["headers", "body"]


def test_bodies_that_are_missing_or_not_kept_are_compared_by_size_and_digest() -> None:
    assert differences(answer(), answer(None)) == [("body", ["body: 10 bytes -> None"])]
    large = [replace(answer(), sent=Body.of(data, 1)) for data in (b"12", b"34")]
    assert differences(large[0], large[0]) == []
    assert [kind for kind, _ in differences(*large)] == ["body"]


def test_version_1_has_no_bodies_of_refusals() -> None:
    old = exchange("a", status=404, sent=None)
    assert differences(old, replace(old, sent=Body.of(b"page", 10), answer_headers=())) == []
    assert [kind for kind, _ in differences(exchange("a"), exchange("a", sent=b"else"))] == ["body"]


def test_answers_are_compared_where_requests_moved_and_not_where_they_were_not_asked_for() -> None:
    first = recording(exchange("a"), exchange("b"), upload("c", b"1"))
    second = recording(exchange("b"), exchange("a", sent=b"else"), upload("c", b"1"))
    assert [one.kind for one in compare(first, second, answers=True).differences] == ["order", "body"]
    assert compare(first, first) == Comparison(differences=())
