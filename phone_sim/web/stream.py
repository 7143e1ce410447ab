"""Server-sent events: what changes on a desk, to any number of pages.

Several times a second a page gets what is new, in one message, however much that is: the clock, the tiles that have
changed, the step of the demonstration, and, for a page that shows one phone, its events; `anew` says that they are
those of another phone with the same MAC address. A page that comes back says what it had seen last (`Last-Event-ID`, or
`?last=` where it opens a new stream): of which events, and the number. This module does not know who may look.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from phone_sim.errors import DeskBusyError
from phone_sim.mac_address import MacAddress
from phone_sim.web.desk import views
from phone_sim.web.desk.demonstration import Demonstration
from phone_sim.web.desk.desk import Desk

INTERVAL = 0.2
"""Seconds between two messages; ours."""
STREAMS_LIMIT = 64
"""Most pages that are told at once; ours."""


def event_route(desk: Desk, demonstration: Demonstration | None = None, path: str = "/events") -> Route:
    """The route of the stream: `?phone=MAC` adds the events of a phone. Where a demonstration is, is told as well."""
    streams: set[_Stream] = set()

    async def events(request: Request) -> Response:
        if len(streams) >= STREAMS_LIMIT:
            return JSONResponse({"detail": f"{STREAMS_LIMIT} pages are looking already"}, status_code=503)
        last = request.headers.get("last-event-id") or request.query_params.get("last", "")
        page = _Page(desk, demonstration, request.query_params.get("phone", ""), last)
        return _Stream(page.messages(), streams)

    return Route(path, events)


class _Stream(EventSourceResponse):
    """A stream that is among those that are open from now until it has ended."""

    def __init__(self, messages: AsyncIterator[ServerSentEvent], streams: "set[_Stream]") -> None:
        super().__init__(messages, ping=15, send_timeout=10)
        self._streams = streams
        streams.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI says."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.discard(self)


class _Page:
    """What a page knows: the views that it has, and the last event, by the name of the events and its number in them.

    `mac` is the phone that it shows, `last` the event that it says it has seen, which may be anything.
    """

    def __init__(self, desk: Desk, demonstration: Demonstration | None, mac: str, last: str) -> None:
        self._desk = desk
        self._demonstration = demonstration
        self._mac = mac
        self._known: dict[str, Any] = {}
        self._events, _, number = last.partition(".")
        self._after = int(number[:16]) if number.isascii() and number.isdigit() else 0

    async def messages(self) -> AsyncIterator[ServerSentEvent]:
        """What is new, again and again."""
        while True:
            try:
                news = await asyncio.to_thread(self._desk.do, self._news)
            except DeskBusyError:
                return  # the page comes back, if the desk is still there
            yield ServerSentEvent(data=json.dumps(news), id=f"{self._events}.{self._after}")
            await asyncio.sleep(INTERVAL)

    def _news(self) -> dict[str, Any]:
        """What the page does not know yet; it does from now on. For the desk's thread."""
        tiles = {tile["mac"]: tile for tile in map(views.tile_view, self._desk.phones)}
        current: dict[str, Any] = {**tiles, "server": views.server_view(self._desk)}
        news: dict[str, Any] = {"clock": views.clock_view(self._desk)}
        if self._demonstration is not None:
            current["story"] = views.story_view(self._demonstration)
        phone = next((one for one in self._desk.phones if one.mac == MacAddress(self._mac)), None)
        if phone is not None:
            current["phone"] = views.phone_view(self._desk, phone)
            if self._events != phone.events.name:
                if self._events:
                    news["anew"] = True
                self._events, self._after = phone.events.name, 0
            if events := phone.events.after(self._after):
                news["events"] = [one.as_json() for one in events[-views.LINES_SHOWN :]]
            self._after = phone.events.last
        changed = {name for name, view in current.items() if self._known.get(name) != view}
        news |= {name: current[name] for name in changed & {"server", "phone", "story"}}
        if told := [tile for mac, tile in tiles.items() if mac in changed]:
            news["tiles"] = told
        if gone := sorted(self._known.keys() - current.keys() - {"phone", "story"}):
            news["gone"] = gone
        self._known = current
        return news
