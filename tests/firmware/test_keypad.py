"""The names of keys, and what is no key."""

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.keypad import DIGITS, LETTERS, Key, Press, Typed, parse_press


@pytest.mark.parametrize("key", Key)
def test_every_key_is_known_by_its_name(key: Key) -> None:
    assert parse_press(key.value) is key


@pytest.mark.parametrize(
    ("text", "press"),
    [
        ("Menu", Key.MENU),
        ("SOFT1", Key.SOFT_1),
        ("*", Key.STAR),
        ("#", Key.POUND),
        ("7", Key.DIGIT_7),
        ("a", Typed("a")),
        ("A", Typed("A")),
        (" ", Typed(" ")),
        ("é", Typed("é")),
    ],
)
def test_one_character_is_typed_unless_a_key_has_it(text: str, press: Press) -> None:
    assert parse_press(text) == press


@pytest.mark.parametrize("text", ["", "ab", "soft5", "10", "\n", "\x1b", "\x9b", "menu "])
def test_what_is_no_key_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no key: menu, up, down, .*one character"):
        parse_press(text)
    with pytest.raises(ValueError, match="is not one printable character"):
        Typed(text)


def test_dial_pad_has_each_letter_and_digit_once() -> None:
    typed = sorted("".join(LETTERS.values()))
    assert typed == sorted("abcdefghijklmnopqrstuvwxyz0123456789 *#")
    assert [LETTERS[key][-1] for key in DIGITS] == list("0123456789")
