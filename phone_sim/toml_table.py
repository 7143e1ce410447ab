"""The one strict reader of tables: those of TOML files, and those of messages between processes.

A value is of the form that is asked for, or the error says where it is: file, line and key, or kind of message and key.
The parser of TOML tells no lines, so `phone_sim.toml_lines` finds them. This module does no I/O and does not know what
a table is for.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Self, TypeVar

from phone_sim.errors import UsageError
from phone_sim.instants import RANGE, in_range
from phone_sim.toml_lines import KEY_LIMIT, KeyPath, line_of, line_of_long_key, lines_of_keys, shown

SIZE_LIMIT = 1024 * 1024
"""Maximum size of a file in bytes (our choice)."""
TEXT_LIMIT = 64 * 1024
"""Maximum length of one text of a file in characters (our choice)."""
COUNT_LIMIT = 10**12
"""Maximum of a whole number, unless the reader asks for another (our choice)."""
_SHOWN = 60
_TIME_WORDS = "a time or a day such as 2026-12-01T02:00 or 2026-12-01"

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What tables are read from: a file by its path, or a message by its kind.

    `lines` are those of the keys of a file. A text has at most `text_limit` characters, a table or a list at most
    `entry_limit` entries. `error` is what is raised for a value that is refused.
    """

    name: str
    lines: Mapping[KeyPath, int] | None = None
    text_limit: int = TEXT_LIMIT
    entry_limit: int = SIZE_LIMIT
    error: type[UsageError] = UsageError


def parse_toml(text: str, name: str, error: type[UsageError] = UsageError) -> "Table":
    """The top table of a TOML document; `name` names its file in errors, which are of the type `error`.

    Raises:
        UsageError: it is not TOML, or has a key of more parts than tomllib can read in a reasonable time.
    """
    if line := line_of_long_key(text):
        raise error(f"{name}:{line}: a key has more than {KEY_LIMIT} parts")
    try:
        values = tomllib.loads(text)
    except RecursionError as reason:
        raise error(f"{name}: not TOML: nested too deeply") from reason
    except ValueError as reason:  # also from a number of thousands of digits
        raise error(f"{name}: not TOML: {reason}") from reason
    return Table.of(values, Origin(name=name, lines=lines_of_keys(text), error=error))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, and where it stands. Each method raises UsageError for a value that is not what it asks for.

    A value without a default is required. A key of a file is a text; a key of a message can be anything.
    """

    values: dict[Any, Any]
    path: KeyPath
    origin: Origin

    @classmethod
    def of(cls, value: object, origin: Origin, path: KeyPath = ()) -> Self:
        """The table that a value is."""
        table = cls(values=value if isinstance(value, dict) else {}, path=path, origin=origin)
        if value is not table.values:
            raise table.error(None, f"{_shown(value)} is not a table")
        table._check_size(None, table.values)
        return table

    @property
    def line(self) -> int:
        """The line of a file that the table begins in."""
        return line_of(self.origin.lines or {}, self.path)

    def error(self, key: object, reason: str) -> UsageError:
        """The error that says what is wrong with a key, which may be missing; None is the table itself."""
        return self.origin.error(f"{self.place(key)}: {reason}")

    def refusal(self, key: object, words: str) -> UsageError:
        """The error that says that the value of a key is not what the words say."""
        return self.error(key, f"{_shown(self.values.get(key))} is not {words}")

    def place(self, key: object) -> str:
        """Where a key is: file, line and key, or kind of message and key; None is the table itself."""
        path = self.path if key is None else (*self.path, key if isinstance(key, str) else _shown(key))
        lines = self.origin.lines
        where = self.origin.name if lines is None else f"{self.origin.name}:{line_of(lines, path)}"
        return f"{where}: {shown(path)}" if path else where

    def only(self, allowed: Collection[str]) -> None:
        """Refuse any other key."""
        for key in self.values:
            if key not in allowed:
                raise self.error(key, f"unknown key; expected one of: {', '.join(allowed)}")

    def text_keys(self) -> tuple[str, ...]:
        """The keys, each of which has to be a text."""
        limit = self.origin.text_limit
        for key in self.values:
            if not isinstance(key, str) or len(key) > limit:
                raise self.error(key, f"the key is not a text of at most {limit} characters")
        return tuple(self.values)

    def whole_keys(self) -> tuple[int, ...]:
        """The keys, each of which has to be a whole number."""
        for key in self.values:
            if type(key) is not int or not 0 <= key <= COUNT_LIMIT:
                raise self.error(key, f"the key is not a whole number from 0 to {COUNT_LIMIT}")
        return tuple(self.values)

    def text(self, key: object, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._text(key, "a text", default)
        if not value:
            raise self.error(key, "the text is empty")
        return value

    def any_text(self, key: object, limit: int | None = None) -> str:
        """A text, which may be empty, of at most `limit` characters if that is given."""
        return self._text(key, "a text", None, limit)

    def matching(self, key: object, form: str, words: str) -> str:
        """A text that all of a regular expression matches; `words` say to people what is expected."""
        value = self._text(key, words)
        if not re.fullmatch(form, value):
            raise self.refusal(key, words)
        return value

    def phrase(self, key: object, longest: int, *, may_be_empty: bool = False) -> str:
        """Words in ASCII with single blanks between them, of at most `longest` characters."""
        form = rf"(?=.{{1,{longest}}}\Z)[!-~]+( [!-~]+)*"
        words = f"words in ASCII with single blanks between them, at most {longest} characters"
        if may_be_empty:
            form, words = f"({form})?", f"{words}, or empty"
        return self.matching(key, form, words)

    def texts(self, key: object) -> tuple[str, ...]:
        """A list of texts that are not empty, or one of them; none without the key."""
        value = self.values.get(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self.refusal(key, "a text or a list of texts")
        self._check_size(key, found)
        return tuple(self._bounded(key, one) for one in found)

    def listed(self, key: object) -> tuple[str, ...]:
        """A list of texts."""
        words = "a list of texts"
        value = self._get(key, words, None)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.refusal(key, words)
        self._check_size(key, value)
        return tuple(self._bounded(key, one) for one in value)

    def choice(self, key: object, allowed: Collection[str], default: str | None = None) -> str:
        """One of these texts."""
        words = f"one of: {', '.join(allowed)}"
        value = self._get(key, words, default)
        if value not in tuple(allowed):
            raise self.refusal(key, words)
        return str(value)

    def whole(self, key: object, *, low: int = 0, high: int = COUNT_LIMIT, default: int | None = None) -> int:
        """A whole number."""
        words = f"a whole number from {low} to {high}"
        value = self._get(key, words, default)
        if type(value) is not int or not low <= value <= high:
            raise self.refusal(key, words)
        return value

    def number(
        self, key: object, *, low: float = 0.0, high: float, default: float | None = None, unit: str = ""
    ) -> float:
        """A number; `unit` says in errors what it counts."""
        words = f"a number{unit and f' of {unit}'} from {low:g} to {high:g}"
        value = self._get(key, words, default)
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.refusal(key, words)
        return float(value)

    def flag(self, key: object, default: bool | None = None) -> bool:
        """True or false."""
        value = self._get(key, "true or false", default)
        if not isinstance(value, bool):
            raise self.refusal(key, "true or false")
        return value

    def instant(self, key: object) -> datetime:
        """A time, or a day for its beginning, as a text or in TOML's way; without an offset it is UTC."""
        value = self._get(key, _TIME_WORDS, None)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time.min)
        parsed = value if isinstance(value, datetime) else self._parsed(key, datetime.fromisoformat, value)
        if (instant := in_range(parsed)) is None:
            raise self.error(key, f"{_shown(value)} is not {RANGE}")
        return instant

    def day(self, key: object) -> date | None:
        """A day, as a text or a date of TOML; None without the key."""
        value = self.values.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        return self._parsed(key, date.fromisoformat, value)

    def table(
        self, key: object, allowed: Collection[str] | None = None, default: dict[str, Any] | None = None
    ) -> "Table":
        """A table below this one, with no other keys than those that are allowed, if they are given."""
        words = f"a table with {', '.join(allowed)}" if allowed is not None else "a table"
        value = self._get(key, words, default)
        if not isinstance(value, dict):
            raise self.refusal(key, words)
        table = self._below(value, key)
        if allowed is not None:
            table.only(allowed)
        return table

    def tables(self, key: object) -> tuple["Table", ...]:
        """The tables of a list, or one; none without the key."""
        value = self.values.get(key, [])
        if isinstance(value, dict):
            return (self._below(value, key),)
        if not isinstance(value, list):
            raise self.refusal(key, "a table or a list of tables")
        self._check_size(key, value)
        return tuple(self._below(one, key, index) for index, one in enumerate(value))

    def convert(self, key: object, make: Callable[[], Value]) -> Value:
        """What `make` gives; the UsageError or ValueError that it raises is about this key."""
        try:
            return make()
        except (UsageError, ValueError) as error:
            raise self.error(key, str(error)) from error

    def _get(self, key: object, words: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, f"missing; expected {words}")
        return value

    def _text(self, key: object, words: str, default: str | None = None, limit: int | None = None) -> str:
        value = self._get(key, words, default)
        if not isinstance(value, str):
            raise self.refusal(key, words)
        return self._bounded(key, value, limit)

    def _bounded(self, key: object, text: str, limit: int | None = None) -> str:
        most = self.origin.text_limit if limit is None else limit
        if len(text) > most:
            raise self.error(key, f"the text has more than {most} characters")
        return text

    def _check_size(self, key: object, values: Collection[Any]) -> None:
        if len(values) > self.origin.entry_limit:
            raise self.error(key, f"it has more than {self.origin.entry_limit} entries")

    def _parsed(self, key: object, parse: Callable[[str], Value], value: Any) -> Value:
        try:
            return parse(value)
        except (TypeError, ValueError):
            raise self.refusal(key, _TIME_WORDS) from None

    def _below(self, value: object, key: object, *index: int) -> "Table":
        return Table.of(value, self.origin, (*self.path, key if isinstance(key, str) else _shown(key), *index))


def _shown(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        text = repr(value) if not isinstance(value, bool) else str(value).lower()
    except (ValueError, RecursionError):  # a number of thousands of digits; lists in lists in lists
        return "this value"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
