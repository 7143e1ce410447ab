"""What pages are told of a desk, over a real connection."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from phone_sim.mac_address import MacAddress
from phone_sim.web.stream import STREAMS_LIMIT
from tests.web.desks import PATIENCE
from tests.web.running import Place, desk_on_the_web


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with desk_on_the_web(tmp_path) as place:
        yield place


@contextmanager
def asked(place: Place, mac: str = "", last: str | None = None) -> Iterator[HTTPResponse]:
    """The answer to somebody who wants to be told."""
    connection = HTTPConnection(urlsplit(place.url).netloc, timeout=PATIENCE)
    try:
        headers = {} if last is None else {"Last-Event-ID": last}
        connection.request("GET", f"/events?phone={mac}", headers=headers)
        answer = connection.getresponse()
        yield answer
        answer.close()
    finally:
        connection.close()


def messages_of(answer: HTTPResponse) -> Iterator[tuple[str, dict[str, Any]]]:
    """The messages of a stream, each with its number."""
    fields: dict[str, str] = {}
    while line := answer.readline().decode():
        name, _, value = line.strip().partition(": ")
        if name:
            fields[name] = value
        elif fields:
            yield fields["id"], json.loads(fields["data"])
            fields = {}


@contextmanager
def told(place: Place, mac: str = "", last: str | None = None) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """The messages that a page gets."""
    with asked(place, mac, last) as answer:
        assert str(answer.getheader("content-type")).startswith("text/event-stream")
        yield messages_of(answer)


def test_page_is_told_what_changes_and_no_more(place: Place) -> None:
    mac, other = place.put("SPIP_670", "SPIP_320")
    with told(place) as messages:
        _, first = next(messages)
        assert [tile["mac"] for tile in first["tiles"]] == [mac, other]
        assert first.keys() == {"clock", "server", "story", "tiles"}
        _, second = next(messages)
        assert second.keys() == {"clock"}
        place.desk.do(place.desk.phone(MacAddress(other)).switch_power)
        third = next(news for _, news in messages if "tiles" in news)
        assert [tile["mac"] for tile in third["tiles"]] == [other]
        place.desk.do(lambda: place.desk.take(MacAddress(other)))
        assert next(news for _, news in messages if "gone" in news)["gone"] == [other]


def test_page_that_comes_back_is_told_the_rest(place: Place) -> None:
    (mac,) = place.put("SPIP_670")
    phone = place.desk.phones[0]
    with told(place, mac) as messages:
        number, first = next(messages)
    assert number == f"{phone.events.name}.{phone.events.last}"
    assert phone.events.last == first["events"][-1]["number"]
    place.desk.do(phone.start_call)
    with told(place, mac, number) as messages:
        _, second = next(messages)
    assert [one["number"] for one in second["events"]] == list(
        range(first["events"][-1]["number"] + 1, phone.events.last + 1)
    )
    assert "anew" not in second


def test_other_phone_of_the_same_name_is_told_from_its_start(place: Place) -> None:
    (mac,) = place.put("SPIP_670")
    place.desk.do(place.desk.phones[0].boot)
    with told(place, mac) as messages:
        number, _ = next(messages)

        def replace() -> None:
            place.desk.take(MacAddress(mac))
            place.desk.put("SPIP_670", MacAddress(mac)).switch_power()

        place.desk.do(replace)
        anew = next(news for _, news in messages if "events" in news)
    assert anew["anew"]
    assert anew["events"][0]["number"] == 1
    with told(place, mac, number) as messages:
        _, first = next(messages)
    assert first["anew"]
    assert first["events"] == anew["events"]


def test_page_too_many_is_told_so(place: Place) -> None:
    with ExitStack() as stack:
        for _ in range(STREAMS_LIMIT):
            next(stack.enter_context(told(place)))
        refused = stack.enter_context(asked(place))
        assert refused.status == 503
        assert f"{STREAMS_LIMIT} pages" in json.loads(refused.read())["detail"]
