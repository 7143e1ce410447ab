"""SIP as a phone that is registered nowhere answers it (RFC 3261, RFC 6665): a check-sync, and refusals of the rest.

One request comes in, at most one answer goes out, to where the request came from. The answer repeats what has to be
repeated and adds a few short fields, so that a forged sender gets no more than was sent. This module knows no socket,
and not what the phone does about a check-sync.

Other modules about SIP: `runtime.network.sip`, `runtime.network.sip_notify`.
"""

import hashlib
from dataclasses import dataclass, replace

from sipmessage import CSeq, Message, Request, Response, Via

SIZE_LIMIT = 4096
"""Maximum size of a request in bytes (our choice; a NOTIFY check-sync has some 500)."""
CHECK_SYNC = "check-sync"
"""The event of a NOTIFY that asks a phone to look at its configuration anew (field notes 14)."""

_LINES_LIMIT = 64
_METHODS = "NOTIFY, OPTIONS"
_IN_DIALOGS = frozenset({"BYE", "CANCEL", "INFO", "PRACK", "UPDATE"})
_REPEATED = ("From", "Call-ID", "CSeq")
_NEEDED = ("Via", "To", *_REPEATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Where a request came from."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SipAnswer:
    """The answer to a request; `message` is empty where nothing is answered.

    It goes to `port` of the host that sent the request. `transaction` is the same for the same request sent again, and
    `is_check_sync` is true for one that the phone has to act on. `status` is 0 where nothing is answered.
    """

    message: bytes = b""
    port: int = 0
    status: int = 0
    transaction: str = ""
    is_check_sync: bool = False


_NOTHING = SipAnswer()


def answer_sip(data: bytes, sender: Sender, *, user_agent: str) -> SipAnswer:
    """The answer of a phone to what came from `sender`: one datagram, or one message of a connection.

    What is not a whole SIP request, is longer than the limit, or acknowledges an answer is not answered (RFC 3261 8.2.7
    and 17.1.1.3).
    """
    if len(data) > SIZE_LIMIT or data.count(b"\r\n") > _LINES_LIMIT:
        return _NOTHING
    try:
        request = Message.parse(data)
    except (ValueError, KeyError):
        return _NOTHING
    if not isinstance(request, Request) or request.method == "ACK" or request.headers.get("Via") is None:
        return _NOTHING
    try:
        top, *others = request.via
    except ValueError as error:
        # The library raises one and the same error each time, which would hold every request that was refused.
        error.__traceback__ = None
        return _NOTHING
    status, phrase, more = _judged(request)
    response = Response(status, phrase)
    has_port = "rport" in top.parameters
    came_from = top.parameters.replace(received=sender.host, **({"rport": str(sender.port)} if has_port else {}))
    response.via = [replace(top, parameters=came_from), *others]
    for name in _REPEATED:
        if (value := request.headers.get(name)) is not None:
            response.headers.add(name, value)
    if (to := request.headers.get("To")) is not None:
        response.headers.add("To", to if ";tag=" in to else f"{to};tag={_tag(request)}")
    for name, value in more.items():
        response.headers.add(name, value)
    response.headers.add("Server", user_agent)
    response.content_length = 0
    return SipAnswer(
        message=bytes(response),
        port=sender.port if has_port else top.port or 5060,
        status=status,
        transaction=_transaction(request, top, sender),
        is_check_sync=status == 200 and request.method == "NOTIFY",
    )


_Judgment = tuple[int, str, dict[str, str]]


def _judged(request: Request) -> _Judgment:
    """The status of the answer, its phrase, and the fields that it needs."""
    if any(request.headers.get(name) is None for name in _NEEDED) or not _is_of_its_method(request):
        return 400, "Bad Request", {}
    if request.uri.scheme not in ("sip", "sips"):
        return 416, "Unsupported URI Scheme", {}
    if (required := request.headers.get("Require")) is not None:
        return 420, "Bad Extension", {"Unsupported": required}
    match request.method:
        case "OPTIONS":
            return 200, "OK", {"Allow": _METHODS, "Allow-Events": CHECK_SYNC}
        case "NOTIFY":
            return _judged_notify(request)
        case method if method in _IN_DIALOGS:  # this phone has no dialog
            return 481, "Call/Transaction Does Not Exist", {}
        case _:
            return 405, "Method Not Allowed", {"Allow": _METHODS}


def _judged_notify(request: Request) -> _Judgment:
    event = (request.headers.get("Event") or "").partition(";")[0].strip()
    if not event:
        return 400, "Bad Request", {}
    if event.lower() != CHECK_SYNC:
        return 489, "Bad Event", {"Allow-Events": CHECK_SYNC}
    return 200, "OK", {}


def _is_of_its_method(request: Request) -> bool:
    try:
        return CSeq.parse(request.headers["CSeq"]).method == request.method
    except ValueError:
        return False


def _tag(request: Request) -> str:
    """A tag that is the same for the same request sent again (RFC 3261 19.3)."""
    return hashlib.sha256(str(request.headers.get("Call-ID")).encode()).hexdigest()[:16]


def _transaction(request: Request, top: Via, sender: Sender) -> str:
    """What tells a request sent again from a new one (RFC 3261 17.2.3)."""
    branch = top.parameters.get("branch") or ""
    return "\n".join((sender.host, branch, request.headers.get("CSeq") or "", request.headers.get("Call-ID") or ""))
