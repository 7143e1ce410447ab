"""The service behind the activation portal (B8): what its requests make the license authority do.

All of it waits, for the disk and for other processes, so it is called in a thread of its own. The rules are the
authority's; this module knows no page.
"""

import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path

from phone_sim.authority.activation import (
    BatchLine,
    licensed_serials,
    redeem_batch,
)
from phone_sim.authority.license_authority import open_authority, write_files
from phone_sim.authority.license_number import parse_number
from phone_sim.authority.mail import batch_mail, keep
from phone_sim.authority.orders import Order, Redemption
from phone_sim.errors import AuthorityError, RedemptionRefusedError
from phone_sim.file_modes import PUBLISHED
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import MacAddress
from phone_sim.whole_file import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Activated:
    """A serial that has an activation file now; `anew` is false when its number was redeemed for it before."""

    serial: str
    anew: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What was ever redeemed for a serial, and its activation files by name; `on_boot_server` are the names of those
    that are there as they should be, None without a boot server.
    """

    serial: str
    orders: tuple[Order, ...]
    files: Mapping[str, bytes]
    on_boot_server: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """A batch and what became of it.

    `serials` are the phones of the batch that have licenses now, from it or from before. `problems` are what went
    wrong after the licenses were redeemed.
    """

    at: datetime
    lines: tuple[BatchLine, ...]
    serials: tuple[str, ...]
    mail_to: str
    nothing_redeemed: bool
    problems: tuple[str, ...]

    @property
    def refused(self) -> tuple[BatchLine, ...]:
        """The lines that were refused."""
        return tuple(line for line in self.lines if line.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalService:
    """What the portal makes the authority in `authority_folder` do.

    `boot_server` is the folder of a boot server that gets each activation file, None for none. `mail_folder` gets the
    mails to who sends a batch. Any method raises AuthorityError when the authority cannot be used.
    """

    authority_folder: Path
    boot_server: Path | None = None
    mail_folder: Path = field(default=Path("mail"))

    def activate(self, number: str, serial: str, requester: str, at: datetime) -> Activated:
        """Redeem a number for a serial, and put the file on the boot server, if that can be.

        Raises:
            UsageError: the number or the serial is none.
            RedemptionRefusedError: the number is not redeemed.
        """
        with open_authority(self.authority_folder) as authority:
            try:
                done = Activated(serial=authority.redeem(number, serial, at=at, requester=requester), anew=True)
            except RedemptionRefusedError:
                kept = MacAddress.parse(serial).serial
                if not authority.ledger.redemptions(number=parse_number(number), serial=kept):
                    raise
                done = Activated(serial=kept, anew=False)
            files = authority.activation_files([done.serial])
        # The page that comes next says what is on the boot server, and can try again.
        with suppress(AuthorityError):
            self._publish(files)
        return done

    def is_unusual(self, number: str, serial: str) -> bool:
        """True where a phone's number is to be redeemed for a MAC that does not begin as those of these phones do, and
        was not before. Raises UsageError: the number or the serial is none."""
        mac = MacAddress.parse(serial)
        if mac.has_phone_prefix:
            return False
        with open_authority(self.authority_folder) as authority:
            order = authority.ledger.order(parse_number(number))
            if order is None or order.license_type is not LicenseType.PHONE or mac.is_of_group:
                return False
            return not authority.ledger.redemptions(number=order.number, serial=mac.serial)

    def activation(self, serial: str) -> Activation | None:
        """What a serial has; None for nothing."""
        with open_authority(self.authority_folder) as authority:
            orders = authority.ledger.orders_for(serial)
            if not orders:
                return None
            files = authority.activation_files([serial])
        there = None
        if self.boot_server is not None:
            there = frozenset(name for name, data in files.items() if _is_there(self.boot_server / name, data))
        return Activation(serial=serial, orders=orders, files=files, on_boot_server=there)

    def publish(self, serial: str) -> None:
        """Put the activation files of a serial on the boot server. Raises AuthorityError when that cannot be."""
        with open_authority(self.authority_folder) as authority:
            files = authority.activation_files([serial])
        self._publish(files)

    def redeem_batch(self, text: str, *, mail_to: str, all_or_nothing: bool, at: datetime) -> BatchReport:
        """Redeem a batch, put its files on the boot server, and mail them if there is an address."""
        with open_authority(self.authority_folder) as authority:
            lines = redeem_batch(authority.ledger, text, at=at, requester=mail_to, all_or_nothing=all_or_nothing)
            nothing = all_or_nothing and any(line.refused for line in lines)
            accepted = [MacAddress.parse(line.mac).serial for line in lines if not line.refused and not nothing]
            wanted = bool(mail_to) or self.boot_server is not None
            files = authority.activation_files(accepted if wanted else [])
            serials = tuple(dict.fromkeys(licensed_serials(authority.ledger, text)))
        problems = []
        if files:
            try:
                self._publish(files)
                if mail_to:
                    keep(batch_mail(mail_to, lines, files, at), self.mail_folder)
            except AuthorityError as error:
                problems.append(f"The licenses are redeemed, but {error}. The files can be downloaded here.")
        return BatchReport(
            at=at,
            lines=lines,
            serials=serials,
            mail_to=mail_to if files else "",
            nothing_redeemed=nothing,
            problems=tuple(problems),
        )

    def archive(self, serials: Iterable[str]) -> bytes:
        """A zip of the activation files of serials; the same bytes for the same files."""
        with open_authority(self.authority_folder) as authority:
            files = authority.activation_files(serials)
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        return packed.getvalue()

    def orders(self) -> tuple[tuple[Order, int], ...]:
        """All orders, the newest first, and how many of each were redeemed."""
        with open_authority(self.authority_folder) as authority:
            redeemed = authority.ledger.redeemed()
            return tuple((order, redeemed.get(order.number, 0)) for order in reversed(authority.ledger.orders()))

    def order(self, number: str) -> tuple[Order, tuple[Redemption, ...]] | None:
        """The order with this license number and its redemptions; None for none. Raises UsageError for no number."""
        with open_authority(self.authority_folder) as authority:
            order = authority.ledger.order(parse_number(number))
            return None if order is None else (order, authority.ledger.redemptions(number=order.number))

    def place(self, order: Order) -> None:
        """Enter an order."""
        with open_authority(self.authority_folder) as authority, authority.ledger.writing():
            authority.ledger.add(order)

    def _publish(self, files: Mapping[str, bytes]) -> None:
        if self.boot_server is not None:
            write_files(files, self.boot_server, PUBLISHED)


def _is_there(path: Path, data: bytes) -> bool:
    """Whether a file holds just these bytes; what cannot be read does not."""
    try:
        return holds(path, data)
    except OSError:
        return False
