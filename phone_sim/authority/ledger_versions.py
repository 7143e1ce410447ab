"""The versions of a ledger's tables. A release that needs other tables appends a migration and changes no earlier one.

SQLite keeps a number of ours in each file (`PRAGMA user_version`): how many migrations it has had. It is 0 in a new
file and in those of release 0.1, which wrote none; the first migration makes of both what 0.1 wrote.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from phone_sim.errors import AuthorityError

Migration = tuple[str, ...]
"""The statements that make the tables of one version into those of the next."""

_AS_IN_RELEASE_0_1: Migration = (
    """
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
) STRICT
""",
    """
CREATE TABLE IF NOT EXISTS redemptions (
    place INTEGER PRIMARY KEY,
    number TEXT NOT NULL REFERENCES orders (number),
    serial TEXT NOT NULL,
    redeemed_at TEXT NOT NULL,
    requester TEXT NOT NULL,
    UNIQUE (number, serial)
) STRICT
""",
    "CREATE INDEX IF NOT EXISTS redemptions_by_serial ON redemptions (serial)",
)
MIGRATIONS: tuple[Migration, ...] = (_AS_IN_RELEASE_0_1,)
"""From an empty file to the newest version."""


def migrate(database: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a ledger to the newest version, all of it in one transaction; one process does so, others wait for it.

    Raises:
        AuthorityError: a newer release has written the ledger, which is left as it is.
        sqlite3.Error: it cannot be read or written, and is as it was.
    """
    newest = len(migrations)
    if _version(database, path, newest) == newest:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it meanwhile.
        for migration in migrations[_version(database, path, newest) :]:
            for statement in migration:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {newest}")
        database.execute("COMMIT")
    finally:
        if database.in_transaction:
            database.execute("ROLLBACK")


def _version(database: sqlite3.Connection, path: Path, newest: int) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if not 0 <= version <= newest:
        raise AuthorityError(
            f"{path}: a newer release of phone_sim has written this ledger (version {version}; this release reads "
            f"versions up to {newest}): use that release"
        )
    return int(version)
