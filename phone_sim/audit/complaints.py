"""What phones complain of in their logs: the lines of level 4 and above, and the message that each of them is.

It does not know what a complaint says about the server.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from phone_sim.firmware.log_line import TEXT_LIMIT, LogLine, parse_line
from phone_sim.firmware.messages import MESSAGE_CATALOG, Message

_LOWEST = "4"
_NAME = re.compile(r"\{(\w+)\}")
# Literals with the name of a value between each two. The more is literal, the surer is the message.
_FORMS = sorted(
    ((message, _NAME.split(message.text)) for message in MESSAGE_CATALOG),
    key=lambda form: -sum(map(len, form[1][::2])),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A line of a log without its stamp; `values` fill its `message`, which is None for an unknown line."""

    line: str
    message: Message | None = None
    values: Mapping[str, str] = field(default_factory=dict, compare=False)


def is_complaint(level: str) -> bool:
    """True for the levels of a log from 4 on; `*` marks what is always written."""
    return level.isdecimal() and level >= _LOWEST


def complaints_in(lines: Iterable[str]) -> Iterator[Complaint]:
    """The complaints in a log, in order."""
    for line in lines:
        entry = parse_line(line)
        if entry is not None and is_complaint(entry.level):
            yield _complaint(entry)


def _complaint(entry: LogLine) -> Complaint:
    line = f"{entry.component} {entry.level}: {entry.text}"
    for message, form in _FORMS:
        if message.component in (entry.component, "{component}"):
            values = _filled(form, entry.text)
            if values is not None:
                return Complaint(line=line, message=message, values=values)
    return Complaint(line=line)


def _filled(form: list[str], text: str) -> Mapping[str, str] | None:
    """What fills the form to give the text, or None if nothing does; the first values are as short as they can be.

    A text that was cut at the limit of a line has the beginning of a form.
    """
    literals, names = form[::2], form[1::2]
    if len(text) >= TEXT_LIMIT:
        is_begun = bool(literals[0]) and text.startswith(literals[0])
        return {names[0]: text[len(literals[0]) :].partition(literals[1])[0]} if names and is_begun else None
    if not names:
        return {} if text == literals[0] else None
    at, end = len(literals[0]), len(text) - len(literals[-1])
    if end < at or not (text.startswith(literals[0]) and text.endswith(literals[-1])):
        return None
    values: dict[str, str] = {}
    for name, literal in zip(names[:-1], literals[1:-1], strict=True):
        found = text.find(literal, at, end)
        if found < 0:
            return None
        values[name] = text[at:found]
        at = found + len(literal)
    return {**values, names[-1]: text[at:end]}
