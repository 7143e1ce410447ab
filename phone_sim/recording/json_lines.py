"""The form of a recording: JSON lines, the first of which says that it is one. The form is ours.

Pure. It does not know files. Reading is strict: a key too many or too few, a value of another type or out of its range,
a body that does not match its digest, each is an error that names the line. But a last line that breaks off, as on a
full disk, is left out. A body is text, or base64 where that is shorter.

    {"phone_sim_recording": 2, "server": "http://10.0.0.1/", "began": "2026-03-02T08:00:00+00:00"}
    {"at": 0.012, "client": "127.0.0.1:40000", "protocol": "http", "method": "GET", "path": "site.cfg", ...
     "sent": {"size": 7, "sha256": "...", "text": "<site/>"}, "answer_headers": [["Content-Type", "text/xml"], ...]}

Version 1, which is still read, has no headers, times or bodies of refusals, and all bodies in base64.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from phone_sim.boot_server.faults import FaultRule
from phone_sim.boot_server.http_headers import Headers, fields_of
from phone_sim.errors import RecordingError, UsageError
from phone_sim.recording.dialogue import VERSION, Body, RecordedExchange, Recording

EXCHANGES_LIMIT = 100_000
"""Most exchanges of a recording."""

_VERSIONS = (1, VERSION)
_HEADERS_LIMIT = 200
_TEXT_LIMIT = 100_000
_SECONDS_LIMIT = 1e9
_STATUSES = range(-1, 1000)
_HEAD_KEYS = {"phone_sim_recording", "server", "began"}
_BODY_KEYS = {"size", "sha256"}
_HEADER_KEYS = ("request_headers", "answer_headers")
_EXCHANGE_KEYS = {field.name for field in fields(RecordedExchange)}
_NOT_IN_VERSION_1 = {"seconds", *_HEADER_KEYS}
_NOT_IN_A_HEADER = re.compile(r"[^\t -~\x80-\xff]")


class _MalformedError(Exception):
    """What is wrong with a line."""


def head_line(server: str, began: datetime) -> str:
    """The first line of a recording, with its end."""
    return json.dumps({"phone_sim_recording": VERSION, "server": server, "began": began.isoformat()}) + "\n"


def exchange_line(exchange: RecordedExchange) -> str:
    """The line of an exchange, with its end."""
    values = {name: getattr(exchange, name) for name in RecordedExchange.__slots__}
    for name in ("received", "sent"):
        values[name] = _body_values(values[name])
    return json.dumps(values) + "\n"


def read_recording(lines: Iterable[bytes], name: str) -> Recording:
    """The recording in the lines of the file `name`.

    Raises:
        RecordingError: they are not a recording; the message names the file and the line.
    """
    recording: Recording | None = None
    exchanges: list[RecordedExchange] = []
    broken_line: int | None = None
    for number, line in enumerate(lines, 1):
        try:
            if broken_line is not None:
                raise _MalformedError("the line before this one breaks off")
            if recording is not None and not line.endswith(b"\n"):
                broken_line = number
                continue
            values = _values(line)
            if recording is None:
                recording = _head(values)
            elif len(exchanges) == EXCHANGES_LIMIT:
                raise _MalformedError(f"there are more than {EXCHANGES_LIMIT} exchanges")
            else:
                exchanges.append(_exchange(values, recording.version))
        except _MalformedError as error:
            raise RecordingError(f"{name}, line {number}: {error}") from error
    if recording is None:
        raise RecordingError(f"{name}, line 1: the file is empty, a recording has a first line at least")
    # They stand in the order of the answers.
    exchanges.sort(key=lambda exchange: exchange.at)
    return replace(recording, exchanges=tuple(exchanges), broken_line=broken_line)


def _values(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise _MalformedError("the line breaks off")
    try:
        values = json.loads(line.decode("utf-8"), object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise _MalformedError(f"not a line of JSON: {error}") from error
    if not isinstance(values, dict):
        raise _MalformedError("not a JSON object")
    return values


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is there twice")
    return values


def _head(values: dict[str, Any]) -> Recording:
    if "phone_sim_recording" not in values:
        raise _MalformedError("not a recording: its first line has no phone_sim_recording")
    _check_keys(values, _HEAD_KEYS)
    version = _whole(values, "phone_sim_recording", range(2**31))
    if version not in _VERSIONS:
        raise _MalformedError(f"a recording of version {version}; versions 1 and {VERSION} can be read")
    try:
        began = datetime.fromisoformat(_text(values, "began"))
        if began.tzinfo is None:
            raise ValueError("it has no offset from UTC")
        began = began.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _MalformedError(f"began: {error}") from error
    return Recording(server=_text(values, "server"), began=began, version=version)


def _exchange(values: dict[str, Any], version: int) -> RecordedExchange:
    _check_keys(values, _EXCHANGE_KEYS - _NOT_IN_VERSION_1 if version == 1 else _EXCHANGE_KEYS)
    protocol = values["protocol"]
    if protocol not in ("http", "https", "tftp"):
        raise _MalformedError("protocol is not http, https or tftp")
    fault = _text(values, "fault")
    try:
        if fault:
            FaultRule.parse(fault)
    except UsageError as error:
        raise _MalformedError(str(error)) from error
    return RecordedExchange(
        at=_seconds(values, "at"),
        client=_text(values, "client"),
        protocol=protocol,
        method=_text(values, "method"),
        path=_text(values, "path"),
        user_agent=_text(values, "user_agent"),
        status=_whole(values, "status", _STATUSES),
        reason=_text(values, "reason"),
        received=_body(values, "received"),
        sent=_body(values, "sent"),
        fault=fault,
        seconds=_seconds(values, "seconds") if version > 1 else 0.0,
        request_headers=_headers(values, "request_headers"),
        answer_headers=_headers(values, "answer_headers"),
    )


def _headers(values: Mapping[str, Any], key: str) -> Headers | None:
    fields = values.get(key)
    if fields is None:
        return None
    if not isinstance(fields, list) or len(fields) > _HEADERS_LIMIT:
        raise _MalformedError(f"{key} is neither null nor a list of at most {_HEADERS_LIMIT} headers")
    for field in fields:
        if not isinstance(field, list) or len(field) != 2 or not all(isinstance(part, str) for part in field):
            raise _MalformedError(f"{key}: a header is not a name and a value")
        if len(field[1]) > _TEXT_LIMIT or _NOT_IN_A_HEADER.search(field[1]) or not fields_of([(field[0], field[1])]):
            raise _MalformedError(f"{key}: {field[0][:100]!a} is not a header that can be sent")
    return tuple((name, value) for name, value in fields)


def _body(values: Mapping[str, Any], key: str) -> Body | None:
    body = values[key]
    if body is None:
        return None
    if not isinstance(body, dict):
        raise _MalformedError(f"{key} is neither null nor an object")
    form = "text" if "text" in body else "base64"
    _check_keys(body, _BODY_KEYS | {form})
    size, digest = _whole(body, "size", range(2**53)), _text(body, "sha256")
    if body[form] is None:
        return Body(size=size, sha256=digest, data=None)
    try:
        data = body[form].encode() if form == "text" else b64decode(body[form], validate=True)
    except (ValueError, TypeError, AttributeError) as error:
        raise _MalformedError(f"{key}: not {form}: {error}") from error
    if len(data) != size or sha256(data).hexdigest() != digest:
        raise _MalformedError(f"{key}: the body does not match its size and sha256")
    return Body(size=size, sha256=digest, data=data)


def _body_values(body: Body | None) -> dict[str, Any] | None:
    if body is None:
        return None
    return {"size": body.size, "sha256": body.sha256} | _data_values(body.data)


def _data_values(data: bytes | None) -> dict[str, str | None]:
    if data is None:
        return {"base64": None}
    base64 = b64encode(data).decode("ascii")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64}
    # Text that is longer, with all its escapes, is none for people either.
    return {"base64": base64} if len(json.dumps(text)) > len(base64) + len('""\n') else {"text": text}


def _check_keys(values: Mapping[str, Any], expected: set[str]) -> None:
    for key in sorted(expected ^ values.keys()):
        raise _MalformedError(f"{key[:100]!a} is {'missing' if key in expected else 'no key of a recording'}")


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        raise _MalformedError(f"{key} is not a text of at most {_TEXT_LIMIT} characters")
    return value


def _seconds(values: Mapping[str, Any], key: str) -> float:
    value = values[key]
    if type(value) not in (int, float) or not 0 <= value <= _SECONDS_LIMIT:
        raise _MalformedError(f"{key} is not seconds")
    return float(value)


def _whole(values: Mapping[str, Any], key: str, allowed: range) -> int:
    value = values[key]
    if type(value) is not int or value not in allowed:
        raise _MalformedError(f"{key} is not a whole number from {allowed[0]} to {allowed[-1]}")
    return value
