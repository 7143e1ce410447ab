"""What is derived from the head of an HTTP answer, and the sentence that a refusal is shown as."""

from datetime import UTC, datetime
from random import Random

import pytest

from phone_sim.firmware.effects import NotFound, Refused
from phone_sim.firmware.transfer_facts import NO_HEAD, FileProtocol, HttpHead

HEAD = HttpHead(
    fields=(
        (b"Content-Type", b"text/xml; charset=utf-8"),
        (b"CONTENT-LENGTH", b"12"),
        (b"content-encoding", b"gzip"),
        (b"Via", b"1.1 one"),
        (b"Date", b"Wed, 21 Oct 2015 07:28:00 GMT"),
        (b"via", b"1.1 two"),
        (b"X-Name", b"\xe9"),
    )
)
SENTENCES = {
    "HTTP": (NotFound("Not Found", 404), "HTTP 404 Not Found"),
    "HTTP without words": (Refused("", 403), "HTTP 403"),
    "FTP": (NotFound("No such file.", 550, FileProtocol.FTP), "FTP 550 No such file."),
    "TFTP": (Refused("disk full", 3, FileProtocol.TFTP), "TFTP error 3 disk full"),
    "no status": (NotFound("there is no server for it"), "there is no server for it"),
}


@pytest.mark.parametrize(("reply", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_reason_is_made_of_status_and_words(reply: NotFound | Refused, sentence: str) -> None:
    assert reply.reason == sentence


def test_headers_are_found_by_their_names_in_lower_case() -> None:
    assert HEAD.headers["content-length"] == "12"
    assert HEAD.headers["x-name"] == "\xe9"


def test_values_of_a_repeated_header_are_joined() -> None:
    assert HEAD.headers["via"] == "1.1 one, 1.1 two"


def test_head_tells_type_encoding_length_and_date() -> None:
    assert HEAD.content_type == "text/xml; charset=utf-8"
    assert HEAD.content_encoding == "gzip"
    assert HEAD.content_length == 12
    assert HEAD.date == datetime(2015, 10, 21, 7, 28, tzinfo=UTC)


def test_head_without_fields_knows_nothing() -> None:
    assert (NO_HEAD.content_type, NO_HEAD.content_encoding) == (None, None)
    assert (NO_HEAD.content_length, NO_HEAD.date) == (None, None)
    assert NO_HEAD.headers == {}


@pytest.mark.parametrize("length", [b"", b"-1", b"1.5", b"many", b"\xb2", b"9" * 5000])
def test_length_that_is_not_a_number_is_not_known(length: bytes) -> None:
    assert HttpHead(fields=((b"Content-Length", length),)).content_length is None


@pytest.mark.parametrize("date", [b"", b"yesterday", b"Wed, 99 Oct 2015 07:28:00 GMT", b"21 Oct 2015 07:28:00 +9999"])
def test_date_that_cannot_be_read_is_not_known(date: bytes) -> None:
    assert HttpHead(fields=((b"Date", date),)).date is None


@pytest.mark.parametrize("date", [b"Sunday, 06-Nov-94 08:49:37 GMT", b"Sun Nov  6 08:49:37 1994"])
def test_obsolete_forms_of_a_date_are_read(date: bytes) -> None:
    """RFC 9110 5.6.7."""
    assert HttpHead(fields=((b"Date", date),)).date == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_random_dates_are_read_or_not_known() -> None:
    chance = Random(1)
    parts = [
        "Wed,",
        " ",
        "21",
        "Oct",
        "2015",
        "07:28:00",
        "GMT",
        "+",
        "-",
        ":",
        "9" * 30,
        "(",
        "\0",
        "\xe9",
        "+0000",
        ",",
    ]
    for _ in range(2000):
        date = "".join(chance.choices(parts, k=8)).encode("latin-1")
        found = HttpHead(fields=((b"Date", date),)).date
        assert found is None or found.tzinfo is UTC
