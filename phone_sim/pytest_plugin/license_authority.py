"""A license authority for tests: a signing key made for the run, and activation files without orders and a ledger.

This module does not know a phone; `phone_sim.authority` is the authority that keeps books.
"""

from datetime import date

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from phone_sim.authority.orders import software_bits
from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import UsageError
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import read_all, write
from phone_sim.licensing.license_key import LicenseType, Malformed, new_key, read_key
from phone_sim.licensing.signature import KEY_BITS, TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features

SITE_SERIAL = "104500017731"


class PluginAuthority:
    """Signs license keys. Features are given by key or name, or as the name of a suite (`Productivity Suite`)."""

    def __init__(self) -> None:
        self._key = SigningKey(generate_private_key(public_exponent=65537, key_size=KEY_BITS))

    @property
    def anchor(self) -> TrustAnchor:
        """The public half of its key, for the phones that are to trust it."""
        return self._key.anchor

    def license(self, mac: MacAddress | str, *features: str) -> bytes:
        """The activation file with a phone license, which never expires (B11).

        Raises:
            UsageError: no feature, an unknown one, or no MAC address.
        """
        address = mac if isinstance(mac, MacAddress) else MacAddress.parse(mac)
        return self._file(address.serial, LicenseType.PHONE, NEVER, features)

    def site_license(self, until: date | str | None, *features: str, serial: str = SITE_SERIAL) -> bytes:
        """The activation file with a site license whose last day is `until`, a date or its text; None is no end.

        Raises:
            UsageError: no feature, an unknown one, or a day that a license cannot end on.
        """
        try:
            last_day = date.fromisoformat(until) if isinstance(until, str) else until
            expiry = NEVER if last_day is None else Expiry.on(last_day)
        except ValueError as error:
            raise UsageError(f"a license cannot end on {until}: {error}") from error
        return self._file(serial, LicenseType.SITE, expiry, features)

    def forge(self, file: bytes) -> bytes:
        """The activation file with the same keys, none of whose signatures is valid.

        Raises:
            LicenseFileError: it is no activation file.
            UsageError: a key of it is malformed.
        """
        keys = [read_key(attributes) for attributes in read_all(file)]
        for key in keys:
            if isinstance(key, Malformed):
                raise UsageError(f"a malformed key cannot be forged: {key}")
        return write(key.signed(bytes(reversed(key.validation))) for key in keys if not isinstance(key, Malformed))

    def _file(self, serial: str, license_type: LicenseType, expiry: Expiry, features: tuple[str, ...]) -> bytes:
        bits = software_bits(",".join(features), load_features())
        try:
            key = new_key(serial=serial, license_type=license_type, grants=dict.fromkeys(bits, expiry))
        except ValueError as error:
            raise UsageError(str(error)) from error
        return write([self._key.sign(key)])
