"""License keys as values: their forms, what they grant, and the bytes that are signed (D1 to D4, B11)."""

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import SLOTS, Grant, LicenseKey, LicenseType, Malformed, new_key, read_key
from tests.make import LDAP, MAC, SITE_SERIAL, USB_AUDIO, signed_key, until

GOOD = signed_key({USB_AUDIO: until("2026-03-10"), LDAP: NEVER}).attributes()
PHONE = signed_key().attributes()


def malformed(attributes: Mapping[str, str]) -> Malformed:
    found = read_key(attributes)
    assert isinstance(found, Malformed)
    return found


def test_attributes_are_in_file_order_and_width() -> None:
    assert list(GOOD) == ["Serial", "Version", "Type", "Options", "Duration", "Validation"]
    assert {name: len(value) for name, value in GOOD.items()} == {
        "Serial": 12,
        "Version": 3,
        "Type": 4,
        "Options": 8,
        "Duration": 112,
        "Validation": 512,
    }


def test_slot_zero_is_rightmost() -> None:
    assert GOOD["Options"] == "00000005"
    assert GOOD["Duration"] == "0" * 100 + f"FFFE0000{until('2026-03-10').slot:04X}"


@pytest.mark.slow
@given(
    st.from_regex(r"[0-9A-F]{12}", fullmatch=True),
    st.dictionaries(st.integers(0, SLOTS - 1), st.builds(Expiry, st.integers(1, 0xFFFE)), min_size=1),
)
def test_site_key_reads_back_what_it_grants(serial: str, grants: dict[int, Expiry]) -> None:
    key = new_key(serial=serial, license_type=LicenseType.SITE, grants=grants).signed(bytes(256))
    assert read_key(key.attributes()) == key
    assert key.grants == tuple(Grant(bit=bit, expiry=grants[bit]) for bit in sorted(grants))


@pytest.mark.parametrize(
    ("serial", "license_type", "grants"),
    [
        (MAC.serial, LicenseType.PHONE, {}),
        (MAC.serial, LicenseType.PHONE, {LDAP: Expiry(1)}),
        (MAC.serial, LicenseType.PHONE, {USB_AUDIO: NEVER, LDAP: Expiry(0xFFFD)}),
        (MAC.serial, LicenseType.SITE, {SLOTS: NEVER}),
        (MAC.serial, LicenseType.SITE, {31: NEVER, LDAP: NEVER}),
        (MAC.serial, LicenseType.SITE, {32: NEVER}),
        (MAC.digits, LicenseType.PHONE, {LDAP: NEVER}),
        ("4F2AABBCC", LicenseType.PHONE, {LDAP: NEVER}),
        ("", LicenseType.SITE, {LDAP: NEVER}),
    ],
)
def test_key_that_no_phone_would_read_is_not_made(
    serial: str, license_type: LicenseType, grants: dict[int, Expiry]
) -> None:
    with pytest.raises(ValueError, match=r"Serial|Options|Duration"):
        new_key(serial=serial, license_type=license_type, grants=grants)


@pytest.mark.parametrize("name", list(GOOD))
def test_attribute_that_is_missing_or_empty_is_malformed(name: str) -> None:
    found = malformed({key: value for key, value in GOOD.items() if key != name})
    assert (found.attribute, found.reason) == (name, "is missing")
    assert malformed(GOOD | {name: ""}).attribute == name


@pytest.mark.parametrize("name", list(GOOD))
def test_value_has_one_spelling_only(name: str) -> None:
    value = GOOD[name]
    others = {value.lower(), value.upper(), value[1:], value[:-1], value + "0", "0" + value, f" {value}", f"{value}\n"}
    others |= {value.replace("0", "\uff10"), value.replace("0", "\u0660"), "0x" + value[2:], value.replace("0", "O")}
    for other in others - {value}:
        assert malformed(GOOD | {name: other}).attribute == name


@pytest.mark.parametrize("version", ["1.0", "2.1", "2", "2.00", "2,0", "2x0"])
def test_other_version_is_malformed(version: str) -> None:
    assert str(malformed(GOOD | {"Version": version})) == f"Version {version!r} is not 2.0"


def test_long_value_is_not_repeated() -> None:
    assert malformed(GOOD | {"Validation": "x" * 10_000}).reason.startswith("of 10000 characters is not 512")


@pytest.mark.parametrize(
    ("base", "changes", "reason"),
    [
        (GOOD, {"Options": "00000000"}, "Options grants nothing"),
        (GOOD, {"Options": "10000000"}, "Options grants bit 28, Duration has slots for 0 to 27"),
        (GOOD, {"Options": "80000001"}, "Options grants bit 31, Duration has slots for 0 to 27"),
        (GOOD, {"Options": "00000002"}, "Duration holds 0000, not a day, in slot 1, which Options grants"),
        (GOOD, {"Options": "00000001", "Duration": "F" * 112}, "Duration holds FFFF, not a day, in slot 0"),
        (PHONE, {"Options": "00000001", "Duration": "0" * 108 + "15B1"}, "an end date in slot 0, but a phone license"),
        (PHONE, {"Options": "00000001", "Duration": "0" * 108 + "FFFD"}, "an end date in slot 0, but a phone license"),
    ],
)
def test_grant_that_cannot_be_is_malformed(base: dict[str, str], changes: dict[str, str], reason: str) -> None:
    assert reason in str(malformed(base | changes))


@pytest.mark.parametrize("slot", ["0000", "0001", "15B1", "FFFE", "FFFF"])
def test_slot_without_its_bit_counts_for_nothing(slot: str) -> None:
    key = read_key(PHONE | {"Duration": slot * 25 + "FFFE" + "0000" * 2})
    assert isinstance(key, LicenseKey)
    assert key.grants == (Grant(bit=LDAP, expiry=NEVER),)


def test_bits_without_a_name_are_granted() -> None:
    key = read_key(GOOD | {"Options": "0FFFFFFF", "Duration": "FFFE" * 28})
    assert isinstance(key, LicenseKey)
    assert [grant.bit for grant in key.grants] == list(range(28))


def test_other_attributes_are_passed_over() -> None:
    assert read_key(GOOD | {"Note": "x", "serial": "y"}) == read_key(GOOD)


@pytest.mark.parametrize(("name", "kind"), [("Phone", LicenseType.PHONE), ("Site", LicenseType.SITE), ("phone", None)])
def test_malformed_key_keeps_its_type(name: str, kind: LicenseType | None) -> None:
    assert malformed({"Type": name}).type is kind


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*GOOD, "Other"]), st.text(max_size=12) | st.sampled_from([*GOOD.values()])))
def test_any_attributes_are_a_key_or_malformed(attributes: dict[str, str]) -> None:
    found = read_key(attributes)
    assert isinstance(found, LicenseKey | Malformed)
    if isinstance(found, LicenseKey):
        assert found.attributes().items() <= attributes.items()


def test_signed_bytes_are_a_tag_and_five_values_behind_their_lengths() -> None:
    key = signed_key({LDAP: NEVER}, serial=SITE_SERIAL)
    assert key.signed_bytes() == (
        b"phone_sim license key\x00"
        b"\x00\x0c000000012345"
        b"\x00\x032.0"
        b"\x00\x04Site"
        b"\x00\x0800000004"
        b"\x00\x70" + b"0" * 100 + b"FFFE00000000"
    )


def test_signature_is_not_part_of_what_is_signed() -> None:
    key = signed_key()
    assert key.signed(b"x").signed_bytes() == key.signed_bytes()


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.integers(0, SLOTS - 1), st.just(NEVER), min_size=1), min_size=2, unique_by=str))
def test_different_keys_have_different_signed_bytes(grants: list[dict[int, Expiry]]) -> None:
    keys = {new_key(serial=MAC.serial, license_type=LicenseType.PHONE, grants=granted) for granted in grants}
    assert len({hashlib.sha256(key.signed_bytes()).digest() for key in keys}) == len(keys)
