"""On which line of a TOML file a key stands, and whether a key is too long for tomllib.

Exact for keys and table heads on lines of their own; a key within a value on one line is on the line of that value.
This module reads no values and accepts any text.
"""

import re
from collections import Counter
from collections.abc import Mapping

from phone_sim.printable import visible

KeyPath = tuple[str | int, ...]
"""From the top table down; the tables of a list are counted from 0."""
KEY_LIMIT = 16
"""Maximum number of parts of a dotted key (our choice).

The time that tomllib takes for a key grows with the square of its parts: it takes 18 s for a key of 64 KiB.
"""
_PART_SHOWN = 120

_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEY})[ \t]*=")
_LONG_QUOTES = re.compile("\"\"\"|'''")
# What has no dots of keys in it: texts, which may lack their end, and comments.
_TEXT_OR_COMMENT = re.compile(
    r"""
    "{3} [^\\"]*+ (?: (?: \\.? | "(?!"{2}) ) [^\\"]*+ )*+ (?: "{3,5} | \Z )
    | '{3} .*? (?: '{3,5} | \Z )
    | " (?: [^"\\\n] | \\[^\n] )*+ "?
    | ' [^'\n]*+ '?
    | \#[^\n]*+
    """,
    re.VERBOSE | re.DOTALL,
)


def lines_of_keys(text: str) -> dict[KeyPath, int]:
    """The line of each key and table, counted from 1."""
    lines: dict[KeyPath, int] = {}
    counts: Counter[KeyPath] = Counter()
    table: KeyPath = ()
    quotes = ""  # of the text over several lines that the line begins in
    for number, line in enumerate(text.split("\n"), start=1):
        if not quotes:
            if head := _HEAD.match(line):
                table = _resolved(_parts(head[2]), counts, opens=head[1] == "[[")
                for end in range(1, len(table) + 1):
                    lines.setdefault(table[:end], number)
            elif assignment := _ASSIGNMENT.match(line):
                path = table
                for part in _parts(assignment[1]):
                    path = (*path, part)
                    lines.setdefault(path, number)
        for found in _LONG_QUOTES.findall(line):
            quotes = found if not quotes else "" if found == quotes else quotes
    return lines


def line_of_long_key(text: str) -> int:
    """The line of the first key that has more than `KEY_LIMIT` parts, counted from 1; 0 without one."""
    keys = _TEXT_OR_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(keys.split("\n"), start=1):
        if line.count(".") >= KEY_LIMIT and any(key.count(".") >= KEY_LIMIT for key in re.split(r"[=,\[\]{}]", line)):
            return number
    return 0


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or else of the nearest table or value around it; 1 for the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def shown(path: KeyPath) -> str:
    """The path for people, the tables of a list counted from 1: `steps[2].put."a.cfg"`."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{_quoted(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def _quoted(part: str) -> str:
    if len(part) > _PART_SHOWN:
        part = f"{part[:_PART_SHOWN]}..."
    return part if re.fullmatch("[A-Za-z0-9_-]+", part) else f'"{visible(part, kept="")}"'


def _parts(key: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(_PART, key)]


def _resolved(parts: list[str], counts: Counter[KeyPath], *, opens: bool) -> KeyPath:
    """The path of a table head; what lies in a list lies in the last table of it so far."""
    path: KeyPath = ()
    for index, part in enumerate(parts, start=1):
        path = (*path, part)
        if opens and index == len(parts):
            counts[path] += 1
        if counts[path]:
            path = (*path, counts[path] - 1)
    return path
