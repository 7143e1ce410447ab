"""The ledger: what is redeemed once, what is refused, and what a damaged file does."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from phone_sim.authority.activation import redeem_phone, redeem_site
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_number import new_number
from phone_sim.authority.orders import Redemption
from phone_sim.errors import AuthorityError, UsageError
from phone_sim.licensing.license_key import LicenseType
from tests.authority import ASKS, NOW, counted, entered, phone_order, phones, site_order
from tests.make import H323, LDAP, MAC, SITE_SERIAL


def redeem(ledger: Ledger, number: str, mac: str = "0004f2aabbcc") -> None:
    """Redeem a number for a phone."""
    redeem_phone(ledger, number, replace(MAC, digits=mac), at=NOW, requester=ASKS)


def test_write_ahead_log_is_on(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger"), closing(sqlite3.connect(tmp_path / "ledger")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_number_is_redeemed_once(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        number = entered(ledger, phone_order())
        redeem(ledger, number)
        for mac in ("0004f2aabbcc", "0004f2aabbcd"):
            with pytest.raises(AuthorityError, match=f"{number} is not redeemed: already redeemed"):
                redeem(ledger, number, mac)
    assert counted(tmp_path / "ledger") == {number: (1, 1)}


def test_number_for_several_is_redeemed_for_each_once(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        number = entered(ledger, phone_order(quantity=2))
        redeem(ledger, number, "0004f2000001")
        with pytest.raises(AuthorityError, match="already redeemed"):
            redeem(ledger, number, "0004f2000001")
        redeem(ledger, number, "0004f2000002")
        with pytest.raises(AuthorityError, match="quantity used up"):
            redeem(ledger, number, "0004f2000003")


def test_what_a_requester_redeemed_is_found_by_its_terms(tmp_path: Path) -> None:
    first, second, other, foreign = phone_order(quantity=2), phone_order(quantity=2), phone_order(H323), phone_order()
    day = date(2030, 1, 1)
    site, for_ever = site_order(day, serial="123456789012"), site_order(serial="123456789013")
    with Ledger(tmp_path / "ledger") as ledger:
        entered(ledger, first, second, other, foreign, site, for_ever)
        for order, serial in ((second, 2), (first, 1), (first, 2), (other, 3)):
            redeem_phone(ledger, order.number, phones(3)[serial - 1], at=NOW, requester=ASKS)
        redeem_phone(ledger, foreign.number, phones(3)[2], at=NOW, requester="somebody@example.org")
        for each in (site, for_ever):
            redeem_site(ledger, each.number, None, at=NOW, requester=ASKS)
        found = ledger.redeemed_by(ASKS, license_type=LicenseType.PHONE, bits=(LDAP,), expires=None)
        assert found == {"0004F2000002": second.number, "0004F2000001": first.number}
        found = ledger.redeemed_by(ASKS, license_type=LicenseType.SITE, bits=(LDAP,), expires=day)
        assert found == {"123456789012": site.number}


def test_unknown_and_mistyped_numbers_are_told_apart(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        with pytest.raises(AuthorityError, match="unknown number"):
            redeem(ledger, new_number())
        with pytest.raises(UsageError, match="mistyped"):
            redeem(ledger, "A" * 14)
        with pytest.raises(AuthorityError, match="unknown number"):
            redeem_site(ledger, new_number(), None, at=NOW, requester=ASKS)


def test_number_of_the_other_license_type_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        own, of_site = entered(ledger, phone_order()), entered(ledger, site_order())
        with pytest.raises(AuthorityError, match="wrong license type"):
            redeem(ledger, of_site)
        for serial in (None, SITE_SERIAL):
            with pytest.raises(AuthorityError, match="wrong license type"):
                redeem_site(ledger, own, serial, at=NOW, requester=ASKS)
        assert ledger.redemptions() == ()


def test_site_number_is_for_its_site(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        number = entered(ledger, site_order())
        with pytest.raises(AuthorityError, match="wrong site serial"):
            redeem_site(ledger, number, "000000000001", at=NOW, requester=ASKS)
        with pytest.raises(UsageError, match="is not a site serial"):
            redeem_site(ledger, number, "1", at=NOW, requester=ASKS)
        assert redeem_site(ledger, number, None, at=NOW, requester=ASKS) == SITE_SERIAL
        with pytest.raises(AuthorityError, match="already redeemed"):
            redeem_site(ledger, number, SITE_SERIAL, at=NOW, requester=ASKS)


def test_redemptions_are_there_after_reopening(tmp_path: Path) -> None:
    orders = [phone_order(quantity=3), phone_order()]
    wishes = [
        Redemption(number=order.number, serial=mac.serial, redeemed_at=NOW, requester=ASKS)
        for order, mac in zip([orders[0], orders[1], orders[0]], phones(3), strict=True)
    ]
    with Ledger(tmp_path / "ledger") as ledger:
        entered(ledger, *orders)
        for wish, mac in zip(wishes, phones(3), strict=True):
            redeem(ledger, wish.number, mac.digits)
    with Ledger(tmp_path / "ledger") as again:
        assert again.orders() == tuple(orders)
        assert again.redemptions() == tuple(wishes)
        assert again.redemptions(number=orders[0].number) == (wishes[0], wishes[2])
        assert again.redemptions(serial=phones(2)[1].serial) == (wishes[1],)
        assert again.redemptions(number=orders[1].number, serial=phones(1)[0].serial) == ()


def test_change_that_fails_half_way_is_undone(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:

        def interrupted() -> None:
            with ledger.writing():
                ledger.add(phone_order())
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        same = phone_order()
        with pytest.raises(AuthorityError, match="nothing was written"):
            entered(ledger, phone_order(), same, same)
        assert ledger.orders() == ()
        entered(ledger, same)
        assert ledger.orders() == (same,)


def test_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    for name, data in {"text": b"no database at all" * 100, "cut": b"SQLite format 3\x00" + bytes(200)}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(AuthorityError, match=f"{name}: the ledger cannot be opened"):
            Ledger(tmp_path / name)
        assert (tmp_path / name).read_bytes() == data
    with pytest.raises(AuthorityError, match="the ledger cannot be opened"):
        Ledger(tmp_path / "absent" / "ledger")


def test_damaged_ledger_gives_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        entered(ledger, *(phone_order() for _ in range(500)))
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xaa" * (len(data) - 8192)
    path.write_bytes(data)
    with Ledger(path) as ledger:
        for call in (ledger.orders, lambda: ledger.order("A"), lambda: redeem(ledger, new_number())):
            with pytest.raises(AuthorityError, match="malformed"):
                call()


def test_database_of_others_gives_an_error_and_no_crash(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs")) as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    with Ledger(tmp_path / "theirs") as ledger:
        with pytest.raises(AuthorityError, match="no such column"):
            ledger.orders()
        with pytest.raises(AuthorityError, match="nothing was written"):
            entered(ledger, phone_order())
