"""The license authority: what it signs and enters in its ledger, and the folder that one can be kept in.

An authority's folder is made once, for its owner only, and holds

signing_key.pem     the private key
trust_anchor.pem    the public half, for the phones (`--trust`)
ledger.sqlite3      orders and redemptions
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from phone_sim.authority import activation
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.orders import SITE_SERIAL, Order, new_order, software_bits
from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.file_modes import PRIVATE, PUBLISHED, Modes, make_folder, open_private
from phone_sim.firmware.profile import CURRENT
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import read_all, write
from phone_sim.licensing.license_key import LicenseType, Malformed, new_key, read_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features
from phone_sim.whole_file import remove_leftovers, write_new, write_whole

KEY_FILE = "signing_key.pem"
ANCHOR_FILE = "trust_anchor.pem"
LEDGER_FILE = "ledger.sqlite3"
_PEM_LIMIT = 64 * 1024
_PRODUCTIVITY_SUITE = "Productivity Suite"


class LicenseAuthority:
    """A license authority: it signs license keys with a key of its own, whose public half phones trust (D5).

    `LicenseAuthority()` has a key made on the spot and no ledger: it makes activation files without orders. The one in
    a folder, from `open_authority`, keeps its key and a ledger there, so it also takes orders and redeems license
    numbers. Features are given by key or name, or as the name of a suite (`Productivity Suite`).
    """

    def __init__(self, *, signing_key: SigningKey | None = None, ledger: Ledger | None = None) -> None:
        self.signing_key = SigningKey.generate() if signing_key is None else signing_key
        self._ledger = ledger

    @property
    def anchor(self) -> TrustAnchor:
        """The public half of its key, for the phones that are to trust it."""
        return self.signing_key.anchor

    @property
    def ledger(self) -> Ledger:
        """Its orders and redemptions. Raises AuthorityError if it keeps none."""
        if self._ledger is None:
            raise AuthorityError("this license authority keeps no ledger: use one in a folder, with open_authority")
        return self._ledger

    def license(self, mac: MacAddress | str, *features: str) -> bytes:
        """The activation file with a phone license, which never expires (B11); made without an order.

        Raises:
            UsageError: no feature, an unknown one, or not a MAC address.
        """
        return self._file([_serial(mac)], LicenseType.PHONE, NEVER, features)

    def file_for(self, macs: Iterable[MacAddress | str], *features: str) -> bytes:
        """One activation file with a phone license for each of these phones, of which each activates its own (B6).

        Made without an order; without features, the licenses are for the Productivity Suite. Serve it under the name
        of each phone, or as `000000000000-license.cfg` for all of them: what is in a file decides, not its name (D9).

        Raises:
            UsageError: no phone, an unknown feature, not a MAC address, or a file that would be longer than a phone
                reads.
        """
        serials = [_serial(mac) for mac in macs]
        if not serials:
            raise UsageError("an activation file is for at least one phone")
        return self._file(serials, LicenseType.PHONE, NEVER, features or (_PRODUCTIVITY_SUITE,))

    def site_license(self, until: date | str | None, *features: str, serial: str = SITE_SERIAL) -> bytes:
        """The activation file with a site license, made without an order.

        `until` is its last day, a date or text such as `2026-12-31`; None never expires.

        Raises:
            UsageError: no feature, an unknown one, or a day that a license cannot end on.
        """
        try:
            last_day = date.fromisoformat(until) if isinstance(until, str) else until
            expiry = NEVER if last_day is None else Expiry.on(last_day)
        except ValueError as error:
            raise UsageError(f"a license cannot end on {until}: {error}") from error
        return self._file([serial], LicenseType.SITE, expiry, features)

    def forge(self, file: bytes) -> bytes:
        """The activation file with the same keys, each with a signature that is not valid.

        Raises:
            LicenseFileError: it is not an activation file.
            UsageError: a key of it is malformed.
        """
        keys = [read_key(attributes) for attributes in read_all(file)]
        for key in keys:
            if isinstance(key, Malformed):
                raise UsageError(f"a malformed key cannot be forged: {key}")
        return write(key.signed(bytes(reversed(key.validation))) for key in keys if not isinstance(key, Malformed))

    def order(
        self,
        software: str,
        *,
        license_type: LicenseType = LicenseType.PHONE,
        version: str = CURRENT,
        quantity: int = 1,
        expires: date | None = None,
        upgrade: bool = False,
        site_serial: str | None = None,
        at: datetime | None = None,
    ) -> Order:
        """Enter an order in the ledger; its `number` is what is redeemed (B5). A site without a serial gets a new one.

        `software` is a suite, or features, with commas. `expires` is the last day of a site license, None for never.
        `at` is the time of the order, now by default.

        Raises:
            UsageError: software or a version that cannot be ordered, or terms that no license has.
            AuthorityError: there is no ledger, or it cannot be written.
        """
        order = new_order(
            license_type=license_type,
            software=software,
            version=version,
            quantity=quantity,
            expires=expires,
            upgrade=upgrade,
            site_serial=site_serial,
            features=load_features(),
            at=at or datetime.now(UTC),
        )
        with self.ledger.writing():
            self.ledger.add(order)
        return order

    def redeem(
        self, number: str, serial: MacAddress | str | None = None, *, requester: str = "", at: datetime | None = None
    ) -> str:
        """Redeem a license number for a phone's MAC or a site's serial (B8); returns the serial as the ledger has it.

        Without a serial a site license is redeemed for the site that was named in the order. `at` is the time of the
        redemption, now by default.

        Raises:
            UsageError: not a license number, a MAC address, or a serial.
            RedemptionRefusedError: the number is not redeemed, and why.
            AuthorityError: there is no ledger, or it cannot be written.
        """
        wanted = serial.digits if isinstance(serial, MacAddress) else serial
        return activation.redeem(self.ledger, number, wanted, at=at or datetime.now(UTC), requester=requester)

    def activation_files(self, serials: Iterable[str]) -> Mapping[str, bytes]:
        """The activation files of these serials, by their names on the boot server (B10); the same bytes each time.

        Raises:
            AuthorityError: nothing was ever redeemed for a serial, or there is no ledger.
        """
        return activation.activation_files(self.ledger, self.signing_key, serials)

    def activation_file(self, serials: Iterable[str]) -> bytes:
        """One activation file for all these serials, of which each phone activates its own keys (B6).

        Raises:
            UsageError: the file would be longer than a phone reads.
            AuthorityError: nothing was ever redeemed for a serial, or there is no ledger.
        """
        return activation.activation_file(self.ledger, self.signing_key, serials)

    def _file(
        self, serials: Iterable[str], license_type: LicenseType, expiry: Expiry, features: tuple[str, ...]
    ) -> bytes:
        bits = software_bits(",".join(features), load_features())
        grants = dict.fromkeys(bits, expiry)
        try:
            keys = [new_key(serial=serial, license_type=license_type, grants=grants) for serial in serials]
        except ValueError as error:
            raise UsageError(str(error)) from error
        return activation.signed_file(self.signing_key, keys)


def _serial(mac: MacAddress | str) -> str:
    return (mac if isinstance(mac, MacAddress) else MacAddress.parse(mac)).serial


def create_authority(folder: Path | str) -> None:
    """Make an authority in a folder; its key is made once and never replaced.

    The key comes after the ledger: where this was interrupted there is an empty ledger at most, and it can be repeated.
    A key that is missing beside orders or a trust anchor is lost; a new one would sign what no phone trusts.

    Raises:
        AuthorityError: there is one already, or the key of one is lost, or the folder cannot be written.
    """
    folder = Path(folder)
    key = folder / KEY_FILE
    try:
        make_folder(folder, PRIVATE)
        is_half_made = _is_half_made(folder)  # before the key is looked for, which another process may just make
        is_there = key.exists()
        if not is_there and not is_half_made:
            raise _without_key(folder)
        if not is_there:
            write_new(key, SigningKey.generate().pem(), PRIVATE)
    except FileExistsError:
        is_there = True
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    with open_authority(folder):  # what is missing besides the key is made now
        pass
    if is_there:
        raise AuthorityError(f"{folder} has a signing key already, which is never replaced")


@contextmanager
def open_authority(folder: Path | str) -> Iterator[LicenseAuthority]:
    """The authority in a folder; the public half of its key is written out again if it is missing or of another key.

    Raises:
        AuthorityError: the folder has no authority, or one of its files cannot be used.
    """
    folder = Path(folder)
    try:
        with os.fdopen(open_private(folder / KEY_FILE, os.O_RDONLY), "rb") as file:
            key = SigningKey.from_pem(file.read(_PEM_LIMIT), str(folder / KEY_FILE))
        anchor = folder / ANCHOR_FILE
        if not anchor.exists() or anchor.read_bytes() != key.anchor.pem():
            write_whole(anchor, key.anchor.pem(), PUBLISHED)
        remove_leftovers(folder)
    except FileNotFoundError as error:
        raise _without_key(folder) from error
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    with Ledger(folder / LEDGER_FILE) as ledger:
        yield LicenseAuthority(signing_key=key, ledger=ledger)


def _is_half_made(folder: Path) -> bool:
    """Whether a folder has no more of an authority than there can be before its key: a ledger without orders."""
    if (folder / ANCHOR_FILE).exists():
        return False
    with Ledger(folder / LEDGER_FILE) as ledger:
        return not ledger.orders()


def _without_key(folder: Path) -> AuthorityError:
    """What is wrong with a folder that has no signing key."""
    if not any((folder / name).exists() for name in (LEDGER_FILE, ANCHOR_FILE)):
        return AuthorityError(f"there is no authority in {folder}: phone-sim license init makes one")
    if _is_half_made(folder):
        return AuthorityError(f"the authority in {folder} is not finished: phone-sim license init finishes it")
    return AuthorityError(
        f"{folder} has the ledger or the trust anchor of an authority, but not its key: restore {KEY_FILE}, "
        "or name another folder"
    )


def write_files(files: Mapping[str, bytes], folder: Path, modes: Modes) -> tuple[Path, ...]:
    """Write files, by their names, each whole, into a folder that is made if need be, and return where they are.

    Raises:
        AuthorityError: one cannot be written.
    """
    try:
        make_folder(folder, modes)
        remove_leftovers(folder)
        for name, data in files.items():
            write_whole(folder / name, data, modes)
    except OSError as error:
        raise AuthorityError(f"{folder}: {error.strerror}") from error
    return tuple(folder / name for name in files)
