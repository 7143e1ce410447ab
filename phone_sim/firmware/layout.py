"""How much text a display takes, and how text is made to fit: the one place that turns pixels into rows and columns.

The sizes of a character are ours: no font of the phones is published. This module does not know what the text says.
"""

import textwrap
from dataclasses import dataclass

from phone_sim.models import Display
from phone_sim.printable import printable

ELLIPSIS = "…"
# Displays up to this height in pixels have characters of this width in rows of this height; a finger hits the last.
_CHARACTERS = ((59, 6, 8), (99, 8, 12), (299, 8, 16), (4096, 16, 40))
_FEWEST_COLUMNS = 12
_FEWEST_COLUMNS_FOR_NAMES = 24
# The title and the labels of the soft keys have a row each.
_OTHER_ROWS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What fits on a display: `columns` characters in a row, `rows` rows between the title and the soft keys."""

    columns: int
    rows: int

    @property
    def is_small(self) -> bool:
        """True where the short names of features are shown (field notes 7); from which width on is ours."""
        return self.columns < _FEWEST_COLUMNS_FOR_NAMES

    def cut(self, text: str) -> str:
        """The text on one row, with an ellipsis where its end is missing."""
        clean = printable(text, " ").strip()
        return clean if len(clean) <= self.columns else clean[: self.columns - 1] + ELLIPSIS

    def wrapped(self, text: str) -> tuple[str, ...]:
        """The whole text on as many rows as it takes; those after the first are indented."""
        clean = printable(text, " ").strip()
        if len(clean) <= self.columns:
            return (clean,)
        return tuple(textwrap.wrap(clean, self.columns, subsequent_indent=" ", break_on_hyphens=False))

    def block(self, text: str) -> tuple[str, ...]:
        """The text on as many rows as are shown at once, with an ellipsis where its end is missing."""
        rows = self.wrapped(text)
        if len(rows) <= self.rows:
            return rows
        last = rows[self.rows - 1][: self.columns - 1] + ELLIPSIS
        return (*rows[: self.rows - 1], last)


def layout_of(display: Display) -> Layout:
    """The layout of a display; one of a few pixels counts as twelve columns and one row."""
    width, height = next((wide, high) for limit, wide, high in _CHARACTERS if display.height <= limit)
    return Layout(
        columns=max(display.width // width, _FEWEST_COLUMNS), rows=max(display.height // height - _OTHER_ROWS, 1)
    )
