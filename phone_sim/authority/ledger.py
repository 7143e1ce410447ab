"""The ledger: orders and redemptions in SQLite.

Each change is one transaction that is on the disk when it returns (write-ahead log, full synchronization), so a
number is redeemed or it is not, whatever is killed. Writers take turns: of two that redeem the last activation of a
number at the same moment, one wins. This module does not know what a license key is made of.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from phone_sim.authority.ledger_versions import migrate
from phone_sim.authority.orders import Order, Redemption, Refusal
from phone_sim.errors import AuthorityError
from phone_sim.file_modes import make_private
from phone_sim.licensing.license_key import LicenseType

_SECONDS_TO_WAIT = 30.0
Row = TypeVar("Row", Order, Redemption)


class _Column(NamedTuple):
    """A column and the field of the same name: from the field to what SQLite keeps, and back."""

    kept: Callable[[Any], Any]
    read: Callable[[Any], Any]


_AS_IT_IS = _Column(lambda value: value, lambda value: value)
_TIME = _Column(datetime.isoformat, datetime.fromisoformat)
_ORDERS: Mapping[str, _Column] = {
    "number": _AS_IT_IS,
    "license_type": _Column(lambda license_type: license_type.value, LicenseType),
    "software": _AS_IT_IS,
    "bits": _Column(lambda bits: ",".join(map(str, bits)), lambda text: tuple(map(int, text.split(",")))),
    "version": _AS_IT_IS,
    "quantity": _AS_IT_IS,
    "expires": _Column(lambda day: day and day.isoformat(), lambda text: text and date.fromisoformat(text)),
    "upgrade": _Column(int, bool),
    "ordered_at": _TIME,
    "site_serial": _AS_IT_IS,
}
_REDEMPTIONS: Mapping[str, _Column] = {
    "number": _AS_IT_IS,
    "serial": _AS_IT_IS,
    "redeemed_at": _TIME,
    "requester": _AS_IT_IS,
}


class Ledger:
    """The ledger in a private file; a context manager. One is for one thread, a file for any number of processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._database = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT, isolation_level=None)
        except sqlite3.Error as error:
            raise AuthorityError(f"{path}: the ledger cannot be opened: {error}") from error
        try:
            self._prepare()
        except AuthorityError:
            self._database.close()
            raise

    def _prepare(self) -> None:
        try:
            # By its path: to close a descriptor of our own would release the locks of this process. SQLite gives the
            # files beside it the same mode.
            make_private(self._path)
            self._write_ahead()
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute("PRAGMA foreign_keys = ON")
            migrate(self._database, self._path)
        except (OSError, sqlite3.Error) as error:
            raise AuthorityError(f"{self._path}: the ledger cannot be opened: {error}") from error

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
        self._insert("orders", _ORDERS, order)

    def redeem(self, wish: Redemption, license_type: LicenseType) -> Refusal | None:
        """Enter a redemption if the order allows it; inside `writing`."""
        order = self.order(wish.number)
        if order is None:
            return Refusal.UNKNOWN_NUMBER
        if order.license_type is not license_type:
            return Refusal.WRONG_TYPE
        if order.site_serial is not None and order.site_serial != wish.serial:
            return Refusal.WRONG_SITE
        again = self.has(wish)
        free = "UPDATE orders SET used = used + 1 WHERE number = ? AND used < quantity"
        if again or not self._database.execute(free, (wish.number,)).rowcount:
            single = order.quantity == 1
            return Refusal.ALREADY_REDEEMED if again or single else Refusal.QUANTITY_USED_UP
        self._insert("redemptions", _REDEMPTIONS, wish)
        return None

    def has(self, wish: Redemption) -> bool:
        """Whether the number is redeemed for the serial, by whomever."""
        found = "SELECT EXISTS (SELECT 1 FROM redemptions WHERE number = ? AND serial = ?)"
        return self._rows(found, (wish.number, wish.serial)) == [(1,)]

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
        return tuple(self._select(Redemption, _REDEMPTIONS, f"FROM redemptions {where} ORDER BY place", wanted))

    def redeemed_by(
        self, requester: str, *, license_type: LicenseType, bits: Sequence[int], expires: date | None
    ) -> Mapping[str, str]:
        """The serials for which `requester` redeemed a license of these terms, each with the first license number."""
        terms = {"license_type": license_type, "bits": bits, "expires": expires}
        condition = " AND ".join(f"{name} IS :{name}" for name in terms)
        query = f"SELECT serial, number FROM redemptions JOIN orders USING (number) WHERE {condition} "  # noqa: S608  # nosec B608
        values = {name: _ORDERS[name].kept(value) for name, value in terms.items()} | {"requester": requester}
        first: dict[str, str] = {}
        for serial, number in self._rows(query + "AND requester = :requester ORDER BY place", values):
            first.setdefault(serial, number)
        return first

    def orders_for(self, serial: str) -> tuple[Order, ...]:
        """The orders that were redeemed for a serial, as they were: what its activation file is made of (B6)."""
        condition = "JOIN redemptions USING (number) WHERE serial = ? ORDER BY place"
        return tuple(self._orders(condition, (serial,)))

    def _orders(self, condition: str, values: tuple[str, ...]) -> Iterator[Order]:
        return self._select(Order, _ORDERS, f"FROM orders {condition}", values)

    def _insert(self, table: str, columns: Mapping[str, _Column], row: Order | Redemption) -> None:
        values = {name: column.kept(getattr(row, name)) for name, column in columns.items()}
        places = ", ".join(f":{name}" for name in columns)
        # Tables and columns are named in this module.
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  # nosec B608
        self._database.execute(statement, values)

    def _select(
        self,
        kind: type[Row],
        columns: Mapping[str, _Column],
        rest: str,
        values: tuple[str, ...] | Mapping[str, str | None],
    ) -> Iterator[Row]:
        for row in self._rows(f"SELECT {', '.join(columns)} {rest}", values):
            read = zip(columns.items(), row, strict=True)
            yield kind(**{name: column.read(value) for (name, column), value in read})

    def _rows(self, query: str, values: tuple[str, ...] | Mapping[str, str | None]) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise AuthorityError(f"{self._path}: the ledger cannot be read: {error}") from error
