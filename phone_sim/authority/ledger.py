"""The ledger: orders and redemptions in SQLite.

Each change is one transaction that is on the disk when it returns (write-ahead log, full synchronization), so a
number is redeemed or it is not, whatever is killed. Writers take turns: of two that redeem the last activation of a
number at the same moment, one wins. This module does not know what a license key is made of.
"""

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from phone_sim.authority.orders import Order, Redemption, Refusal
from phone_sim.errors import AuthorityError
from phone_sim.licensing.license_key import LicenseType

_SECONDS_TO_WAIT = 30.0
_COLUMNS = "number, license_type, software, bits, version, quantity, expires, upgrade, ordered_at, site_serial"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number TEXT PRIMARY KEY,
    license_type TEXT NOT NULL CHECK (license_type IN ('Phone', 'Site')),
    software TEXT NOT NULL,
    bits TEXT NOT NULL,
    version TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used <= quantity),
    expires TEXT,
    upgrade INTEGER NOT NULL,
    ordered_at TEXT NOT NULL,
    site_serial TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS redemptions (
    place INTEGER PRIMARY KEY,
    number TEXT NOT NULL REFERENCES orders (number),
    serial TEXT NOT NULL,
    redeemed_at TEXT NOT NULL,
    requester TEXT NOT NULL,
    UNIQUE (number, serial)
) STRICT;
CREATE INDEX IF NOT EXISTS redemptions_by_serial ON redemptions (serial);
"""


class Ledger:
    """The ledger in a file; a context manager. One is for one thread, a file for any number of processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise AuthorityError(f"{path}: the ledger cannot be opened: {error}") from error
        try:
            self._write_ahead()
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA foreign_keys = ON")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._database.close()
            raise AuthorityError(f"{path}: the ledger cannot be opened: {error}") from error

    def _write_ahead(self) -> None:
        """Switch the log on; SQLite does not wait by itself while another process does so in a new file."""
        deadline = time.monotonic() + _SECONDS_TO_WAIT
        while True:
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All changes inside are made together, or none is.

        Raises:
            AuthorityError: the disk is full, the file is damaged, or another process holds it for half a minute.
        """
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                # Not after a full disk: SQLite has rolled back then.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise AuthorityError(f"{self._path}: nothing was written: {error}") from error

    def add(self, order: Order) -> None:
        """Enter an order; inside `writing`."""
        self._database.execute(
            f"INSERT INTO orders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                order.number,
                order.license_type.value,
                order.software,
                ",".join(map(str, order.bits)),
                order.version,
                order.quantity,
                None if order.expires is None else order.expires.isoformat(),
                int(order.upgrade),
                order.ordered_at.isoformat(),
                order.site_serial,
            ),
        )

    def redeem(self, wish: Redemption, license_type: LicenseType) -> Refusal | None:
        """Enter a redemption if the order allows it; inside `writing`."""
        order = self.order(wish.number)
        if order is None:
            return Refusal.UNKNOWN_NUMBER
        if order.license_type is not license_type:
            return Refusal.WRONG_TYPE
        if order.site_serial is not None and order.site_serial != wish.serial:
            return Refusal.WRONG_SITE
        found = "SELECT EXISTS (SELECT 1 FROM redemptions WHERE number = ? AND serial = ?)"
        (again,) = self._database.execute(found, (wish.number, wish.serial)).fetchone()
        free = "UPDATE orders SET used = used + 1 WHERE number = ? AND used < quantity"
        if again or not self._database.execute(free, (wish.number,)).rowcount:
            single = order.quantity == 1
            return Refusal.ALREADY_REDEEMED if again or single else Refusal.QUANTITY_USED_UP
        self._database.execute(
            "INSERT INTO redemptions (number, serial, redeemed_at, requester) VALUES (?, ?, ?, ?)",
            (wish.number, wish.serial, wish.redeemed_at.isoformat(), wish.requester),
        )
        return None

    def order(self, number: str) -> Order | None:
        """The order with this license number."""
        return next(iter(self._orders("WHERE number = ?", (number,))), None)

    def orders(self) -> tuple[Order, ...]:
        """All orders, as they came."""
        return tuple(self._orders("ORDER BY rowid", ()))

    def redeemed(self) -> Mapping[str, int]:
        """How often each number was redeemed."""
        return dict(self._rows("SELECT number, used FROM orders", ()))

    def redemptions(self, *, number: str | None = None, serial: str | None = None) -> tuple[Redemption, ...]:
        """The redemptions of a number, of a serial, or all, as they came."""
        wanted = {"number": number, "serial": serial}
        terms = [f"{column} = :{column}" for column, value in wanted.items() if value is not None]
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        rows = self._rows(
            f"SELECT number, serial, redeemed_at, requester FROM redemptions {where} ORDER BY place",  # noqa: S608
            wanted,
        )
        return tuple(
            Redemption(number=row[0], serial=row[1], redeemed_at=datetime.fromisoformat(row[2]), requester=row[3])
            for row in rows
        )

    def orders_for(self, serial: str) -> tuple[Order, ...]:
        """The orders that were redeemed for a serial, as they were: what its activation file is made of (B6)."""
        condition = "JOIN redemptions USING (number) WHERE serial = ? ORDER BY place"
        return tuple(self._orders(condition, (serial,)))

    def _orders(self, condition: str, values: tuple[str, ...]) -> Iterator[Order]:
        for row in self._rows(f"SELECT {_COLUMNS} FROM orders {condition}", values):  # noqa: S608
            yield Order(
                number=row[0],
                license_type=LicenseType(row[1]),
                software=row[2],
                bits=tuple(map(int, row[3].split(","))),
                version=row[4],
                quantity=row[5],
                expires=None if row[6] is None else date.fromisoformat(row[6]),
                upgrade=bool(row[7]),
                ordered_at=datetime.fromisoformat(row[8]),
                site_serial=row[9],
            )

    def _rows(self, query: str, values: tuple[str, ...] | Mapping[str, str | None]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise AuthorityError(f"{self._path}: the ledger cannot be read: {error}") from error
