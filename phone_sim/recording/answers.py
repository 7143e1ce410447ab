"""Where two answers to the same request differ: status, headers that matter, body.

Pure. It does not know which answers belong together.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from phone_sim.boot_server.http_headers import values_of
from phone_sim.recording.content import Unpacking
from phone_sim.recording.dialogue import RecordedExchange, Recording
from phone_sim.recording.file_changes import Change, FileVersion, file_changes
from phone_sim.recording.names import Names

COMPARED_HEADERS = ("Content-Type", "Content-Encoding", "Content-Length", "Content-Range", "Location")
"""The headers that change what a phone does; the others say when, or by what server, an answer was made."""

Part = Literal["status", "headers", "body"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers of a dialogue, with the names of its phones, and what they are unpacked by."""

    recording: Recording
    names: Names
    unpacking: Unpacking = field(default_factory=Unpacking)

    def shown(self, header: str, exchange: RecordedExchange) -> str | None:
        """The values of a header as they are compared; None where it is missing."""
        value = values_of(exchange.answer_headers or (), header)
        if value is None:
            return None
        if header == "Content-Type":
            return "".join(value.lower().split())
        if header == "Location" and value.startswith(self.recording.server):
            value = f"<server>/{value.removeprefix(self.recording.server)}"
        return self.names.put_into(value)

    def file(self, exchange: RecordedExchange) -> FileVersion | None:
        """The content of an answer; None where it is not known."""
        data = self.unpacking.content(exchange)
        return None if data is None else FileVersion(data=data, rename=self.names.put_into)


def ignored_headers(recordings: Iterable[Recording]) -> tuple[str, ...]:
    """The headers of the answers that are not compared, in the order of the alphabet."""
    names = {
        name.lower(): name for one in recordings for each in one.exchanges for name, _ in each.answer_headers or ()
    }
    for name in COMPARED_HEADERS:
        names.pop(name.lower(), None)
    return tuple(sorted(names.values()))


def answer_changes(
    first: RecordedExchange, second: RecordedExchange, ours: Answers, theirs: Answers
) -> Iterator[tuple[Part, tuple[Change, ...]]]:
    """What differs, part by part; of answers with another status nothing else is compared."""
    if first.status != second.status:
        yield "status", (Change(name="status", first=_status(first), second=_status(second)),)
        return
    if headers := tuple(_header_changes(first, second, ours, theirs)):
        yield "headers", headers
    if body := _body_changes(first, second, ours, theirs):
        yield "body", body


def _status(exchange: RecordedExchange) -> str:
    if exchange.status < 0:
        return "broken off"
    return f"{exchange.status} {exchange.reason}".rstrip()


def _header_changes(
    first: RecordedExchange, second: RecordedExchange, ours: Answers, theirs: Answers
) -> Iterator[Change]:
    if first.answer_headers is None or second.answer_headers is None:
        return
    for name in COMPARED_HEADERS:
        value, other = ours.shown(name, first), theirs.shown(name, second)
        # The length of a body that differs, or that comes in chunks, says nothing new.
        if name == "Content-Length" and (first.sent != second.sent or None in (value, other)):
            continue
        if value != other:
            yield Change(name=name, first=value, second=other)


def _body_changes(
    first: RecordedExchange, second: RecordedExchange, ours: Answers, theirs: Answers
) -> tuple[Change, ...]:
    if first.sent is None or second.sent is None:
        # Version 1 has the bodies of files only.
        is_known = first.is_file or None not in (first.answer_headers, second.answer_headers)
        if first.sent == second.sent or not is_known:
            return ()
        return (Change(name="body", first=_size(first), second=_size(second)),)
    if first.sent.sha256 == second.sent.sha256 and ours.shown("Content-Encoding", first) == theirs.shown(
        "Content-Encoding", second
    ):
        return ()
    file, other = ours.file(first), theirs.file(second)
    if file is None or other is None:
        return (Change(name="SHA-256", first=first.sent.sha256, second=second.sent.sha256),)
    return file_changes(file, other)


def _size(exchange: RecordedExchange) -> str | None:
    return None if exchange.sent is None else f"{exchange.sent.size} bytes"
