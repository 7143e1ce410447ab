"""What the phone's display shows, as text: a title, lines, and labels of soft keys.

Texts come from the bulletin (B12, B18) and, where marked, from the phones' own dictionaries (field notes 7). This
module does not know pixels or keys.
"""

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
