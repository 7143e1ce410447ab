"""When a granted feature ends: the 16-bit slots of a license key (D3).

A slot is the last valid day in the phone's local time, counted from 2007-01-01 as day 1; the license is over at the
next local midnight. This module does not know time zones: it compares local dates.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

_DAY_ZERO = date(2006, 12, 31)
_NEVER = 0xFFFE
NEVER_EPOCH_SECOND = -2
"""The mark for "does not expire" as a signed second of the epoch, which the sample log prints as a date (B14)."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Expiry:
    """The end of a grant, as its slot: 1 to 0xFFFD is a day, 0xFFFE is never. Orders by time, never last (D10)."""

    slot: int

    def __post_init__(self) -> None:
        if not 1 <= self.slot <= _NEVER:
            raise ValueError(f"slot {self.slot:04X} is neither a day nor the mark for never")

    @classmethod
    def on(cls, last_day: date) -> "Expiry":
        """The expiry whose last valid day is `last_day`; ValueError before 2007-01-01 or after 2186-06-03."""
        expiry = cls((last_day - _DAY_ZERO).days)
        if expiry.never:
            raise ValueError(f"{last_day} is later than a slot can say")
        return expiry

    @property
    def never(self) -> bool:
        """True for a license that does not expire."""
        return self.slot == _NEVER

    @property
    def last_day(self) -> date | None:
        """The last local date on which the grant is valid, None for never."""
        return None if self.never else _DAY_ZERO + timedelta(days=self.slot)

    def is_over(self, today: date | None) -> bool:
        """True from the local midnight after the last day; never while the clock is unset (`today` None, D12)."""
        return today is not None and self.last_day is not None and today > self.last_day

    def __lt__(self, other: "Expiry") -> bool:
        return self.slot < other.slot

    def __str__(self) -> str:
        return "never" if self.never else f"{self.last_day}"


NEVER = Expiry(_NEVER)
