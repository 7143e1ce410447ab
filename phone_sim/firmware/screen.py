"""What the phone's display shows, as text: a title, lines, and labels of soft keys.

Texts come from the bulletin (B12, B18) and, where marked, from the phones' own dictionaries (field notes 7). This
module does not know pixels or keys.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from phone_sim.firmware.messages import UNKNOWN
from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.models import Feature, Model

RECONFIGURING = "Reconfiguring network, please wait."
"""B12."""
PROCESSING = "Processing configuration..."
"""From the dictionaries of later firmware (field notes 9)."""
NO_LICENSE = "No license installed."
"""B18."""
LICENSES = "Licenses"
"""B18, and the title in the dictionaries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A display's contents.

    `selected` is the first line of the selected entry, `soft_keys` are labels from the left; `above` and `below` say
    that there is more than what is shown.
    """

    title: str = ""
    lines: tuple[str, ...] = ()
    selected: int | None = None
    soft_keys: tuple[str, ...] = ()
    above: bool = False
    below: bool = False

    def shows(self, text: str) -> bool:
        """True if the text is in the title or in a line, also in one that wraps over several rows.

        White space of any length counts as one blank, as does the end of a row; a word that is longer than a row is
        whole again. All rows of a message, which has no title, are one text. On a page a row continues the one above
        only if it begins with a blank (`Layout.wrapped`), so no text is found across two entries.
        """
        # Between the letters of a word there may be the end of a row that is full.
        words = ["\n?".join(map(re.escape, word)) for word in text.split()]
        pattern = re.compile("[ \n]".join(words))
        return any(pattern.search(one) for one in (self.title, *self._texts()))

    def _texts(self) -> list[str]:
        """What the rows show, with a blank for each end of a row inside, or a line end where the row is full."""
        longest = max(map(len, self.lines), default=0)
        texts: list[str] = []
        end = " "
        for row in self.lines:
            clean = " ".join(row.split())
            if texts and (row.startswith(" ") or not self.title):
                texts[-1] += end + clean
            else:
                texts.append(clean)
            end = "\n" if len(row) == longest else " "
        return texts


def message(text: str) -> Frame:
    """A frame with nothing but a message."""
    return Frame(lines=(text,))


def idle(model: Model) -> Frame:
    """The idle screen: the name of the model."""
    return message(model.name)


def licenses_page(features: Iterable[Feature], ring: KeyRing, today: date | None) -> Frame:
    """Menu > Status > Licenses: a line for each license on the phone, or `No license installed.` (B18).

    The layout of a line is ours; the title and the names are the dictionaries'.
    """
    names = {feature.bit: feature.display_name for feature in features}
    lines = [f"{names.get(bit, UNKNOWN)}: {license_state(expiry, today)}" for bit, expiry in ring.grants.items()]
    return Frame(title=LICENSES, lines=tuple(lines) or (NO_LICENSE,))


def license_state(expiry: Expiry, today: date | None) -> str:
    """Validity and expiry in words; those for a license that never expires are ours, the others the dictionaries'."""
    if expiry.never:
        return "Does not expire"
    return f"Expired {expiry}" if expiry.is_over(today) else f"Valid until {expiry}"
