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
from tests.web.running import ServedDesk, desk_on_the_web


@pytest.fixture
def served_desk(tmp_path: Path) -> Iterator[ServedDesk]:
    with desk_on_the_web(tmp_path) as served_desk:
        yield served_desk


@contextmanager
def asked(served_desk: ServedDesk, mac: str = "", last: str | None = None) -> Iterator[HTTPResponse]:
    """The answer to somebody who wants to be told."""
    connection = HTTPConnection(urlsplit(served_desk.url).netloc, timeout=PATIENCE)
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
def told(
    served_desk: ServedDesk, mac: str = "", last: str | None = None
) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """The messages that a page gets."""
    with asked(served_desk, mac, last) as answer:
        assert str(answer.getheader("content-type")).startswith("text/event-stream")
        yield messages_of(answer)


@pytest.mark.slow
def test_page_is_told_what_changes_and_no_more(served_desk: ServedDesk) -> None:
    mac, other = served_desk.put("SPIP_670", "SPIP_320")
    with told(served_desk) as messages:
        _, first = next(messages)
        assert [tile["mac"] for tile in first["tiles"]] == [mac, other]
        assert first.keys() == {"clock", "server", "story", "tiles"}
        _, second = next(messages)
        assert second.keys() == {"clock"}
        served_desk.desk.do(served_desk.desk.phone(MacAddress(other)).switch_power)
        third = next(news for _, news in messages if "tiles" in news)
        assert [tile["mac"] for tile in third["tiles"]] == [other]
        served_desk.desk.do(lambda: served_desk.desk.take(MacAddress(other)))
        assert next(news for _, news in messages if "gone" in news)["gone"] == [other]


@pytest.mark.slow
def test_page_that_comes_back_is_told_the_rest(served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    phone = served_desk.desk.phones[0]
    with told(served_desk, mac) as messages:
        number, first = next(messages)
    assert number == f"{phone.events.name}.{phone.events.last}"
    assert phone.events.last == first["events"][-1]["number"]
    served_desk.desk.do(phone.start_call)
    with told(served_desk, mac, number) as messages:
        _, second = next(messages)
    assert [one["number"] for one in second["events"]] == list(
        range(first["events"][-1]["number"] + 1, phone.events.last + 1)
    )
    assert "anew" not in second


@pytest.mark.slow
def test_other_phone_of_the_same_name_is_told_from_its_start(served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    served_desk.desk.do(served_desk.desk.phones[0].boot)
    with told(served_desk, mac) as messages:
        number, _ = next(messages)

        def replace() -> None:
            served_desk.desk.take(MacAddress(mac))
            served_desk.desk.put("SPIP_670", MacAddress(mac)).switch_power()

        served_desk.desk.do(replace)
        anew = next(news for _, news in messages if "events" in news)
    assert anew["anew"]
    assert anew["events"][0]["number"] == 1
    with told(served_desk, mac, number) as messages:
        _, first = next(messages)
    assert first["anew"]
    assert first["events"] == anew["events"]


@pytest.mark.slow
def test_page_too_many_is_told_so(served_desk: ServedDesk) -> None:
    with ExitStack() as stack:
        for _ in range(STREAMS_LIMIT):
            next(stack.enter_context(told(served_desk)))
        refused = stack.enter_context(asked(served_desk))
        assert refused.status == 503
        assert f"{STREAMS_LIMIT} pages" in json.loads(refused.read())["detail"]
