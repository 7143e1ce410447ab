"""The activation files of the fault catalog's cases, good and bad, signed with the test pair."""

from collections.abc import Mapping
from datetime import date

from phone_sim.authority.orders import SITE_SERIAL
from phone_sim.authority.signing_key import SigningKey, test_signing_key
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import FILE_ENDING, write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.mac_address import DEFAULT_MAC

MAC = DEFAULT_MAC.digits
OTHER_MAC = "0004f2000002"
OWN_FILE = f"{MAC}{FILE_ENDING}"
SUITE = (0, 1, 2, 3)
YESTERDAY, TODAY, NEXT_YEAR = date(2026, 3, 1), date(2026, 3, 2), date(2027, 12, 31)


def phone_key(mac: str = MAC, bits: tuple[int, ...] = SUITE) -> LicenseKey:
    """A phone license, which never expires (B11)."""
    return _signed(new_key(serial=mac.upper(), license_type=LicenseType.PHONE, grants=dict.fromkeys(bits, NEVER)))


def site_key(last_day: date, bits: tuple[int, ...] = SUITE) -> LicenseKey:
    """A site license with this last day."""
    grants = dict.fromkeys(bits, Expiry.on(last_day))
    return _signed(new_key(serial=SITE_SERIAL, license_type=LicenseType.SITE, grants=grants))


def own_file(*keys: LicenseKey) -> Mapping[str, bytes]:
    """The phone's own activation file, by its name."""
    return {OWN_FILE: write(keys)}


def edited(data: bytes, old: str, new: str) -> bytes:
    """An activation file with one text for another, as somebody with an editor would do it."""
    if old.encode() not in data:
        raise ValueError(f"there is no {old} to replace")
    return data.replace(old.encode(), new.encode())


def forged() -> LicenseKey:
    """A key with five grants whose signature is none."""
    key = phone_key(bits=(0, 1, 2, 3, 4))
    return key.signed(bytes(reversed(key.validation)))


def one_byte_changed() -> LicenseKey:
    """A key one byte of whose signature is another."""
    key = phone_key()
    return key.signed(key.validation[:100] + bytes([key.validation[100] ^ 0x20]) + key.validation[101:])


def signed_by_another_authority() -> LicenseKey:
    """A key that is signed with a key nobody trusts."""
    return SigningKey.generate().sign(phone_key())


def extended() -> bytes:
    """A site's activation file whose last day was edited to a later one."""
    over, later = (f"{Expiry.on(day).slot:04X}" for day in (YESTERDAY, date(2036, 1, 1)))
    return edited(write([site_key(YESTERDAY)]), over, later)


def truncated() -> bytes:
    """An activation file whose signature lacks its end."""
    key = phone_key()
    return edited(write([key]), key.validation.hex().upper()[-32:], "")


def _signed(key: LicenseKey) -> LicenseKey:
    return test_signing_key().sign(key)
