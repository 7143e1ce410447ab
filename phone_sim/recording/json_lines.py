"""The form of a recording: JSON lines, the first of which says that it is one. The form is ours.

Pure. It does not know files. Reading is strict: a key too many or too few, a value of another type or out of its range,
a body that does not match its digest, each is an error that names the line. But a last line that breaks off, as on a
full disk, is left out.

    {"phone_sim_recording": 1, "server": "http://10.0.0.1/", "began": "2026-03-02T08:00:00+00:00"}
    {"at": 0.012, "client": "127.0.0.1:40000", "protocol": "http", "method": "GET", "path": "site.cfg", ...
     "sent": {"size": 5, "sha256": "...", "base64": "..."}}
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from phone_sim.boot_server.faults import FaultRule
from phone_sim.errors import RecordingError, UsageError
from phone_sim.recording.dialogue import Body, RecordedExchange, Recording

EXCHANGES_LIMIT = 100_000
"""Most exchanges of a recording."""

_VERSION = 1
_TEXT_LIMIT = 100_000
_AT_LIMIT = 1e9
_STATUSES = range(-1, 600)
_HEAD_KEYS = {"phone_sim_recording", "server", "began"}
_BODY_KEYS = {"size", "sha256", "base64"}
_EXCHANGE_KEYS = {field.name for field in fields(RecordedExchange)}


class _MalformedError(Exception):
    """What is wrong with a line."""


def head_line(server: str, began: datetime) -> str:
    """The first line of a recording, with its end."""
    return json.dumps({"phone_sim_recording": _VERSION, "server": server, "began": began.isoformat()}) + "\n"


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
                exchanges.append(_exchange(values))
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
    if _whole(values, "phone_sim_recording", range(2**31)) != _VERSION:
        raise _MalformedError(f"a recording of version {values['phone_sim_recording']}, version {_VERSION} can be read")
    try:
        began = datetime.fromisoformat(_text(values, "began"))
        if began.tzinfo is None:
            raise ValueError("it has no offset from UTC")
        began = began.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _MalformedError(f"began: {error}") from error
    return Recording(server=_text(values, "server"), began=began)


def _exchange(values: dict[str, Any]) -> RecordedExchange:
    _check_keys(values, _EXCHANGE_KEYS)
    at = values["at"]
    if type(at) not in (int, float) or not 0 <= at <= _AT_LIMIT:
        raise _MalformedError("at is not seconds since the beginning")
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
        at=float(at),
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
    )


def _body(values: Mapping[str, Any], key: str) -> Body | None:
    body = values[key]
    if body is None:
        return None
    if not isinstance(body, dict):
        raise _MalformedError(f"{key} is neither null nor an object")
    _check_keys(body, _BODY_KEYS)
    size, digest = _whole(body, "size", range(2**53)), _text(body, "sha256")
    if body["base64"] is None:
        return Body(size=size, sha256=digest, data=None)
    try:
        data = b64decode(body["base64"], validate=True)
    except (ValueError, TypeError) as error:
        raise _MalformedError(f"{key}: not base64: {error}") from error
    if len(data) != size or sha256(data).hexdigest() != digest:
        raise _MalformedError(f"{key}: the body does not match its size and sha256")
    return Body(size=size, sha256=digest, data=data)


def _body_values(body: Body | None) -> dict[str, Any] | None:
    if body is None:
        return None
    base64 = None if body.data is None else b64encode(body.data).decode("ascii")
    return {"size": body.size, "sha256": body.sha256, "base64": base64}


def _check_keys(values: Mapping[str, Any], expected: set[str]) -> None:
    for key in sorted(expected ^ values.keys()):
        raise _MalformedError(f"{key[:100]!a} is {'missing' if key in expected else 'no key of a recording'}")


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        raise _MalformedError(f"{key} is not a text of at most {_TEXT_LIMIT} characters")
    return value


def _whole(values: Mapping[str, Any], key: str, allowed: range) -> int:
    value = values[key]
    if type(value) is not int or value not in allowed:
        raise _MalformedError(f"{key} is not a whole number from {allowed[0]} to {allowed[-1]}")
    return value
