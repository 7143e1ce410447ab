"""A recording as an HTTP Archive, HAR 1.2, as browsers and mitmproxy read and write it.

Pure. What a recording does not have is left at the value that HAR has for it: sizes of heads, cookies, and times but
the one that the answer took. Exchanges over TFTP are left out.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from phone_sim import __version__
from phone_sim.boot_server.http_headers import Headers, values_of
from phone_sim.recording.content import Unpacking
from phone_sim.recording.dialogue import RecordedExchange, Recording

_UNKNOWN = -1
_HTTP = "HTTP/1.1"


def har_pieces(recording: Recording) -> Iterator[str]:
    """The archive, in pieces."""
    creator = {"name": "phone_sim", "version": __version__}
    yield f'{{"log": {{"version": "1.2", "creator": {json.dumps(creator)}, "entries": ['
    unpacking = Unpacking()
    mark = "\n"
    for exchange in recording.exchanges:
        if exchange.protocol != "tftp":
            yield mark + json.dumps(_entry(exchange, recording, unpacking))
            mark = ",\n"
    yield "\n]}}\n"


def _entry(exchange: RecordedExchange, recording: Recording, unpacking: Unpacking) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    entry = {
        "startedDateTime": _started(recording.began, exchange.at),
        "time": milliseconds,
        "request": _request(exchange, recording.server),
        "response": _response(exchange, unpacking),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    return entry | {"comment": f"fault on purpose: {exchange.fault}"} if exchange.fault else entry


def _started(began: datetime, at: float) -> str:
    # A recording can say that it began at the end of what a date can hold.
    with suppress(OverflowError):
        began += timedelta(seconds=at)
    return began.isoformat(timespec="milliseconds")


def _request(exchange: RecordedExchange, server: str) -> dict[str, Any]:
    headers = exchange.request_headers or ()
    request = {
        "method": exchange.method,
        "url": server + quote(exchange.path, safe="/:@!$&'()*+,;=[]", errors="surrogatepass"),
        "httpVersion": _HTTP,
        "cookies": [],
        "headers": _fields(headers),
        "queryString": [],
        "headersSize": _UNKNOWN,
        "bodySize": 0 if exchange.received is None else exchange.received.size,
    }
    if exchange.received is not None:
        content = _text(exchange.received.data)
        if "encoding" in content:  # HAR has no place for it here
            content["comment"] = content.pop("encoding")
        request["postData"] = {"mimeType": values_of(headers, "Content-Type") or "", "text": "", **content}
    return request


def _response(exchange: RecordedExchange, unpacking: Unpacking) -> dict[str, Any]:
    headers, sent = exchange.answer_headers or (), exchange.sent
    content = unpacking.content(exchange)
    size = 0 if sent is None else sent.size
    return {
        "status": max(0, exchange.status),
        "statusText": exchange.reason,
        "httpVersion": _HTTP,
        "cookies": [],
        "headers": _fields(headers),
        "content": {
            "size": size if content is None else len(content),
            "mimeType": values_of(headers, "Content-Type") or "",
            **({} if sent is None else _text(content)),
        },
        "redirectURL": values_of(headers, "Location") or "",
        "headersSize": _UNKNOWN,
        "bodySize": size,
    }


def _fields(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _text(data: bytes | None) -> dict[str, str]:
    """The members that hold the bytes of a body."""
    if data is None:
        return {"comment": "not in the recording"}
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": b64encode(data).decode("ascii"), "encoding": "base64"}
