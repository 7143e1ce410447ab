"""Strict reading of TOML: a value is of the form that is asked for, or the error names file, line and key.

The parser tells no lines, so `phone_sim.toml_lines` finds them. This module does not know what a file is for.
"""

import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar

from phone_sim.errors import UsageError
from phone_sim.toml_lines import KeyPath, line_of, lines_of_keys, shown

SIZE_LIMIT = 1024 * 1024
"""Most bytes of a file; ours."""
TEXT_LIMIT = 64 * 1024
"""Most characters of one text; ours."""
# A slot of a license key reaches to 2186; a time outside these years is a mistake.
_YEARS = range(1970, 2187)

Value = TypeVar("Value")


def read_toml(file: Path) -> "Table":
    """The top table of a file.

    Raises:
        UsageError: it cannot be read, is too large, or is not TOML.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    if len(data) > SIZE_LIMIT:
        raise UsageError(f"{file}: the file is larger than {SIZE_LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")  # an editor may have put a byte order mark before it
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also from a number of thousands of digits
        raise UsageError(f"{file}: not TOML: {error}") from error
    lines = lines_of_keys(text)
    return Table(values=values, path=(), file=str(file), lines=lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, and where it stands. Every method raises UsageError for a value that is not what is asked for.

    A key without a default must be there.
    """

    values: dict[str, Any]
    path: KeyPath
    file: str
    lines: dict[KeyPath, int]

    @property
    def line(self) -> int:
        """Where the table begins."""
        return line_of(self.lines, self.path)

    def error(self, key: str, reason: str) -> UsageError:
        """What is wrong with a key, which need not be there; an empty one is the table itself."""
        return UsageError(f"{self.place(key)}: {reason}")

    def place(self, key: str) -> str:
        """Where a key is, as file, line and key; an empty one is the table itself."""
        path = (*self.path, key) if key else self.path
        return f"{self.file}:{line_of(self.lines, path)}: {shown(path) or 'file'}"

    def only(self, allowed: Collection[str]) -> None:
        """Refuse keys that are none of these."""
        for key in self.values:
            if key not in allowed:
                raise self.error(key, f"there is no such key here; allowed are {', '.join(allowed)}")

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty."""
        value = self._get(key, default)
        if not isinstance(value, str) or not value:
            raise self.error(key, f"{_shown(value)} is not a text")
        return self._bounded(key, value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, or one; none without the key."""
        value = self.values.get(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self.error(key, f"{_shown(value)} is not a text or a list of texts")
        return tuple(self._bounded(key, one) for one in found)

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """One of these texts."""
        value = self._get(key, default)
        if value not in tuple(allowed):
            raise self.error(key, f"{_shown(value)} is none of {', '.join(allowed)}")
        return str(value)

    def number(self, key: str, default: int, high: int) -> int:
        """A whole number from 0 to `high`."""
        value = self._get(key, default)
        if type(value) is not int or not 0 <= value <= high:
            raise self.error(key, f"{_shown(value)} is not a whole number from 0 to {high}")
        return value

    def seconds(self, key: str, default: float, low: float, high: float) -> float:
        """A number of seconds."""
        value = self._get(key, default)
        if type(value) not in (int, float) or not low <= value <= high:
            raise self.error(key, f"{_shown(value)} is not a number of seconds from {low} to {high}")
        return float(value)

    def flag(self, key: str, *, allow_false: bool = True) -> bool:
        """Whether something is so; false without the key."""
        value = self._get(key, False)
        if value is True or (value is False and (allow_false or key not in self.values)):
            return value
        raise self.error(key, f"{_shown(value)} is not {'true or false' if allow_false else 'true'}")

    def instant(self, key: str) -> datetime:
        """A time, or a day for its beginning, as a text or in TOML's way; without an offset it is UTC."""
        value = self._get(key, None)
        if isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time.min)
        instant = value if isinstance(value, datetime) else self.convert(key, _parsed(datetime.fromisoformat, value))
        if instant.year not in _YEARS:
            raise self.error(key, f"{_shown(value)} is not between {_YEARS[0]} and {_YEARS[-1]}")
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)

    def day(self, key: str) -> date | None:
        """A day, as a text or a date of TOML; None without the key."""
        value = self.values.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        return self.convert(key, _parsed(date.fromisoformat, value))

    def table(self, key: str) -> "Table":
        """A table below this one; an empty one without the key."""
        return self._table(key, self.values.get(key, {}), (*self.path, key))

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables of a list, or one; none without the key."""
        value = self.values.get(key, [])
        if isinstance(value, dict):
            return (self._table(key, value, (*self.path, key)),)
        if not isinstance(value, list):
            raise self.error(key, f"{_shown(value)} is not a table or a list of tables")
        return tuple(self._table(key, one, (*self.path, key, index)) for index, one in enumerate(value))

    def convert(self, key: str, make: Callable[[], Value]) -> Value:
        """What `make` gives; the UsageError or ValueError that it raises is about this key."""
        try:
            return make()
        except (UsageError, ValueError) as error:
            raise self.error(key, str(error)) from error

    def _get(self, key: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(key, "it is missing")
        return value

    def _bounded(self, key: str, text: str) -> str:
        if len(text) > TEXT_LIMIT:
            raise self.error(key, f"the text has more than {TEXT_LIMIT} characters")
        return text

    def _table(self, key: str, value: Any, path: KeyPath) -> "Table":
        if not isinstance(value, dict):
            raise self.error(key, f"{_shown(value)} is not a table")
        return Table(values=value, path=path, file=self.file, lines=self.lines)


def _parsed(parse: Callable[[str], Value], value: Any) -> Callable[[], Value]:
    def make() -> Value:
        try:
            return parse(value)
        except (TypeError, ValueError):
            raise UsageError(f"{_shown(value)} is not a time or a day such as 2026-12-01T02:00 or 2026-12-01") from None

    return make


def _shown(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else f"{text[:60]}..."
