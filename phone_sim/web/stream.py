"""Server-sent events: what changes on a desk, to any number of pages.

Several times a second a page gets what is new, in one message, however much that is: the clock, the tiles that have
changed, and, for a page that shows one phone, its events. A page that comes back says what it had seen last
(`Last-Event-ID`). This module does not know who may look.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from phone_sim.mac_address import MacAddress
from phone_sim.web.desk import views
from phone_sim.web.desk.desk import Desk

INTERVAL = 0.2
"""Seconds between two messages; ours."""
STREAMS_LIMIT = 64
"""Most pages that are told at once; ours."""


def event_route(desk: Desk, path: str = "/events") -> Route:
    """The route of the stream: `?phone=MAC` adds the events of a phone, `after=NUMBER` says since when."""
    open_streams = 0

    async def events(request: Request) -> Response:
        nonlocal open_streams
        if open_streams >= STREAMS_LIMIT:
            return JSONResponse({"detail": f"{STREAMS_LIMIT} pages are looking already"}, status_code=503)
        mac = request.query_params.get("phone", "")
        after = request.headers.get("last-event-id", request.query_params.get("after", "0"))

        async def told() -> AsyncIterator[ServerSentEvent]:
            nonlocal open_streams
            open_streams += 1
            try:
                async for message in _messages(desk, mac, int(after) if after.isdigit() else 0):
                    yield message
            finally:
                open_streams -= 1

        return EventSourceResponse(told(), ping=15, send_timeout=10)

    return Route(path, events)


async def _messages(desk: Desk, mac: str, after: int) -> AsyncIterator[ServerSentEvent]:
    known: dict[str, Any] = {}
    while True:
        news, known, after = await asyncio.to_thread(lambda: desk.do(lambda: _news(desk, mac, known, after)))
        yield ServerSentEvent(data=json.dumps(news), id=str(after))
        await asyncio.sleep(INTERVAL)


def _news(desk: Desk, mac: str, known: dict[str, Any], after: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    """What is new since a page knew `known` and events up to `after`; and what it knows from now on."""
    tiles = {tile["mac"]: tile for tile in (views.tile_view(phone) for phone in desk.phones)}
    server = views.server_view(desk)
    news: dict[str, Any] = {"clock": views.clock_view(desk)}
    if changed := [tile for key, tile in tiles.items() if known.get(key) != tile]:
        news["tiles"] = changed
    if gone := sorted(known.keys() - tiles.keys() - {"server", "phone"}):
        news["gone"] = gone
    if known.get("server") != server:
        news["server"] = server
    known_now = {**tiles, "server": server}
    phone = next((one for one in desk.phones if one.mac == MacAddress(mac)), None)
    if phone is not None:
        if events := phone.events.after(after):
            news["events"] = [one.as_json() for one in events[-views.LINES_SHOWN :]]
        known_now["phone"] = views.phone_view(desk, phone)
        if known.get("phone") != known_now["phone"]:
            news["phone"] = known_now["phone"]
        after = phone.events.last
    return news, known_now, after
