"""Requests are passed on as they are, and answers come back as they are, or as a failure."""

from contextlib import closing

from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport.http_passing import PassedAnswer, PassedRequest, PassingHttp
from tests.runtime.hostile_http import Conversation, HostileHttpServer, Request
from tests.runtime.phones import PATIENT

ANSWERS = {
    "/odd": b"HTTP/1.1 799 Odd\xe4\r\nX-A: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n\r\nabc",
    "/moved": b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 4\r\n\r\npage",
    "/early": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
    "/large": b"HTTP/1.1 404 Not Found\r\nContent-Length: 999\r\n\r\n" + b"x" * 999,
}


def script(conversation: Conversation, request: Request) -> None:
    """Answer by the path."""
    conversation.say(ANSWERS[request.path.partition("?")[0]])


def test_answers_come_as_they_are_or_fail() -> None:
    replies: dict[str, PassedAnswer | TransferFailed] = {}
    headers = (("accept", "a"), ("Accept", "b"), ("X-Empty", ""))
    with HostileHttpServer(script) as server, closing(PassingHttp(PATIENT)) as transport:
        for path in ANSWERS:
            url = f"{server.url}{path[1:]}?a=/../b"
            request = PassedRequest(method="GET", url=url, headers=headers, body=None, credentials=None, limit=100)
            replies[path] = transport.pass_on(request)
        asked = server.requests[0]
    assert asked.path == "/odd?a=/../b"
    assert asked.headers == {"host": server.authority, "accept": "a, b", "x-empty": ""}
    fields = (("X-A", "1"), ("Set-Cookie", "a"), ("Set-Cookie", "b"), ("Content-Length", "3"))
    assert replies.pop("/odd") == PassedAnswer(status=799, reason="Odd\xe4", headers=fields, body=b"abc")
    moved = replies.pop("/moved")
    assert isinstance(moved, PassedAnswer)
    assert (moved.status, moved.headers[0], moved.body) == (302, ("Location", "http://["), b"page")
    assert [reply.kind for reply in replies.values() if isinstance(reply, TransferFailed)] == [
        FailureKind.NOT_THE_PROTOCOL,
        FailureKind.BROKEN_OFF,
        FailureKind.TOO_LARGE,
    ]
