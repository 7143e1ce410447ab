"""Reading a phone's log: its entries, and the message that each is.

Both widths of the component field are read (D16). Lines that a mail program folded are joined, and what a syslog server
or the phone (`device.syslog.prependMac`) put before a line is taken off. This module does not know what a line means.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from phone_sim.fault_catalog.known_line import KnownLine
from phone_sim.fault_catalog.known_lines import KNOWN_LINES
from phone_sim.firmware.log_line import TEXT_LIMIT, LogLine, parse_line
from phone_sim.firmware.messages import Message

_STAMP = re.compile(r"(\d{6}\.\d{3}|\d{10})\|")
# Behind a prefix there may be other digits, so the whole head of the line has to be there.
_HEAD = re.compile(r"(?<!\d)(?:\d{6}\.\d{3}|\d{10})\|[A-Za-z]\w{0,15} {0,15}\|[0-6*]\|\d\d\|")
_PREFIX_LIMIT = 512
_CLOCK = re.compile(r"\d\d:\d\d")
# A line of the log, folded to a few characters each time.
_FOLDS = 64
_ANY = "{component}"
# What each known line says, without blanks, since a line can be folded at any place, and the fold may have eaten one or
# left one: literals, with the name of a value between each two.
_FORMS = tuple((known, re.split(r"\{(\w+)\}", known.message.text.replace(" ", ""))) for known in KNOWN_LINES)
_OF_COMPONENT = {
    component: tuple(one for one in _FORMS if one[0].message.component in (component, _ANY))
    for component in {known.message.component for known in KNOWN_LINES}
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a log, without what stood before it; `origin` is the phone that this names, if it does."""

    line: str
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A line of a log; `known` is None for an unknown one, `values` fill its message, with all blanks left out."""

    line: str
    origin: str
    known: KnownLine | None
    values: Mapping[str, str]

    @property
    def message(self) -> Message | None:
        """The message that it is."""
        return None if self.known is None else self.known.message

    @property
    def component(self) -> str:
        """The part of the phone that logged it."""
        return "".join(self.line.split("|", 2)[1].split())


def entries(text: str) -> list[Entry]:
    """The entries of a log: a line without a stamp belongs to the one before, up to an empty line."""
    found: list[tuple[str, list[str]]] = []  # what stood before an entry, and its parts
    is_open = False
    for line in text.splitlines():
        quoted = line.lstrip("> \t").rstrip()
        if (start := _start(quoted)) is not None:
            found.append((quoted[:start], [quoted[start:]]))
            is_open = True
        elif not quoted or (is_open and _is_of_another_program(quoted, found[-1][0])):
            is_open = False
        elif is_open and len(found[-1][1]) < _FOLDS:
            found[-1][1].append(quoted)
    return [Entry(line=" ".join(parts), origin=_origin(prefix)) for prefix, parts in found]


def read_log(text: str) -> tuple[ReadLine, ...]:
    """The entries of a log, each with the message that it is."""
    return tuple(_read(entry) for entry in entries(text))


def _start(line: str) -> int | None:
    """Where an entry starts in a line, or None if none does."""
    if _STAMP.match(line):
        return 0
    head = _HEAD.search(line, 0, _PREFIX_LIMIT)
    return None if head is None else head.start()


def _is_of_another_program(line: str, prefix: str) -> bool:
    """True where a line has a prefix like that of the entry before it, so that it is not the rest of that entry."""
    return bool(prefix) and line[: 1 if prefix[0] == "<" else 3] == prefix[: 1 if prefix[0] == "<" else 3]


def _origin(prefix: str) -> str:
    """The address or the name of the phone in what stood before an entry: the last word that is not a time."""
    words = [word for word in prefix.replace("|", " ").split() if word.strip("-\ufeff")]
    last = words[-1].rpartition(">")[2].rstrip(":") if words else ""
    return "" if _CLOCK.search(last) else last


def _parts(line: str) -> LogLine | None:
    """The parts of a line, also of one that was folded before its text."""
    *head, text = line.split("|", 4)
    return parse_line("|".join([*("".join(part.split()) for part in head), text]))


def _read(entry: Entry) -> ReadLine:
    parts = _parts(entry.line)
    if parts is not None and len(parts.text) <= TEXT_LIMIT:
        text = "".join(parts.text.split())
        for known, form in _OF_COMPONENT.get(parts.component, _OF_COMPONENT[_ANY]):
            if (values := _matched(form, text)) is not None:
                return ReadLine(line=entry.line, origin=entry.origin, known=known, values=values)
    return ReadLine(line=entry.line, origin=entry.origin, known=None, values={})


def _matched(form: list[str], text: str) -> Mapping[str, str] | None:
    """What fills the form to give the text, or None if nothing does; the first values are as long as they can be.

    A regular expression would try each place of a literal with all places of the others. Here each literal is looked
    for once, in what the literals behind it leave.
    """
    literals, names = form[::2], form[1::2]
    if not names:
        return {} if text == literals[0] else None
    start, end = len(literals[0]), len(text) - len(literals[-1])
    if end < start or not (text.startswith(literals[0]) and text.endswith(literals[-1])):
        return None
    values: dict[str, str] = {}
    for name, literal in zip(names[:0:-1], literals[-2:0:-1], strict=True):
        if (found := text.rfind(literal, start, end)) < 0:
            return None
        values[name] = text[found + len(literal) : end]
        end = found
    return {**values, names[0]: text[start:end]}
