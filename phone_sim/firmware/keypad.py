"""The keys of a phone, and the letters that its dial pad types.

A page with a keyboard types characters that no key has; `Typed` carries them. This module does not know what a key
does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from phone_sim.errors import UsageError


class Key(Enum):
    """A key, by its name; `SOFT_1` is the leftmost soft key."""

    MENU = "menu"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    SELECT = "select"
    DELETE = "delete"
    DIRECTORIES = "directories"
    SOFT_1 = "soft1"
    SOFT_2 = "soft2"
    SOFT_3 = "soft3"
    SOFT_4 = "soft4"
    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    STAR = "star"
    POUND = "pound"


@dataclass(frozen=True, slots=True)
class Typed:
    """A character of a keyboard. ValueError for anything but one printable character."""

    character: str

    def __post_init__(self) -> None:
        if len(self.character) != 1 or not self.character.isprintable():
            raise ValueError(f"{self.character!r} is not one printable character")


Press = Key | Typed

SOFT_KEYS = (Key.SOFT_1, Key.SOFT_2, Key.SOFT_3, Key.SOFT_4)
DIGITS = tuple(Key(str(digit)) for digit in range(10))
"""From 0 to 9."""
LETTERS: Mapping[Press, str] = MappingProxyType(
    {
        Key.DIGIT_1: "1",
        Key.DIGIT_2: "abc2",
        Key.DIGIT_3: "def3",
        Key.DIGIT_4: "ghi4",
        Key.DIGIT_5: "jkl5",
        Key.DIGIT_6: "mno6",
        Key.DIGIT_7: "pqrs7",
        Key.DIGIT_8: "tuv8",
        Key.DIGIT_9: "wxyz9",
        Key.DIGIT_0: " 0",
        Key.STAR: "*",
        Key.POUND: "#",
    }
)
"""What a key types when it is pressed once, twice and so on: the letters that are printed on dial pads (ITU-T E.161),
then the digit; what 0, 1, star and pound type is ours."""

_SIGNS = {"*": Key.STAR, "#": Key.POUND}


def parse_press(text: str) -> Press:
    """The key of this name (`menu`, `soft1`, `5`, `*`), or else the one character that is typed.

    Raises:
        UsageError: it is neither; the message lists the names.
    """
    try:
        return _SIGNS.get(text) or Key(text.lower() if len(text) > 1 else text)
    except ValueError:
        pass
    try:
        return Typed(text)
    except ValueError:
        names = ", ".join(key.value for key in Key)
        raise UsageError(f"{text!r} is no key: {names}, or one character that is typed") from None
