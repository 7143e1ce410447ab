"""A license authority, with and without a folder; its files are written whole, or an error and nothing left behind."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time

from phone_sim.authority.license_authority import LicenseAuthority, create_authority, open_authority, write_files
from phone_sim.errors import AuthorityError, MacAddressError, RedemptionRefusedError, UsageError
from phone_sim.file_modes import PUBLISHED
from phone_sim.licensing.license_file import read_all, read_for_phone
from phone_sim.licensing.license_key import LicenseType
from phone_sim.licensing.verdict import Expired, SignatureNotValid, Valid, Verdict, judge
from phone_sim.mac_address import MacAddress
from tests.authority import ASKS, NOW
from tests.make import MAC, SITE_FILE

PHONE_FILE = f"{MAC}-license.cfg"


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[LicenseAuthority]:
    create_authority(tmp_path / "authority")
    with open_authority(str(tmp_path / "authority")) as authority:
        yield authority


@pytest.fixture(params=["on the spot", "in a folder"])
def authority(request: pytest.FixtureRequest) -> LicenseAuthority:
    if request.param == "on the spot":
        return LicenseAuthority()
    found: LicenseAuthority = request.getfixturevalue("in_folder")
    return found


def verdicts(file: bytes, authority: LicenseAuthority, today: date | None = None) -> list[Verdict]:
    """What the phone at `MAC`, which trusts the authority, says of each key for it."""
    elements = read_for_phone(file, MAC.serial).elements
    return [judge(element, serial=MAC.serial, anchor=authority.anchor, today=today) for element in elements]


def test_phone_takes_a_license_of_the_authority_that_it_trusts(authority: LicenseAuthority) -> None:
    (verdict,) = verdicts(authority.license(MAC, "LDAP"), authority)
    assert isinstance(verdict, Valid)
    assert verdict.key.serial == MAC.serial
    assert authority.license(str(MAC), "ldap") == authority.license(MAC, "LDAP")
    (verdict,) = verdicts(authority.license(MAC, "LDAP"), LicenseAuthority())
    assert isinstance(verdict, SignatureNotValid)


def test_site_license_ends_after_its_last_day(authority: LicenseAuthority) -> None:
    file = authority.site_license("2026-12-31", "Productivity Suite")
    assert file == authority.site_license(date(2026, 12, 31), "Productivity Suite")
    (on_it,), (after,) = (verdicts(file, authority, today) for today in (date(2026, 12, 31), date(2027, 1, 1)))
    assert isinstance(on_it, Valid)
    assert isinstance(after, Expired)


def test_forged_file_has_the_same_keys_and_no_valid_signature(authority: LicenseAuthority) -> None:
    file = authority.license(MAC, "LDAP")
    (genuine,), (forged,) = verdicts(file, authority), verdicts(authority.forge(file), authority)
    assert isinstance(genuine, Valid)
    assert isinstance(forged, SignatureNotValid)
    assert forged.key.grants == genuine.key.grants


@pytest.mark.slow
def test_order_is_redeemed_once_and_makes_the_file(in_folder: LicenseAuthority) -> None:
    order = in_folder.order("LDAP", at=NOW)
    assert in_folder.redeem(order.number, MAC, requester=ASKS, at=NOW) == MAC.serial
    (redemption,) = in_folder.ledger.redemptions(number=order.number)
    assert (redemption.requester, redemption.redeemed_at) == (ASKS, NOW)
    with pytest.raises(RedemptionRefusedError, match="already redeemed"):
        in_folder.redeem(order.number, "0004f2000002")
    files = in_folder.activation_files([MAC.serial])
    assert files == {PHONE_FILE: in_folder.license(MAC, "LDAP")}


@pytest.mark.slow
def test_order_and_redemption_are_of_the_present_time_without_another(in_folder: LicenseAuthority) -> None:
    with freeze_time(NOW) as frozen:
        order = in_folder.order("LDAP")
        frozen.tick(timedelta(days=1))
        in_folder.redeem(order.number, MAC)
    (redemption,) = in_folder.ledger.redemptions(number=order.number)
    assert (order.ordered_at, redemption.redeemed_at) == (NOW, NOW + timedelta(days=1))


@pytest.mark.slow
def test_site_order_is_redeemed_for_the_site_it_names(in_folder: LicenseAuthority) -> None:
    order = in_folder.order("Productivity Suite", license_type=LicenseType.SITE, expires=date(2026, 12, 31))
    assert order.site_serial is not None
    assert in_folder.redeem(order.number) == order.site_serial
    expected = in_folder.site_license("2026-12-31", "Productivity Suite", serial=order.site_serial)
    assert in_folder.activation_files([order.site_serial]) == {SITE_FILE: expected}


@pytest.mark.slow
def test_phone_order_is_not_redeemed_without_a_mac(in_folder: LicenseAuthority) -> None:
    number = in_folder.order("LDAP").number
    with pytest.raises(MacAddressError):
        in_folder.redeem(number)
    assert in_folder.ledger.redemptions() == ()


@pytest.mark.slow
def test_order_with_terms_that_no_license_has_is_not_entered(in_folder: LicenseAuthority) -> None:
    with pytest.raises(UsageError, match="individual phone license never expires"):
        in_folder.order("LDAP", expires=date(2026, 12, 31))
    assert in_folder.ledger.orders() == ()


def test_one_file_is_for_several_phones(authority: LicenseAuthority) -> None:
    """B6: a phone activates only its own keys."""
    other = MacAddress("0004f2aabbcd")
    file = authority.file_for([MAC, str(other), MAC], "LDAP")
    assert [key["Serial"] for key in read_all(file)] == [MAC.serial, other.serial]
    assert [type(verdict) for verdict in verdicts(file, authority)] == [Valid]
    assert authority.file_for([MAC]) == authority.license(MAC, "Productivity Suite")
    with pytest.raises(UsageError, match="at least one phone"):
        authority.file_for([])


def test_one_file_of_the_ledger_has_all_keys_of_its_phones(in_folder: LicenseAuthority) -> None:
    other = MacAddress("0004f2aabbcd")
    number = in_folder.order("LDAP", quantity=2).number
    for redeemed, mac in ((number, MAC), (number, other), (in_folder.order("H323").number, MAC)):
        in_folder.redeem(redeemed, mac)
    serials = [MAC.serial, other.serial]
    own, others = in_folder.activation_files(serials).values()
    assert read_all(in_folder.activation_file(serials)) == (*read_all(own), *read_all(others))
    with pytest.raises(AuthorityError, match="nothing was redeemed for 000000000001"):
        in_folder.activation_file([MAC.serial, "000000000001"])


def test_authority_without_a_folder_says_what_takes_orders() -> None:
    authority = LicenseAuthority()
    for ask in (
        lambda: authority.order("LDAP"),
        lambda: authority.redeem("0" * 16, MAC),
        lambda: authority.activation_files([MAC.serial]),
        lambda: authority.activation_file([MAC.serial]),
    ):
        with pytest.raises(AuthorityError, match="keeps no ledger: use one in a folder, with open_authority"):
            ask()


def test_folder_of_files_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "boot" / "licenses"
    for data in (b"old", b"new"):
        assert write_files({"a-license.cfg": data}, folder, PUBLISHED) == (folder / "a-license.cfg",)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a-license.cfg": data}


def test_file_that_cannot_be_replaced_is_an_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a-license.cfg"
    in_the_way.mkdir()
    with pytest.raises(AuthorityError, match="directory"):
        write_files({in_the_way.name: b"new"}, tmp_path, PUBLISHED)
    assert list(tmp_path.iterdir()) == [in_the_way]
