"""What is ordered and redeemed: values, without the ledger that keeps them (B4, B5, B7)."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from phone_sim.authority.license_number import new_number
from phone_sim.errors import UsageError
from phone_sim.firmware.features import goes_by
from phone_sim.firmware_version import parse_version
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.models import Feature

QUANTITY_LIMIT = 100_000
SITE_SERIAL = "104500017731"
"""The serial of a site in activation files that are made without an order (our choice)."""

_SITE_SERIAL_FORM = re.compile(r"(?!0{12})[0-9]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order and all that its license number identifies (B5).

    `software` is what was bought, in words; `bits` are the option bits it activates. `quantity` is how many phones
    may be activated, 1 for a site. `expires` is the last day of a site license, None for never. `site_serial` is
    given to a site order (B4).
    """

    number: str
    license_type: LicenseType
    software: str
    bits: tuple[int, ...]
    version: str
    quantity: int
    expires: date | None
    upgrade: bool
    ordered_at: datetime
    site_serial: str | None = None

    def key(self, serial: str) -> LicenseKey:
        """The license key, not signed yet, that this order gives the phone or site with this serial (B7)."""
        expiry = NEVER if self.expires is None else Expiry.on(self.expires)
        return new_key(serial=serial, license_type=self.license_type, grants=dict.fromkeys(self.bits, expiry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A license number redeemed for the serial of a phone or a site, when, and by whom."""

    number: str
    serial: str
    redeemed_at: datetime
    requester: str


class Refusal(Enum):
    """Why a license number is not redeemed."""

    UNKNOWN_NUMBER = "unknown number"
    ALREADY_REDEEMED = "already redeemed"
    QUANTITY_USED_UP = "quantity used up"
    WRONG_TYPE = "wrong license type"
    WRONG_SITE = "wrong site serial"


def new_order(
    *,
    license_type: LicenseType,
    software: str,
    version: str,
    quantity: int,
    expires: date | None,
    upgrade: bool,
    site_serial: str | None,
    features: Iterable[Feature],
    at: datetime,
) -> Order:
    """An order with a new license number; a site without a serial gets a new one.

    Raises:
        UsageError: terms that no license has, software or a version that cannot be ordered, a serial that is none.
    """
    if license_type is LicenseType.PHONE:
        site_serial = None
    elif site_serial is None:
        site_serial = _new_site_serial()
    else:
        check_site_serial(site_serial)
    check_quantity(license_type, quantity)
    check_last_day(license_type, expires)
    parse_version(version)
    return Order(
        number=new_number(),
        license_type=license_type,
        software=software,
        bits=software_bits(software, features),
        version=version,
        quantity=quantity,
        expires=expires,
        upgrade=upgrade,
        ordered_at=at,
        site_serial=site_serial,
    )


def software_bits(software: str, features: Iterable[Feature]) -> tuple[int, ...]:
    """The option bits of a suite (`Productivity Suite`), or of features by key or name, with commas between.

    Raises:
        UsageError: when a name is of neither, listing those there are.
    """
    everything = tuple(features)
    bits: set[int] = set()
    for name in (part.strip().lower() for part in software.split(",")):
        found = {one.bit for one in everything if name == one.suite.lower() or goes_by(name, one)}
        if not name or not found:
            known = sorted({one.suite for one in everything if one.suite} | {one.key for one in everything})
            raise UsageError(f"{name!r} is no software that can be ordered: {', '.join(known)} can")
        bits |= found
    return tuple(sorted(bits))


def _new_site_serial() -> str:
    """A serial for a site that has none: 12 digits."""
    return f"{1 + secrets.randbelow(10**12 - 1):012d}"


def check_site_serial(serial: str) -> None:
    """Refuse what is not a site serial. Raises UsageError."""
    if not _SITE_SERIAL_FORM.fullmatch(serial):
        raise UsageError(f"{serial!r} is not a site serial: it has 12 digits, not all of them 0")


def check_quantity(license_type: LicenseType, quantity: int) -> None:
    """Refuse a quantity that no license has. Raises UsageError: a site license for several, or out of range."""
    if license_type is LicenseType.SITE and quantity != 1:
        raise UsageError("a site license is for one site: its quantity is 1")
    if not 1 <= quantity <= QUANTITY_LIMIT:
        raise UsageError(f"the quantity is 1 to {QUANTITY_LIMIT}, not {quantity}")


def check_last_day(license_type: LicenseType, expires: date | None) -> None:
    """Refuse a last day that no license has. Raises UsageError: a phone license with one (B11), or out of range."""
    if license_type is LicenseType.PHONE and expires is not None:
        raise UsageError("an individual phone license never expires (B11): only a site license can have an end date")
    if expires is not None:
        try:
            Expiry.on(expires)
        except ValueError as error:
            raise UsageError(f"a license cannot end on {expires}: its last day is 2007-01-01 to 2186-06-03") from error
