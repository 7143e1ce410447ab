"""Typing on a dial pad and on a keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.keypad import LETTERS, Key, Press, Typed, parse_press
from phone_sim.firmware.text_entry import TEXT_LIMIT, TextEntry

PRESSES = st.one_of(st.sampled_from(Key), st.characters(exclude_categories=["C", "Z"]).map(Typed))


def typed(*presses: Press) -> str:
    """What is in a field after these keys."""
    entry = TextEntry()
    for press in presses:
        entry = entry.pressed(press)
    return entry.text


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("2", "a"),
        ("2 2 2", "c"),
        ("2 2 2 2", "2"),
        ("2 2 2 2 2", "a"),
        ("2 right 2", "aa"),
        ("2 3", "ad"),
        ("7 7 7 7 6 6 6", "so"),
        ("0 1 star pound", " 1*#"),
        ("2 b 2", "aba"),
        ("2 delete 2", "a"),
        ("2 2 delete", ""),
        ("delete", ""),
        ("S m i t h", "Smith"),
        ("2 up down menu soft1", "a"),
    ],
)
def test_keys_type_text(keys: str, text: str) -> None:
    assert typed(*map(parse_press, keys.split())) == text


def test_full_field_takes_no_more_but_settles_and_erases() -> None:
    full = [Typed("x")] * (TEXT_LIMIT - 1)
    assert typed(*full, Key.DIGIT_2, Key.DIGIT_2)[-1] == "b"
    assert typed(*full, Key.DIGIT_2, Typed("y"), Key.DIGIT_2)[-1] == "a"
    assert typed(*full, Key.DIGIT_2, Key.DIGIT_3, Key.DELETE) == "x" * (TEXT_LIMIT - 1)


@pytest.mark.slow
@given(st.lists(PRESSES, max_size=2 * TEXT_LIMIT))
def test_whatever_is_pressed_the_text_is_printable_and_bounded(presses: list[Press]) -> None:
    text = typed(*presses)
    assert len(text) <= TEXT_LIMIT
    assert text.isprintable()


@given(st.text(alphabet="".join(LETTERS.values()), max_size=TEXT_LIMIT))
def test_every_text_can_be_typed_on_the_dial_pad(text: str) -> None:
    keys = {letter: [key] * (letters.index(letter) + 1) for key, letters in LETTERS.items() for letter in letters}
    assert typed(*(key for letter in text for key in (*keys[letter], Key.RIGHT))) == text
