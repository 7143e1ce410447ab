"""Streams when another phone takes the place of the one that is shown, and when very many are asked for at once."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from starlette.applications import Starlette

from phone_sim.mac_address import MacAddress
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.server import listen
from phone_sim.web.stream import STREAMS_LIMIT, event_route
from tests.web.desks import desk_at
from tests.web.running import BOUND, served

MAC = MacAddress("0004f2000001")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desk_at() as desk:
        yield desk


@pytest.fixture
def port(desk: Desk) -> Iterator[int]:
    with listen("127.0.0.1", 0) as listener, served(Starlette(routes=[event_route(desk)]), listener):
        yield int(listener.getsockname()[1])


def booted(desk: Desk) -> None:
    desk.put("SPIP_670", MAC).switch_power()


def replaced(desk: Desk) -> DeskPhone:
    desk.take(MAC)
    return desk.put("SPIP_670", MAC)


@contextmanager
def events_asked(port: int, **headers: str) -> Iterator[HTTPResponse]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=BOUND)) as connection:
        connection.request("GET", f"/events?phone={MAC}", headers=headers)
        with connection.getresponse() as answer:
            yield answer


def news_with(answer: HTTPResponse, key: str) -> dict[str, Any]:
    """The next news that has this in it."""
    for line in answer:
        if line.startswith(b"data:"):
            news = dict(json.loads(line.removeprefix(b"data:")))
            if key in news:
                return news
    raise AssertionError(f"the stream ended without {key}")


@pytest.mark.slow
def test_phone_in_the_place_of_another_is_told_from_its_start(desk: Desk, port: int) -> None:
    desk.do(lambda: booted(desk))
    with events_asked(port) as answer:
        assert "anew" not in news_with(answer, "events")
        desk.do(lambda: replaced(desk).switch_power())
        news = news_with(answer, "anew")
    assert news["events"][0]["number"] == 1
    assert news["events"][0]["state"] == "booting"


@pytest.mark.slow
def test_page_that_knows_more_than_there_was_begins_again(desk: Desk, port: int) -> None:
    desk.do(lambda: booted(desk))
    with events_asked(port, **{"Last-Event-ID": "9999"}) as answer:
        assert news_with(answer, "anew")["events"][0]["number"] == 1


@pytest.mark.slow
def test_phone_that_is_still_off_clears_the_page(desk: Desk, port: int) -> None:
    desk.do(lambda: booted(desk))
    with events_asked(port) as answer:
        news_with(answer, "events")
        desk.do(lambda: replaced(desk))
        news = news_with(answer, "anew")
    assert "events" not in news
    assert news["phone"]["state"] == "off"


@pytest.mark.slow
def test_pages_that_come_at_once_are_counted(port: int) -> None:
    with ExitStack() as stack:
        asked = [stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=BOUND))) for _ in range(100)]
        for connection in asked:
            connection.request("GET", "/events")
        answers = [stack.enter_context(connection.getresponse()) for connection in asked]
        assert [answer.status for answer in answers].count(200) == STREAMS_LIMIT
