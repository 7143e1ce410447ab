"""Orders: the terms that can be had, and that a license number tells them again."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_number import parse_number
from phone_sim.authority.orders import (
    QUANTITY_LIMIT,
    Order,
    check_last_day,
    check_quantity,
    check_site_serial,
    new_order,
    software_bits,
)
from phone_sim.errors import UsageError
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseType
from phone_sim.runtime.model_files import load_features
from tests.authority import NOW, entered, phone_order, site_order
from tests.make import H323, LDAP, MAC, SITE_SERIAL, USB_AUDIO, until

DAY = date(2026, 12, 31)


def test_phone_license_with_an_end_date_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match=r"individual phone license never expires \(B11\): only a site license"):
        check_last_day(LicenseType.PHONE, DAY)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_LIMIT + 1])
def test_quantity_out_of_range_is_refused(quantity: int) -> None:
    with pytest.raises(UsageError, match=f"the quantity is 1 to {QUANTITY_LIMIT}, not {quantity}"):
        check_quantity(LicenseType.PHONE, quantity)


def test_site_license_is_for_one_site() -> None:
    with pytest.raises(UsageError, match="its quantity is 1"):
        check_quantity(LicenseType.SITE, 2)


@pytest.mark.parametrize("day", [date(2006, 12, 31), date(2186, 6, 4), date.min, date.max])
def test_day_that_no_slot_can_say_is_refused(day: date) -> None:
    with pytest.raises(UsageError, match="its last day is 2007-01-01 to 2186-06-03"):
        check_last_day(LicenseType.SITE, day)


@pytest.mark.parametrize("day", [date(2007, 1, 1), date(2186, 6, 3), None])
def test_first_and_last_day_can_be_had(day: date | None) -> None:
    check_last_day(LicenseType.SITE, day)
    check_quantity(LicenseType.PHONE, QUANTITY_LIMIT)


def test_suite_and_features_are_ordered_by_name() -> None:
    features = load_features()
    assert software_bits("Productivity Suite", features) == (0, 1, 2, 3)
    assert software_bits("ldap", features) == (LDAP,)
    assert software_bits(" H323 , UsbAudio, corporate directory", features) == (USB_AUDIO, LDAP, H323)


@pytest.mark.parametrize("software", ["", ",", "LDAP,", "Office Suite"])
def test_unknown_software_is_refused_with_what_there_is(software: str) -> None:
    with pytest.raises(UsageError, match=r"is no software that can be ordered: .*Productivity Suite"):
        software_bits(software, load_features())


def ordered(license_type: LicenseType = LicenseType.PHONE, **terms: Any) -> Order:
    """A new order with these terms, the others as they mostly are."""
    usual: dict[str, Any] = {"software": "LDAP", "version": "3.3.0", "quantity": 1, "expires": None, "upgrade": False}
    return new_order(
        license_type=license_type, features=load_features(), at=NOW, **{"site_serial": None, **usual, **terms}
    )


def test_new_order_has_a_number_of_its_own() -> None:
    one, other = ordered(quantity=5), ordered(quantity=5)
    assert one.number == parse_number(one.number) != other.number
    assert one == replace(other, number=one.number)
    assert (one.bits, one.quantity, one.site_serial) == ((LDAP,), 5, None)


def test_site_without_a_serial_gets_a_new_one() -> None:
    serials = {ordered(LicenseType.SITE).site_serial for _ in range(3)}
    assert len(serials) == 3
    for serial in serials:
        check_site_serial(str(serial))
    assert ordered(LicenseType.SITE, site_serial=SITE_SERIAL).site_serial == SITE_SERIAL
    assert ordered(LicenseType.PHONE, site_serial=SITE_SERIAL).site_serial is None


@pytest.mark.parametrize(
    "terms",
    [
        {"license_type": LicenseType.SITE, "site_serial": "12"},
        {"license_type": LicenseType.SITE, "quantity": 2},
        {"expires": DAY},
        {"quantity": 0},
        {"version": "new"},
        {"software": "Office"},
    ],
)
def test_terms_that_no_license_has_make_no_order(terms: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ordered(**terms)


def test_site_serial_is_twelve_digits() -> None:
    for serial in ("", "12345", "0" * 12, "1" * 13, "٣" * 12, "00000000000A"):
        with pytest.raises(UsageError, match="is not a site serial"):
            check_site_serial(serial)


@pytest.mark.parametrize(
    "order",
    [
        phone_order(),
        replace(phone_order(*range(8), quantity=QUANTITY_LIMIT), software="Änderung; DROP TABLE orders", upgrade=True),
        site_order(),
        site_order(DAY),
        site_order(DAY, serial=None),
    ],
)
def test_number_identifies_all_of_its_order(order: Order, tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        entered(ledger, phone_order(), order, phone_order())
    with Ledger(tmp_path / "ledger") as again:
        assert again.order(order.number) == order
        assert again.orders()[1] == order
        assert again.order("another") is None


def test_key_says_what_was_ordered() -> None:
    own = phone_order(USB_AUDIO, LDAP).key(MAC.serial)
    assert own.type is LicenseType.PHONE
    assert own.serial == MAC.serial
    assert [(grant.bit, grant.expiry) for grant in own.grants] == [(USB_AUDIO, NEVER), (LDAP, NEVER)]
    of_site = site_order(DAY).key(SITE_SERIAL)
    assert of_site.type is LicenseType.SITE
    assert [grant.expiry for grant in of_site.grants] == [until("2026-12-31")]
