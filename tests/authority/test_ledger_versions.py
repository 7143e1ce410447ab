"""Ledgers of other releases: an older one is migrated whole or not at all, a newer one is refused."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from phone_sim.authority import ledger as ledger_module
from phone_sim.authority.activation import redeem_phone
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.ledger_versions import MIGRATIONS, Migration, migrate
from phone_sim.authority.orders import Order, Redemption
from phone_sim.errors import AuthorityError
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import MacAddress
from tests.authority import ASKS, NOW, entered, phone_order
from tests.authority.test_races import Opener, race

OF_RELEASE_0_1 = Path(__file__).parent / "ledger-0.1.sqlite3"
"""A ledger as release 0.1 wrote it; it is never written anew."""
FIRST, SITE, LAST = "7H7WVN4FBHNR67", "BWA96W6NST4AW3", "VZ9U6VR4T4JHNM"
ORDERS = (
    Order(
        number=FIRST,
        license_type=LicenseType.PHONE,
        software="Productivity Suite",
        bits=(0, 1, 2, 3),
        version="3.3.0",
        quantity=3,
        expires=None,
        upgrade=False,
        ordered_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    ),
    Order(
        number=SITE,
        license_type=LicenseType.SITE,
        software="LDAP, H323",
        bits=(2, 7),
        version="3.2.2",
        quantity=1,
        expires=date(2026, 12, 31),
        upgrade=True,
        ordered_at=datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
        site_serial="104500017731",
    ),
    Order(
        number=LAST,
        license_type=LicenseType.PHONE,
        software="UsbAudio",
        bits=(0,),
        version="3.3.0",
        quantity=1,
        expires=None,
        upgrade=False,
        ordered_at=datetime(2026, 3, 1, 14, 30, 0, 5, tzinfo=UTC),
    ),
)
REDEMPTIONS = tuple(
    Redemption(
        number=number, serial=serial, redeemed_at=datetime(2026, 3, day, 12, 30, tzinfo=UTC), requester=requester
    )
    for number, serial, day, requester in (
        (FIRST, "0004F2000001", 2, "desk"),
        (SITE, "104500017731", 3, "Ann <ann@example.com>"),
        (FIRST, "0004F2000002", 4, ""),
    )
)
NEXT: Migration = ("ALTER TABLE orders ADD COLUMN note TEXT NOT NULL DEFAULT ''", "CREATE INDEX notes ON orders (note)")


def copied(path: Path) -> Path:
    """A copy of the ledger of release 0.1, at this path."""
    path.write_bytes(OF_RELEASE_0_1.read_bytes())
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A copy of the ledger of release 0.1."""
    return copied(tmp_path / "ledger.sqlite3")


@pytest.fixture
def database(old: Path) -> Iterator[sqlite3.Connection]:
    """The same, opened without the ledger."""
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        yield connection


def version(database: sqlite3.Connection) -> int:
    (found,) = database.execute("PRAGMA user_version").fetchone()
    return int(found)


def schema(database: sqlite3.Connection) -> list[tuple[str, ...]]:
    """The tables, columns and indexes of a ledger."""
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    indexes = database.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'").fetchall()
    columns = [(table, *column) for table in tables for column in database.execute(f"PRAGMA table_info({table})")]
    return sorted([*indexes, *columns], key=repr)


def test_ledger_of_release_0_1_is_read_whole(old: Path) -> None:
    with Ledger(old) as ledger:
        assert ledger.orders() == ORDERS
        assert ledger.redemptions() == REDEMPTIONS
        assert ledger.redeemed() == {FIRST: 2, SITE: 1, LAST: 0}
        assert ledger.orders_for("0004F2000001") == ORDERS[:1]


def test_ledger_of_release_0_1_takes_orders_and_redemptions(old: Path) -> None:
    with Ledger(old) as ledger:
        number = entered(ledger, phone_order())
        for each in (number, LAST):
            redeem_phone(ledger, each, MacAddress("0004f2000009"), at=NOW, requester=ASKS)
    with Ledger(old) as ledger:
        assert [order.number for order in ledger.orders_for("0004F2000009")] == [number, LAST]


def test_migrated_ledger_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    for path in (old, tmp_path / "new"):
        with Ledger(path):
            pass
    with closing(sqlite3.connect(old)) as migrated, closing(sqlite3.connect(tmp_path / "new")) as new:
        assert schema(migrated) == schema(new)
        assert version(migrated) == version(new) == len(MIGRATIONS)


def test_first_migration_makes_what_release_0_1_made(database: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "new", isolation_level=None)) as new:
        migrate(new, tmp_path / "new", MIGRATIONS[:1])
        assert schema(new) == schema(database)


@pytest.mark.parametrize(("kind", "columns"), [(Order, "_ORDERS"), (Redemption, "_REDEMPTIONS")])
def test_every_field_of_a_row_has_a_column(kind: type[Order | Redemption], columns: str) -> None:
    assert [field.name for field in fields(kind)] == list(getattr(ledger_module, columns))


def test_only_missing_migrations_are_made(database: sqlite3.Connection, old: Path) -> None:
    migrate(database, old)
    migrate(database, old, (*MIGRATIONS, NEXT))
    migrate(database, old, (*MIGRATIONS, NEXT))
    assert version(database) == len(MIGRATIONS) + 1
    assert database.execute("SELECT DISTINCT note FROM orders").fetchall() == [("",)]


def test_migration_that_fails_half_way_leaves_the_ledger_as_it_was(database: sqlite3.Connection, old: Path) -> None:
    before = schema(database)
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        migrate(database, old, (*MIGRATIONS, NEXT, ("DROP TABLE nowhere",)))
    assert (schema(database), version(database)) == (before, 0)
    assert not database.in_transaction


def test_reader_of_the_old_version_sees_all_of_a_migration_or_nothing(database: sqlite3.Connection, old: Path) -> None:
    class Watched(sqlite3.Connection):
        """Looks into the ledger from outside before each statement."""

        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            seen.add((version(database), len(schema(database))))
            return super().execute(*arguments)

    seen: set[tuple[int, int]] = set()
    with closing(sqlite3.connect(old, isolation_level=None, factory=Watched)) as watched:
        before = (0, len(schema(database)))
        migrate(watched, old, (*MIGRATIONS, NEXT))
    assert seen == {before}
    assert version(database) == len(MIGRATIONS) + 1


@pytest.mark.slow
def test_old_ledgers_are_migrated_by_two_at_once(tmp_path: Path) -> None:
    paths = [copied(tmp_path / f"ledger-{place}") for place in range(30)]
    assert race(*[Opener(paths)] * 2) == [["3"] * len(paths)] * 2


def test_ledger_of_a_newer_release_is_refused_and_left_alone(old: Path) -> None:
    with Ledger(old):
        pass
    with closing(sqlite3.connect(old, isolation_level=None)) as database:
        migrate(database, old, (*MIGRATIONS, NEXT))
    before = old.read_bytes()
    with pytest.raises(AuthorityError) as caught:
        Ledger(old)
    newest = len(MIGRATIONS)
    assert str(caught.value) == (
        f"{old}: a newer release of phone_sim has written this ledger (version {newest + 1}; this release reads "
        f"versions up to {newest}): use that release"
    )
    assert old.read_bytes() == before
