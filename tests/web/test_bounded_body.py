"""A body is waited for up to its time limit, behind the guard; driven by hand."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from phone_sim.web.security import Guard
from phone_sim.web_access import Access, RequestBounds
from tests.web import PORT


def conversation(guard: Guard, scope: Scope, parts: list[Message]) -> list[Message]:
    """What is sent to a peer that sends these parts, and then nothing more."""
    sent: list[Message] = []

    async def receive() -> Message:
        if parts:
            return parts.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(asyncio.wait_for(guard(scope, receive, send), 30))
    return sent


@pytest.mark.slow
def test_body_that_does_not_come_is_not_waited_for() -> None:
    async def reads(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(str(len(await Request(scope, receive).body())))(scope, receive, send)

    guard = Guard(reads, access=Access.at("127.0.0.1", PORT), bounds=RequestBounds(body_seconds=0.1))
    headers = [(b"host", b"localhost:8123"), (b"origin", b"http://localhost:8123"), (b"content-length", b"10")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "scheme": "http",
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", PORT),
    }
    start, *_ = conversation(guard, dict(scope), [{"type": "http.request", "body": b"12345", "more_body": True}])
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    whole: list[Message] = [{"type": "http.request", "body": b"12345", "more_body": place == 0} for place in range(2)]
    assert [message.get("body") for message in conversation(guard, dict(scope), whole)] == [None, b"10"]
