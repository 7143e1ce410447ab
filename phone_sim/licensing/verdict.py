"""What a phone makes of one license key. Every trust rule is here:

1. An element for another phone is skipped before its signature is looked at (B6).
2. A key must be in the form of D1 to D3; a phone license that ends is not (B11).
3. Its signature must verify with the phone's trust anchor (D4, D5). Just the values that were verified are used.
4. A site license is for any phone, a phone license for that whose MAC is its serial; a file name proves nothing (D9).
5. A key whose grants are all over is expired; an unset clock expires nothing (D12).

One bad key voids no other (D6). This module does not know where keys come from, nor what a feature is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from phone_sim.licensing.license_key import LicenseKey, LicenseType, Malformed, read_key
from phone_sim.licensing.signature import TrustAnchor

# Not str.upper: it makes two digits of one letter, such as a ligature of two f, which `license_file` does not.
_UPPER_CASE = str.maketrans("abcdef", "ABCDEF")


@dataclass(frozen=True, slots=True)
class Valid:
    """A key that verifies and grants something today."""

    key: LicenseKey


@dataclass(frozen=True, slots=True)
class Expired:
    """A key that verifies, but everything it grants is over."""

    key: LicenseKey


@dataclass(frozen=True, slots=True)
class SignatureNotValid:
    """A key whose signature does not verify with the phone's trust anchor."""

    key: LicenseKey


@dataclass(frozen=True, slots=True)
class NotForThisPhone:
    """A key for the phone with this serial, which is another one."""

    serial: str


Verdict = Valid | Expired | SignatureNotValid | NotForThisPhone | Malformed


def is_for_phone(attributes: Mapping[str, str], serial: str) -> bool:
    """True for a site license and for one with the phone's own serial, in whichever case: case is judged later."""
    own = attributes.get("Serial", "").translate(_UPPER_CASE) == serial
    return own or attributes.get("Type") == LicenseType.SITE.value


def judge(attributes: Mapping[str, str], *, serial: str, anchor: TrustAnchor, today: date | None) -> Verdict:
    """The verdict on the element with these attributes for the phone with this serial, on this local date.

    `today` is None while the clock is unset. Never raises.
    """
    if not is_for_phone(attributes, serial):
        return NotForThisPhone(attributes.get("Serial", ""))
    key = read_key(attributes)
    if isinstance(key, Malformed):
        return key
    if not anchor.verifies(key):
        return SignatureNotValid(key)
    if all(grant.expiry.is_over(today) for grant in key.grants):
        return Expired(key)
    return Valid(key)
