"""A license key with a phone's verdict on it: which check it fails, on what, and why, for people.

The verdict is `phone_sim.licensing.verdict`'s; this module does not know where keys come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from typing import assert_never

from phone_sim.licensing.license_key import LicenseKey, Malformed
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid, Valid, Verdict, judge


class FailedCheck(Enum):
    """The checks that a phone makes of a key, in this order; the first one that fails decides."""

    SERIAL = "serial"
    FORM = "form"
    SIGNATURE = "signature"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCheck:
    """A key of an activation file, and what the phone with this serial makes of it.

    `attributes` are those of the element in the file. `failed` is the first check that the key fails, None for a valid
    key; `evidence` is what was compared in that check, empty for a valid key.
    """

    attributes: Mapping[str, str]
    serial: str
    verdict: Verdict

    @property
    def is_valid(self) -> bool:
        """True when the phone takes the key, and it grants something today."""
        return isinstance(self.verdict, Valid)

    @property
    def key(self) -> LicenseKey | None:
        """The key as a value; None for a malformed one, and for one that is for another phone."""
        return None if isinstance(self.verdict, NotForThisPhone | Malformed) else self.verdict.key

    @property
    def failed(self) -> FailedCheck | None:
        """The first check that the key fails, in the order of the phone's."""
        match self.verdict:
            case NotForThisPhone():
                return FailedCheck.SERIAL
            case Malformed():
                return FailedCheck.FORM
            case SignatureNotValid():
                return FailedCheck.SIGNATURE
            case Expired():
                return FailedCheck.EXPIRY
            case Valid():
                return None
            case _ as unknown:
                assert_never(unknown)

    @property
    def evidence(self) -> str:
        """What the failed check compared: the values of the file, and what they were held against."""
        match self.verdict:
            case NotForThisPhone():
                return f"Serial={self.attributes.get('Serial', '')!r}, this phone's is {self.serial!r}"
            case Malformed(attribute=name):
                return f"{name}={self.attributes.get(name, '')!r}"
            case SignatureNotValid(key):
                signed = key.signed_bytes()
                over = f"over {len(signed)} bytes, SHA-256 {sha256(signed).hexdigest()}"
                return f"Validation={self.attributes['Validation']!r} {over}"
            case Expired(key):
                days = ", ".join(str(grant.expiry) for grant in key.grants)
                return f"Duration={key.duration!r}, last days {days}"
            case Valid():
                return ""
            case _ as unknown:
                assert_never(unknown)

    @property
    def reason(self) -> str:
        """The verdict in words."""
        match self.verdict:
            case NotForThisPhone(serial):
                return f"for another phone, {serial or 'without a serial'}"
            case Malformed():
                return f"malformed: {self.verdict}"
            case SignatureNotValid(key):
                return f"the signature is not valid ({key.type.value} {key.serial})"
            case Expired(key):
                return f"expired ({key.type.value} {key.serial})"
            case Valid(key):
                return f"valid ({key.type.value} {key.serial})"
            case _ as unknown:
                assert_never(unknown)


def check_key(attributes: Mapping[str, str], *, serial: str, anchor: TrustAnchor, today: date | None) -> KeyCheck:
    """Check the key with these attributes as `judge` does, for the phone with this serial on this local date."""
    verdict = judge(attributes, serial=serial, anchor=anchor, today=today)
    return KeyCheck(attributes=attributes, serial=serial, verdict=verdict)
