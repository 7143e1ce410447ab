"""Strict reading of what another process says: a value is of the form that is asked for, and no larger than allowed.

This module does not know how messages travel, nor what they mean.
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from phone_sim.errors import UsageError

TEXT_LIMIT = 1000
"""Most characters of a text, unless more are asked for; ours."""
ENTRY_LIMIT = 5000
"""Most entries of a list or a table; ours."""
COUNT_LIMIT = 10**12


def sendable(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as it can be sent: no longer than allowed, and without what no encoding has."""
    return text[:limit].encode(errors="replace").decode()


class Fields:
    """The fields of a message of some `kind`. Every method raises UsageError for what is not asked for."""

    def __init__(self, kind: str, data: Any) -> None:
        if not isinstance(data, dict) or len(data) > ENTRY_LIMIT:
            raise UsageError(f"{kind}: this is no table")
        self._kind = kind
        self._data: dict[Any, Any] = data

    def text(self, key: Any, limit: int = TEXT_LIMIT) -> str:
        """A text, which may be empty."""
        return self._text(key, self._data.get(key), limit)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self._data.get(key)
        if not isinstance(values, list) or len(values) > ENTRY_LIMIT:
            raise self.error(key, "this is no list, or it is too long")
        return tuple(self._text(key, value, TEXT_LIMIT) for value in values)

    def whole(self, key: Any, low: int = 0, high: int = COUNT_LIMIT) -> int:
        """A whole number."""
        return self._whole(key, self._data.get(key), low, high)

    def number(self, key: str, low: float, high: float) -> float:
        """A number."""
        value: Any = self._data.get(key)
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
            raise self.error(key, f"this is no number from {low:g} to {high:g}")
        return float(value)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._data.get(key)
        if not isinstance(value, bool):
            raise self.error(key, "this is neither true nor false")
        return value

    def table(self, key: str) -> "Fields":
        """A table of values."""
        return Fields(f"{self._kind}: {key}", self._data.get(key))

    def counts(self, key: str) -> Counter[str]:
        """How often each of some texts occurs."""
        return Counter({self._text("key", name, TEXT_LIMIT): count for name, count in self._counts(key).items()})

    def times(self, key: str) -> Counter[int]:
        """How often each of some times occurs, which are whole numbers."""
        return Counter({self._whole("key", time, 0, COUNT_LIMIT): count for time, count in self._counts(key).items()})

    def numbered(self, key: str, limit: int) -> dict[int, str]:
        """Texts by whole numbers, at most `limit` of them."""
        table = self.table(key)
        found = {self._whole("key", number, 0, COUNT_LIMIT): table.text(number) for number in table}
        if len(found) > limit:
            raise self.error(key, f"these are more than {limit}")
        return found

    def tables(self, key: str) -> "dict[str, Fields]":
        """Tables by their names."""
        table = self.table(key)
        return {self._text("key", name, TEXT_LIMIT): table.table(name) for name in table}

    def __iter__(self) -> Iterator[Any]:
        """The keys, whatever they are."""
        return iter(self._data)

    def _counts(self, key: str) -> dict[Any, int]:
        table = self.table(key)
        return {name: table.whole(name) for name in table}

    def error(self, key: Any, reason: str) -> UsageError:
        """What is wrong with a field."""
        return UsageError(f"{self._kind}: {str(key)[:TEXT_LIMIT]}: {reason}")

    def _text(self, key: Any, value: Any, limit: int) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise self.error(key, f"this is no text of at most {limit} characters")
        return value

    def _whole(self, key: Any, value: Any, low: int, high: int) -> int:
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"this is no whole number from {low} to {high}")
        return value
