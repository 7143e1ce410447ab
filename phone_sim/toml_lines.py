"""On which line of a TOML file a key stands.

Exact for keys and table heads on lines of their own; a key within a value on one line is on the line of that value.
This module reads no values and accepts any text.
"""

import re
from collections import Counter

KeyPath = tuple[str | int, ...]
"""From the top table down; the tables of a list are counted from 0."""

_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEAD = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEY})[ \t]*=")
_LONG_QUOTES = re.compile("\"\"\"|'''")


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


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """The line of a key, or else of the nearest table or value around it; 1 for the file."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def shown(path: KeyPath) -> str:
    """The path for people, the tables of a list counted from 1: `steps[2].put."a.cfg"`."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{_quoted(part)}" for part in path]
    return "".join(parts).removeprefix(".")


def _quoted(part: str) -> str:
    return part if re.fullmatch("[A-Za-z0-9_-]+", part) else f'"{part}"'


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
