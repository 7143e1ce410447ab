"""Server-sent events: a page is told what is new, once, and goes on where it was cut off."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from phone_sim.web.desk.desk import Desk
from phone_sim.web.portal_counter import Counter
from phone_sim.web.stream import STREAMS_LIMIT
from tests.web.running import BOUND, running_with_desk

Running = tuple[int, Desk]


@pytest.fixture
def server(counter: Counter) -> Iterator[Running]:
    with running_with_desk(counter) as running:
        yield running


@contextmanager
def stream(port: int, path: str = "/events", **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        connection.request("GET", path, headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


def message(answer: HTTPResponse) -> tuple[int, dict[str, Any]]:
    """The number and the news of the next message."""
    number = 0
    while True:
        line = answer.readline().decode().strip()
        if line.startswith("id:"):
            number = int(line.removeprefix("id:"))
        elif line.startswith("data:"):
            return number, dict(json.loads(line.removeprefix("data:")))


def news_with(answer: HTTPResponse, key: str) -> tuple[int, dict[str, Any]]:
    """The next message that has this news."""
    for _ in range(200):
        number, news = message(answer)
        if key in news:
            return number, news
    raise AssertionError(f"no news of {key}")


def test_first_message_is_the_whole_desk_and_then_what_changes(server: Running) -> None:
    port, desk = server
    phone = desk.do(lambda: desk.put("SPIP_670"))
    with stream(port) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        _, first = message(answer)
        assert [tile["mac"] for tile in first["tiles"]] == [phone.mac.digits]
        assert first["server"]["up"]
        _, second = message(answer)
        assert second.keys() == {"clock"}
        desk.do(phone.switch_power)
        assert news_with(answer, "tiles")[1]["tiles"][0]["state"] == "idle"
        desk.do(lambda: desk.take(phone.mac))
        assert news_with(answer, "gone")[1]["gone"] == [phone.mac.digits]


def test_events_of_a_phone_go_on_where_they_were_cut_off(server: Running) -> None:
    port, desk = server
    phone = desk.do(lambda: desk.put("SPIP_670"))
    desk.do(phone.switch_power)
    path = f"/events?phone={phone.mac}"
    with stream(port, path) as answer:
        number, news = message(answer)
        assert [one["number"] for one in news["events"]] == list(range(1, number + 1))
        assert news["phone"]["state"] == "idle"
    desk.do(phone.reboot)
    with stream(port, path, **{"Last-Event-ID": str(number)}) as answer:
        _, news = message(answer)
        assert news["events"][0]["number"] == number + 1


@pytest.mark.parametrize("number", ["nonsense", "-1", "9" * 400, "٣"])
def test_number_that_is_none_counts_as_the_beginning_or_end(server: Running, number: str) -> None:
    port, desk = server
    phone = desk.do(lambda: desk.put("SPIP_670"))
    with stream(port, f"/events?phone={phone.mac}", **{"Last-Event-ID": number.encode().decode("latin-1")}) as answer:
        assert answer.status == 200
        assert "clock" in message(answer)[1]


def test_phone_that_is_not_there_has_no_events(server: Running) -> None:
    with stream(server[0], "/events?phone=nonsense") as answer:
        assert "phone" not in message(answer)[1]


def test_streams_are_bounded_and_given_back(server: Running) -> None:
    port, _ = server
    with ExitStack() as stack:
        for _ in range(STREAMS_LIMIT):
            message(stack.enter_context(stream(port)))
        with stream(port) as refused:
            assert refused.status == 503
    for _ in range(100):
        with stream(port) as answer:
            if answer.status == 200:
                message(answer)
                break
    assert answer.status == 200
