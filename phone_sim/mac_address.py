"""The MAC address of a phone, in the forms that files, file names and people use."""

import re
from dataclasses import dataclass

from phone_sim.errors import MacAddressError

_SEPARATED = re.compile(r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(\1[0-9A-Fa-f]{2}){4}|[0-9A-Fa-f]{4}(\.[0-9A-Fa-f]{4}){2}")
_DIGITS = re.compile(r"[0-9A-Fa-f]+")


PREFIXES = ("0004f2", "64167f", "482567")
"""The first six digits (OUI) by which servers know these phones (field notes 1.3)."""


@dataclass(frozen=True, slots=True)
class MacAddress:
    """A MAC address; `digits` is 12 lower-case hexadecimal digits, as in the phone's requests (field notes 1.3)."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> "MacAddress":
        """Read `0004f2aabbcc`, `00:04:F2:AA:BB:CC`, `00-04-f2-aa-bb-cc` or `0004.f2aa.bbcc`.

        Raises:
            MacAddressError: for anything else; too few digits are told apart, since leading zeros get lost (B8).
        """
        bare = re.sub(r"[:.-]", "", text) if _SEPARATED.fullmatch(text) else text
        if not _DIGITS.fullmatch(bare):
            raise MacAddressError(f"{text!r} is not a MAC address: 12 hexadecimal digits are expected")
        if len(bare) < 12:
            raise MacAddressError(
                f"{text!r} has {len(bare)} of the 12 digits of a MAC address: enter its leading zeros, as in "
                f"{bare.lower().rjust(12, '0')}"
            )
        if len(bare) > 12:
            raise MacAddressError(f"{text!r} has {len(bare)} digits, a MAC address has 12")
        if not bare.strip("0"):
            raise MacAddressError(f"{text!r} stands for all phones in file names, a phone has another")
        return cls(bare.lower())

    @property
    def serial(self) -> str:
        """The form of the `Serial` attribute of a phone license: 12 upper-case digits (D1)."""
        return self.digits.upper()

    @property
    def is_of_group(self) -> bool:
        """True for a broadcast or multicast address, which no phone has (IEEE 802: the first byte's lowest bit)."""
        return bool(int(self.digits[1], 16) & 1)

    @property
    def has_phone_prefix(self) -> bool:
        """True when the first six digits are a prefix of these phones."""
        return self.digits.startswith(PREFIXES)

    def __str__(self) -> str:
        return self.digits


DEFAULT_MAC = MacAddress("0004f2000001")
"""The address of a phone, or of the first of several, that is given none (our choice; the prefix is the vendor's)."""
