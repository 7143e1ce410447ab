"""Which parameter names there are for a firmware, and which of them a misspelled one is most like.

Pure. It does not know what files say.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from phone_sim.firmware.parameters.dictionary import LENGTH_LIMIT, ParameterDictionary

_SHORTEST = 6
_LONG = 12
_LETTERS = 2
_NUMBER = re.compile(r"(?<![^.])[0-9]{1,4}(?![^.])")
_NUMBERS = re.compile(r"[0-9]+|#")
_KEPT = 4096


class KnownNames:
    """The names that a firmware reads: those of its `dictionary`, and the `switches` of features.

    `other` is the dictionary of the other generation of firmware, by which a name of that one is told from a
    misspelled one. Never changed, and compared by identity: what is found for a name is kept.
    """

    def __init__(
        self, dictionary: ParameterDictionary, other: ParameterDictionary, switches: Iterable[str] = ()
    ) -> None:
        self.dictionary = dictionary
        self.other = other
        self._switches = frozenset(switches)
        self._by_length: dict[int, dict[str, tuple[str, int]]] = defaultdict(dict)
        self._by_pattern = {one.pattern: one for one in dictionary.declarations}
        for pattern in (*self._by_pattern, *self._switches):
            plain = pattern.casefold()
            self._by_length[len(pattern)].setdefault(plain, (pattern, _letters_of(plain)))

    def has(self, name: str) -> bool:
        """True for a name that the firmware reads."""
        return name in self._switches or self.dictionary.find(name) is not None

    def is_of_other(self, name: str) -> bool:
        """True for a name of the other generation of firmware."""
        return self.other.find(name) is not None

    def index_range(self, name: str) -> str:
        """The numbers that the name can have, `1 to 34`, where it is known but for its numbers; else empty."""
        numbers = [int(number) for number in _NUMBER.findall(name[:LENGTH_LIMIT])]
        declared = self._by_pattern.get(_NUMBER.sub("#", name[:LENGTH_LIMIT]))
        for number, index in zip(numbers, declared.indexes if declared is not None else (), strict=False):
            if number not in index:
                return f"{index.start} to {index.stop - 1}"
        return ""

    def nearest(self, name: str) -> str:
        """The known name that differs in case, or in one letter, of a long name in two; empty where there is none.

        Names that differ in digits are different names: `G722` is not a misspelled `G729`.
        """
        if not _SHORTEST <= len(name) <= LENGTH_LIMIT:
            return ""
        found = _nearest(self, _NUMBER.sub("#", name).casefold())
        return _with_numbers(found, _NUMBER.findall(name)) if found else ""

    def like(self, shape: str) -> dict[str, str]:
        """The patterns of about this length and these letters, by their spelling in lower case."""
        letters = _letters_of(shape)
        return {
            plain: pattern
            for length in range(len(shape) - _LETTERS, len(shape) + _LETTERS + 1)
            for plain, (pattern, others) in self._by_length.get(length, {}).items()
            if (letters ^ others).bit_count() <= 2 * _LETTERS
        }


@lru_cache(maxsize=_KEPT)
def _nearest(known: KnownNames, shape: str) -> str:
    candidates = known.like(shape)
    if (same := candidates.get(shape)) is not None:
        return same
    letters = _LETTERS if len(shape) >= _LONG else 1
    close = get_close_matches(shape, candidates, n=3, cutoff=1 - letters / len(shape))
    numbers = _NUMBERS.findall(shape)
    return next((candidates[one] for one in close if _NUMBERS.findall(one) == numbers), "")


def _letters_of(text: str) -> int:
    """A bit for each letter in the text: names that differ in two letters differ in four bits at most."""
    return sum({1 << (ord(letter) % 128) for letter in text})


def _with_numbers(pattern: str, numbers: list[str]) -> str:
    """The name that a pattern stands for with these numbers; what has no number keeps its `#`."""
    left = iter(numbers)
    return "".join(next(left, "#") if part == "#" else part for part in re.split(r"(#)", pattern))
