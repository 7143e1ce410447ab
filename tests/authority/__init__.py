"""Tests of the license authority, and the orders, phones and counts that they share."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import create_authority
from phone_sim.authority.license_number import new_number
from phone_sim.authority.orders import Order
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import MacAddress
from tests.make import LDAP, SITE_SERIAL, utc

NOW = utc("2026-03-10T12:00")
ASKS = "admin@example.org"


@cache
def _first_authority() -> "TemporaryDirectory[str]":
    made = TemporaryDirectory(prefix="authority")
    create_authority(Path(made.name))
    return made


def new_authority(folder: Path) -> None:
    """Make an authority in a folder; all of this process have one key, which takes long to make."""
    shutil.copytree(_first_authority().name, folder)


def phone_order(*bits: int, quantity: int = 1) -> Order:
    """An order of phone licenses for these option bits; the corporate directory without any."""
    return Order(
        number=new_number(),
        license_type=LicenseType.PHONE,
        software="Productivity Suite",
        bits=bits or (LDAP,),
        version="3.3.0",
        quantity=quantity,
        expires=None,
        upgrade=False,
        ordered_at=NOW,
    )


def site_order(expires: date | None = None, *, serial: str | None = SITE_SERIAL) -> Order:
    """An order of a site license for the corporate directory."""
    return Order(
        number=new_number(),
        license_type=LicenseType.SITE,
        software="LDAP",
        bits=(LDAP,),
        version="3.3.0",
        quantity=1,
        expires=expires,
        upgrade=True,
        ordered_at=NOW,
        site_serial=serial,
    )


def entered(ledger: Ledger, *orders: Order) -> str:
    """Enter orders, and return the number of the first."""
    with ledger.writing():
        for order in orders:
            ledger.add(order)
    return orders[0].number


def phones(count: int) -> list[MacAddress]:
    """Phones with numbered MAC addresses."""
    return [MacAddress(f"0004f2{number:06x}") for number in range(1, count + 1)]


def batch_of(number: str, macs: list[MacAddress]) -> str:
    """The text of a batch with one license number."""
    return "".join(f"{number}\t{mac}\n" for mac in macs)


def counted(path: Path) -> dict[str, tuple[int, int]]:
    """Of each number that was used: what the order counts, and how many redemptions there are; a sound file."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        query = "SELECT number, used, (SELECT count(*) FROM redemptions WHERE number = orders.number) FROM orders"
        return {number: (used, rows) for number, used, rows in database.execute(query) if used or rows}
