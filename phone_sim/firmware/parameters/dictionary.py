"""The dictionary of parameters: which there are, with type, range, choices and default (D22).

The vendor's tables have patterns: a number between dots is `#`, and `index` says from where to where it runs. That of
UC Software comes from its schema. That of SIP 3.x has names and stock values only, so type and range are those of the
same parameter of UC Software. This module does not know what any parameter does.
"""

import re
from collections.abc import Iterable, Mapping
from csv import QUOTE_NONE, DictReader
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType

from phone_sim.errors import ParameterTableError

TABLE_LIMIT = 1024 * 1024
"""Maximum size of a table in bytes (our choice; the vendor's has 0.13 MB)."""
LENGTH_LIMIT = 255
"""Maximum length of the name of a parameter (our choice; the longest of the vendor's tables has 80 characters)."""

TRUTH: Mapping[str, bool] = MappingProxyType({"0": False, "1": True, "false": False, "true": True})
"""The values of a boolean: those of the schema's `xsd:boolean` (D22)."""

_PATTERN = re.compile(r"(?:[A-Za-z0-9_-]+|#)(?:\.(?:[A-Za-z0-9_-]+|#))*")
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")
_NUMBER = re.compile(r"(?<![^.])[0-9]{1,4}(?![^.])")
_NAMES_KEPT = 4096
_SECRET = frozenset({"device.prov.user"})


class ParameterType(Enum):
    """The types of the vendor's schema; an optional integer may be empty."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    OPTIONAL_INTEGER = "integer?"
    ENUM = "enum"
    STRING = "string"
    PASSWORD = "password"  # noqa: S105 - the name of a type  # nosec B105


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What the dictionary says of a parameter, or of all that a pattern stands for.

    `indexes` has the range of each `#`; empty where any number will do. `minimum` and `maximum` are of the value of
    integers and of the length of strings. `default` is in force where no file sets the parameter, or one sets a value
    that cannot be used.
    """

    pattern: str
    type: ParameterType
    indexes: tuple[range, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    default: str = ""

    @property
    def is_secret(self) -> bool:
        """True for a parameter whose value is not shown: a password, and the user of the boot server."""
        return self.type is ParameterType.PASSWORD or self.pattern in _SECRET

    @property
    def expected(self) -> str:
        """The values that can be used, in words."""
        match self.type:
            case ParameterType.BOOLEAN:
                return "0, 1, true or false"
            case ParameterType.INTEGER | ParameterType.OPTIONAL_INTEGER:
                both = self.minimum is not None and self.maximum is not None
                return f"{self.minimum} to {self.maximum}" if both else "a whole number"
            case ParameterType.ENUM:
                *others, last = (choice for choice in self.choices if choice)
                return f"{', '.join(others)} or {last}" if others else last
            case ParameterType.STRING | ParameterType.PASSWORD:
                return f"a text of at most {self.maximum} characters" if self.maximum is not None else "a text"

    def admits(self, value: str) -> bool:
        """True for a value, without blanks around it, that is of the type and in the range.

        An empty value is always admitted: it means the default (field notes 5). The case of choices does not matter,
        since working sites write `tcp` for `TCP`; that of `true` and `false` does, since the schema has no other.
        """
        if not value:
            return True
        match self.type:
            case ParameterType.BOOLEAN:
                return value in TRUTH
            case ParameterType.INTEGER | ParameterType.OPTIONAL_INTEGER:
                return _INTEGER.fullmatch(value) is not None and self._is_in_range(int(value))
            case ParameterType.ENUM:
                return value.casefold() in (choice.casefold() for choice in self.choices)
            case ParameterType.STRING | ParameterType.PASSWORD:
                return self._is_in_range(len(value))

    def _is_in_range(self, number: int) -> bool:
        low = self.minimum is None or number >= self.minimum
        return low and (self.maximum is None or number <= self.maximum)


class ParameterDictionary:
    """The parameters that a firmware knows. Never changed, and compared by identity: a phone's settings are kept by it.

    `name` says whose parameters they are, such as `UC Software 4.0.15`.
    """

    def __init__(self, name: str, declarations: Iterable[Declaration], *, beyond: "ParameterDictionary | None" = None):
        self.name = name
        self._declarations = {one.pattern: one for one in declarations}
        self._beyond = beyond

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """All, in the order of the table."""
        return tuple(self._declarations.values())

    def find(self, name: str) -> Declaration | None:
        """The declaration of a parameter by its name, such as `reg.1.address`; None for one that is not known."""
        return _found(self._declarations, name)

    def lookup(self, name: str) -> Declaration | None:
        """The declaration in this firmware's table, or else in that of the later firmware; None if neither has it."""
        found = self.find(name)
        return self._beyond.find(name) if found is None and self._beyond is not None else found

    def declaration(self, name: str) -> Declaration:
        """The declaration that a phone reads a parameter by.

        One that no table has is a switch that is off: a model's file may name one (our choice).
        """
        return self.lookup(name) or Declaration(pattern=name, type=ParameterType.BOOLEAN, default="0")

    def matching(self, glob: str) -> tuple[Declaration, ...]:
        """The declarations whose pattern, or one of whose names, is like `glob`, in which `*` is anything."""
        plain = re.sub(r"(?<![^.])[0-9]+(?![^.])", "#", glob)
        return tuple(one for one in self._declarations.values() if fnmatchcase(one.pattern, plain))

    def extended(self, name: str, declarations: Iterable[Declaration]) -> "ParameterDictionary":
        """This dictionary with a table more, whose declarations go before those of the same pattern."""
        merged = self._declarations | {one.pattern: one for one in declarations}
        return ParameterDictionary(f"{self.name} with {name}", merged.values(), beyond=self._beyond)


def parse_table(text: str, source: str) -> tuple[Declaration, ...]:
    """The declarations in the text of a table; `source` names the file.

    The columns are `name`, `index`, `type`, `min`, `max`, `values` and `default`, with tabs between them and choices
    separated by `|`.

    Raises:
        ParameterTableError: with file, line and reason, for everything that is wrong with the file; nothing else.
    """
    return tuple(_declaration(row, source, line) for line, row in _rows(text, source, _COLUMNS))


def parse_stock(text: str, source: str, later: ParameterDictionary) -> tuple[Declaration, ...]:
    """The declarations of SIP 3.x from the table of stock values, with types and ranges of the `later` firmware.

    Raises:
        ParameterTableError: with file, line and reason, for everything that is wrong with the file; nothing else.
    """
    found: list[Declaration] = []
    for line, row in _rows(text, source, _STOCK_COLUMNS):
        pattern = _pattern(row["name"], source, line)
        untyped = Declaration(pattern=pattern, type=ParameterType.STRING)
        # The vendor ships the default as the stock value. Up to where stock files count is no limit.
        default, declared = row["stock value"], later.find(pattern) or untyped
        found.append(replace(declared if declared.admits(default) else untyped, default=default or declared.default))
    return tuple(found)


_COLUMNS = ("name", "index", "type", "min", "max", "values", "default")
_STOCK_COLUMNS = ("name", "index", "in", "stock value")


def _rows(text: str, source: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    reader = DictReader(text.splitlines(), delimiter="\t", quoting=QUOTE_NONE, restkey="", restval="")
    if tuple(reader.fieldnames or ()) != columns:
        raise ParameterTableError(source, 1, f"the columns are not {', '.join(columns)}, with tabs between them")
    rows: list[tuple[int, dict[str, str]]] = []
    for row in reader:
        if row.pop("", None):
            raise ParameterTableError(source, reader.line_num, f"more than {len(columns)} columns")
        rows.append((reader.line_num, {name: value.strip() for name, value in row.items()}))
    return rows


def _declaration(row: Mapping[str, str], source: str, line: int) -> Declaration:
    pattern = _pattern(row["name"], source, line)
    kinds = {one.value: one for one in ParameterType}
    if row["type"] not in kinds:
        raise ParameterTableError(source, line, f"type {row['type']!r} is not one of {', '.join(kinds)}")
    kind = kinds[row["type"]]
    choices = tuple(row["values"].split("|")) if row["values"] else ()
    if (kind is ParameterType.ENUM) != any(choices):
        raise ParameterTableError(source, line, "an enum has values, and nothing else has")
    declared = Declaration(
        pattern=pattern,
        type=kind,
        indexes=_indexes(row["index"], pattern.split(".").count("#"), source, line),
        minimum=_whole(row["min"], "min", source, line),
        maximum=_whole(row["max"], "max", source, line),
        choices=choices,
        default=row["default"],
    )
    if not declared.admits(declared.default):
        raise ParameterTableError(source, line, f"default {declared.default!r} is not {declared.expected}")
    return declared


def _pattern(name: str, source: str, line: int) -> str:
    if len(name) > LENGTH_LIMIT or not _PATTERN.fullmatch(name):
        raise ParameterTableError(source, line, f"{name[:60]!r} is not the name of a parameter, such as reg.#.address")
    return name


def _indexes(text: str, count: int, source: str, line: int) -> tuple[range, ...]:
    if not text:
        return ()
    found: list[range] = []
    for part in text.split(","):
        match = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,4})", part)
        if match is None:
            raise ParameterTableError(source, line, f"index {text!r} is not like 1-34 or 1-34,1-4")
        found.append(range(int(match.group(1)), int(match.group(2)) + 1))
    if len(found) != count:
        raise ParameterTableError(source, line, f"index {text!r} has {len(found)} ranges for {count} of '#'")
    return tuple(found)


def _whole(text: str, column: str, source: str, line: int) -> int | None:
    if not text:
        return None
    if not _INTEGER.fullmatch(text):
        raise ParameterTableError(source, line, f"{column} {text!r} is not a whole number")
    return int(text)


@lru_cache(maxsize=_NAMES_KEPT)
def _split(name: str) -> tuple[str, tuple[int, ...]]:
    """The pattern that a name is of if each number between dots is one of many, and these numbers."""
    return _NUMBER.sub("#", name), tuple(map(int, _NUMBER.findall(name)))


def _found(declarations: Mapping[str, Declaration], name: str) -> Declaration | None:
    if (exact := declarations.get(name)) is not None:
        return exact
    if len(name) > LENGTH_LIMIT:
        return None
    pattern, numbers = _split(name)
    found = declarations.get(pattern)
    if found is None or not all(number in index for number, index in zip(numbers, found.indexes, strict=False)):
        return None
    return found
