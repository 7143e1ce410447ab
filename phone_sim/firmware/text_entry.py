"""A field that a user types in, on a dial pad or on a keyboard.

A key of the dial pad that is pressed again goes on to its next letter, until another key or Right settles the letter;
that time settles none is ours. This module does not know what the text is for.
"""

from dataclasses import dataclass, replace

from phone_sim.firmware.keypad import LETTERS, Key, Press, Typed

TEXT_LIMIT = 64
"""Most characters of a text; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEntry:
    """The text so far; `unsettled` is the key whose letters the last character goes through."""

    text: str = ""
    unsettled: Press | None = None

    def pressed(self, press: Press) -> "TextEntry":
        """The text after this key; one that types nothing, or too much, only settles the last letter."""
        settled = replace(self, unsettled=None)
        if press is Key.DELETE:
            return replace(settled, text=self.text[:-1])
        if press is self.unsettled:
            return replace(self, text=self.text[:-1] + _after(self.text[-1], LETTERS[press]))
        if len(self.text) == TEXT_LIMIT:
            return settled
        if isinstance(press, Typed):
            return replace(settled, text=self.text + press.character)
        if press in LETTERS:
            return TextEntry(text=self.text + LETTERS[press][0], unsettled=press)
        return settled


def _after(letter: str, letters: str) -> str:
    return letters[(letters.index(letter) + 1) % len(letters)]
