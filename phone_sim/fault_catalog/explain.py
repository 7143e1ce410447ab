"""Reading a phone's log: what each line means, and what it all comes to.

Both widths of the component field are read (D16), and lines that a mail program folded are joined. This module does not
know where a log comes from.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.causes import Cause, Weight
from phone_sim.fault_catalog.known_lines import KNOWN_LINES, KnownLine
from phone_sim.firmware import messages
from phone_sim.firmware.log_line import TEXT_LIMIT, LogLine, parse_line
from phone_sim.firmware.messages import Message

_STAMP = re.compile(r"(\d{6}\.\d{3}|\d{10})\|")
# What the clock shows in the first minutes after power on when it was never set: 1970 began, at some whole hour (D12).
_UNSET_STAMP = re.compile(r"(0101|1231)\d\d0[0-4]\d\d\|")
_LICENSING = ("lic", "ldap")
_OPENING = (messages.INITIAL_ENTRY, messages.KEY_IS_BLANK)
# The lines that tell of a feature that is off.
_OFF = (messages.FEATURE_NOT_AVAILABLE, messages.FEATURE_EXPIRED)
# A line of the log, folded to a few characters each time.
_FOLDS = 64
# What each known line says, without blanks, since a line can be folded at any place, and the fold may have eaten one or
# left one: literals, with the name of a value between each two.
_FORMS = tuple((known, re.split(r"\{(\w+)\}", known.message.text.replace(" ", ""))) for known in KNOWN_LINES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLine:
    """A line of a log; `known` is None for an unknown one, `values` are what its message was filled with."""

    line: str
    known: KnownLine | None
    values: Mapping[str, str]

    @property
    def message(self) -> Message | None:
        """The message that it is."""
        return None if self.known is None else self.known.message

    @property
    def is_licensing(self) -> bool:
        """True for a line that tells of licenses."""
        parts = _parts(self.line)
        about = self.known is not None and bool(self.known.causes)
        return parts is not None and (parts.component in _LICENSING or about)


def unfold(text: str) -> list[str]:
    """The entries of a log: a line without a stamp belongs to the one before, up to an empty line."""
    entries: list[list[str]] = []
    is_open = False
    for line in text.splitlines():
        quoted = line.lstrip("> \t").rstrip()
        if _STAMP.match(quoted):
            entries.append([quoted])
            is_open = True
        elif not quoted:
            is_open = False
        elif is_open and len(entries[-1]) < _FOLDS:
            entries[-1].append(quoted)
    return [" ".join(parts) for parts in entries]


def explain(text: str) -> tuple[ExplainedLine, ...]:
    """The entries of a log, each with the message that it is."""
    return tuple(_explained(line) for line in unfold(text))


def likely_causes(lines: Iterable[ExplainedLine]) -> tuple[Cause, ...]:
    """Why the features are as they are at the end of the log, the likeliest cause first; at least one.

    Only the last boot counts: what a later one mended is over.
    """
    last = _last_boot(tuple(lines))
    ranks = _proven(last)
    if not any(line.message in _OFF for line in last):
        ranks = {cause: rank for cause, rank in ranks.items() if cause.weight is not Weight.WHEN_OFF}
    elif all(cause.weight is Weight.BESIDES for cause in ranks):
        deduced = _reason_without_complaint(last)
        ranks[deduced] = deduced.rank
    return tuple(sorted(ranks, key=ranks.__getitem__)) or (_state_of_a_quiet_log(last),)


def conclusion(lines: Iterable[ExplainedLine]) -> str:
    """What it all comes to, as a paragraph."""
    everything = tuple(lines)
    last = _last_boot(everything)
    off = [line.values["feature"] for line in last if line.message is messages.FEATURE_NOT_AVAILABLE]
    head = f"Off for want of a license: {', '.join(dict.fromkeys(off))}. " if off else ""
    first, *others = likely_causes(everything)
    rest = f" Also possible: {' '.join(cause.what for cause in others)}" if others else ""
    return f"{head}{first.what} {first.remedy}{rest}"


def _parts(line: str) -> LogLine | None:
    """The parts of a line, also of one that was folded before its text."""
    *head, text = line.split("|", 4)
    return parse_line("|".join([*("".join(part.split()) for part in head), text]))


def _explained(line: str) -> ExplainedLine:
    parts = _parts(line)
    if parts is not None and len(parts.text) <= TEXT_LIMIT:
        text = "".join(parts.text.split())
        for known, form in _FORMS:
            is_of_component = known.message.component in (parts.component, "{component}")
            if is_of_component and (values := _matched(form, text)) is not None:
                return ExplainedLine(line=line, known=known, values=values)
    return ExplainedLine(line=line, known=None, values={})


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


def _last_boot(lines: tuple[ExplainedLine, ...]) -> tuple[ExplainedLine, ...]:
    """The lines of the last boot, with what led to it when that was a license that ran out.

    Real phones say nothing when they start, but a part of the phone that opens for the second time tells of a reboot.
    """
    expired = tuple(line for line in lines if line.message is messages.FEATURE_EXPIRED)[-1:]
    start, opened = 0, set[str]()
    for place, line in enumerate(lines):
        component = line.line.split("|")[1].strip()
        if line.message is messages.STARTED or (line.message in _OPENING and component in opened):
            start, opened = place, set()
        if line.message in _OPENING:
            opened.add(component)
    return (*expired, *lines[start:]) if start else lines


def _proven(lines: Iterable[ExplainedLine]) -> dict[Cause, int]:
    """The causes that the lines prove, each with its rank."""
    ranks: dict[Cause, int] = {}
    for line in lines:
        if line.known is not None and (cause := line.known.proves) is not None:
            rank = cause.rank if line.known.rank is None else line.known.rank
            ranks[cause] = min(rank, ranks.get(cause, rank))
    if causes.OVER in ranks and causes.TIME_SERVER in ranks:
        ranks[causes.TIME_SERVER] = ranks[causes.OVER] - 1  # what is over by a doubtful clock may hold
    return ranks


def _reason_without_complaint(lines: tuple[ExplainedLine, ...]) -> Cause:
    """Why a feature is off where no line says it."""
    taken = any(line.message is messages.KEYS_UPDATED and line.values["count"] != "0" for line in lines)
    return causes.NO_FILE if _license_file_missing(lines) and not taken else causes.LACKS_FEATURE


def _license_file_missing(lines: Iterable[ExplainedLine]) -> bool:
    return any(
        line.message is messages.DOWNLOAD_FAILED and line.values["name"].endswith("-license.cfg") for line in lines
    )


def _state_of_a_quiet_log(lines: tuple[ExplainedLine, ...]) -> Cause:
    """What a log without complaints tells."""
    said = {line.message for line in lines}
    if not said & {messages.NEW_KEY, messages.KEY_IS_BLANK, messages.KEYS_UPDATED}:
        return causes.LICENSED if messages.STARTED in said else causes.NOTHING_SAID
    if messages.NEW_KEY in said:
        return causes.CLOCK_UNSET if all(_UNSET_STAMP.match(line.line) for line in lines) else causes.LICENSED
    return causes.NOT_CONFIGURED
