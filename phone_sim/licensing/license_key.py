"""The license key: one element of an activation file (D1 to D4), as a value.

A key is read strictly, so that each value has one spelling only and the signed bytes say the same as the attributes.
What is not used is not read: an element may carry other attributes. This module knows neither XML nor signatures.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from sys import intern

from phone_sim.licensing.expiry import NEVER, Expiry

VERSION = "2.0"
SLOTS = 28
_KEPT = 64
ATTRIBUTES = ("Serial", "Version", "Type", "Options", "Duration", "Validation")
"""The attributes of a license key, in file order (D1)."""
_SIGNED = ATTRIBUTES[:-1]
_DOMAIN = b"phone_sim license key\x00"
_FORMS = {
    "Serial": (re.compile(r"[0-9A-F]{12}"), "12 upper-case hexadecimal digits"),
    "Version": (re.compile(re.escape(VERSION)), VERSION),
    "Type": (re.compile(r"Phone|Site"), "Phone or Site"),
    "Options": (re.compile(r"[0-9A-F]{8}"), "8 upper-case hexadecimal digits"),
    "Duration": (re.compile(rf"[0-9A-F]{{{4 * SLOTS}}}"), f"{4 * SLOTS} upper-case hexadecimal digits"),
    "Validation": (re.compile(r"[0-9A-F]{512}"), "512 upper-case hexadecimal digits"),
}


class LicenseType(Enum):
    """The license types that a key can have (B4); a license for multiple phones is several phone keys."""

    PHONE = "Phone"
    SITE = "Site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A key that is not in the form of D1 to D3: which attribute, and what is wrong with it."""

    attribute: str
    reason: str
    type: LicenseType | None

    def __str__(self) -> str:
        return f"{self.attribute} {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One feature granted by a key: its option bit and its expiry."""

    bit: int
    expiry: Expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseKey:
    """A license key. `options` and `duration` are the hexadecimal text of the file, `validation` is the signature."""

    serial: str
    type: LicenseType
    options: str
    duration: str
    version: str = VERSION
    validation: bytes = b""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the key grants, by rising bit; a slot whose bit is not set counts for nothing (field notes 6.1)."""
        return _grants(self.options, self.duration)

    def attributes(self) -> dict[str, str]:
        """The attributes of the element, in file order (D1)."""
        return {
            "Serial": self.serial,
            "Version": self.version,
            "Type": self.type.value,
            "Options": self.options,
            "Duration": self.duration,
            "Validation": self.validation.hex().upper(),
        }

    def signed_bytes(self) -> bytes:
        """What the signature covers: a domain tag, then each of the other five values behind its length (D4)."""
        attributes = self.attributes()
        values = (attributes[name].encode("ascii") for name in _SIGNED)
        return _DOMAIN + b"".join(struct.pack(">H", len(value)) + value for value in values)

    def signed(self, validation: bytes) -> "LicenseKey":
        """The same key with this signature."""
        return replace(self, validation=validation)


# Thousands of keys of one order grant the same, and a phone looks at what its own grant again and again.
@lru_cache(maxsize=_KEPT)
def _grants(options: str, duration: str) -> tuple[Grant, ...]:
    mask = int(options, 16)
    return tuple(Grant(bit=bit, expiry=Expiry(_slot(duration, bit))) for bit in range(SLOTS) if mask >> bit & 1)


def _slot(duration: str, bit: int) -> int:
    """The 16-bit slot of a bit; slot 0 is the rightmost (D3)."""
    end = len(duration) - 4 * bit
    return int(duration[end - 4 : end], 16)


def new_key(*, serial: str, license_type: LicenseType, grants: Mapping[int, Expiry]) -> LicenseKey:
    """A key without a signature for the features in `grants` (option bit to expiry).

    Raises:
        ValueError: when `read_key` would not read it again: a wrong serial, a bit above 27, a phone license with an
            end date (B11), no grant at all.
    """
    slots = [grants[bit].slot if bit in grants else 0 for bit in reversed(range(SLOTS))]
    key = LicenseKey(
        serial=serial,
        type=license_type,
        options=f"{sum(1 << bit for bit in grants):08X}",
        duration="".join(f"{slot:04X}" for slot in slots),
    )
    again = read_key({**key.attributes(), "Validation": "0" * 512})
    if isinstance(again, Malformed):
        raise ValueError(str(again))
    return key


def read_key(attributes: Mapping[str, str]) -> LicenseKey | Malformed:
    """The key with these attributes, or what is wrong with it. Never raises."""
    license_type = next((kind for kind in LicenseType if kind.value == attributes.get("Type")), None)
    for name, (form, words) in _FORMS.items():
        value = attributes.get(name)
        if value is None:
            return Malformed(attribute=name, reason="is missing", type=license_type)
        if not form.fullmatch(value):
            found = f"{value!r}" if len(value) <= 20 else f"of {len(value)} characters"
            return Malformed(attribute=name, reason=f"{found} is not {words}", type=license_type)
    key_type = LicenseType(attributes["Type"])
    # Many keys grant the same: its text is kept once.
    options, duration = intern(attributes["Options"]), intern(attributes["Duration"])
    return _unusable_grant(options, duration, key_type) or LicenseKey(
        serial=attributes["Serial"],
        version=VERSION,
        type=key_type,
        options=options,
        duration=duration,
        validation=bytes.fromhex(attributes["Validation"]),
    )


@lru_cache(maxsize=_KEPT)
def _unusable_grant(options: str, duration: str, license_type: LicenseType) -> Malformed | None:
    mask = int(options, 16)
    if mask == 0:
        return Malformed(attribute="Options", reason="grants nothing", type=license_type)
    if mask >> SLOTS:
        reason = f"grants bit {mask.bit_length() - 1}, Duration has slots for 0 to {SLOTS - 1}"
        return Malformed(attribute="Options", reason=reason, type=license_type)
    for bit in range(SLOTS):
        slot = _slot(duration, bit) if mask >> bit & 1 else NEVER.slot
        if slot in (0x0000, 0xFFFF):
            reason = f"holds {slot:04X}, not a day, in slot {bit}, which Options grants"
            return Malformed(attribute="Duration", reason=reason, type=license_type)
        if license_type is LicenseType.PHONE and slot != NEVER.slot:
            # B11: an individual phone license is permanent, so one with an end cannot be genuine.
            reason = f"holds an end date in slot {bit}, but a phone license never expires"
            return Malformed(attribute="Duration", reason=reason, type=license_type)
    return None
