"""The trust rules of `phone_sim.licensing.verdict`, one by one and under every single changed bit."""

from collections.abc import Iterator, Mapping
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import LicenseFileError
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import read_for_phone, write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, Malformed, new_key
from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid, Valid, Verdict, judge
from phone_sim.runtime.trust_file import load_anchor
from tests.make import LDAP, MAC, SIGNING_KEY, SITE_SERIAL, USB_AUDIO, forged, signed_key, until

TODAY = date(2026, 3, 10)
ANCHOR = load_anchor()
PHONE_KEY = signed_key({LDAP: NEVER, USB_AUDIO: NEVER})
SITE_KEY = signed_key({LDAP: until("2026-03-10"), USB_AUDIO: NEVER})
OTHER_SERIAL = "0004F2AABBCD"


def verdict_on(attributes: Mapping[str, str], *, serial: str = MAC.serial, today: date | None = TODAY) -> Verdict:
    return judge(attributes, serial=serial, anchor=ANCHOR, today=today)


def sign_anyway(key: LicenseKey) -> dict[str, str]:
    """The attributes of a key with a good signature, whether the key itself can be or not."""
    return SIGNING_KEY.sign(key).attributes()


@pytest.mark.parametrize("key", [PHONE_KEY, SITE_KEY])
def test_genuine_key_is_valid(key: LicenseKey) -> None:
    assert verdict_on(key.attributes()) == Valid(key)


def flipped(data: bytes) -> Iterator[bytes]:
    for index in range(len(data)):
        for bit in range(8):
            yield data[:index] + bytes([data[index] ^ 1 << bit]) + data[index + 1 :]


@pytest.mark.parametrize("name", list(PHONE_KEY.attributes()))
@pytest.mark.parametrize("key", [PHONE_KEY, SITE_KEY], ids=["phone", "site"])
def test_no_value_survives_a_flipped_bit(key: LicenseKey, name: str) -> None:
    attributes = key.attributes()
    for changed in flipped(attributes[name].encode("ascii")):
        verdict = verdict_on(attributes | {name: changed.decode("latin-1")})
        assert isinstance(verdict, Malformed | SignatureNotValid | NotForThisPhone), changed


@pytest.mark.slow
@pytest.mark.parametrize("key", [PHONE_KEY, SITE_KEY], ids=["phone", "site"])
def test_no_value_survives_another_hexadecimal_digit(key: LicenseKey) -> None:
    attributes = key.attributes()
    for name in ("Serial", "Options", "Duration", "Validation"):
        value = attributes[name]
        for index, digit in enumerate(value):
            for other in set("0123456789ABCDEF") - {digit}:
                verdict = verdict_on(attributes | {name: value[:index] + other + value[index + 1 :]})
                assert isinstance(verdict, Malformed | SignatureNotValid | NotForThisPhone), (name, index, other)


@pytest.mark.slow
@pytest.mark.parametrize("key", [PHONE_KEY, SITE_KEY], ids=["phone", "site"])
def test_file_with_a_flipped_bit_grants_the_same_or_nothing(key: LicenseKey) -> None:
    still_valid = 0
    for data in flipped(write([key])):
        try:
            found = read_for_phone(data, MAC.serial)
        except LicenseFileError:
            continue
        for attributes in found.elements:
            verdict = verdict_on(attributes)
            if isinstance(verdict, Valid | Expired):
                assert verdict == Valid(key)
                still_valid += 1
    assert 0 < still_valid < 100  # only what is not signed: the declaration, blanks


@pytest.mark.slow
@given(st.data())
def test_file_cut_and_pasted_grants_the_same_or_nothing(data: st.DataObject) -> None:
    whole = write([PHONE_KEY, forged(SITE_KEY)])
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 30)))
    put = data.draw(st.sampled_from([b"", b"'", b" ", whole[end : end + 40], b" Options='0000000F'", b"<!--", b"0"]))
    try:
        found = read_for_phone(whole[:start] + put + whole[end:], MAC.serial)
    except LicenseFileError:
        return
    verdicts = [verdict_on(attributes) for attributes in found.elements]
    assert {verdict.key for verdict in verdicts if isinstance(verdict, Valid | Expired)} <= {PHONE_KEY}


@pytest.mark.parametrize(
    "validation",
    [
        "0" * 512,
        "F" * 512,
        SITE_KEY.attributes()["Validation"],
        PHONE_KEY.attributes()["Validation"][::-1],
        PHONE_KEY.attributes()["Validation"][2:] + "00",
        "00" + PHONE_KEY.attributes()["Validation"][:-2],
    ],
)
def test_signature_of_something_else_is_not_valid(validation: str) -> None:
    assert isinstance(verdict_on(PHONE_KEY.attributes() | {"Validation": validation}), SignatureNotValid)


@pytest.mark.parametrize("change", [slice(2, None), slice(None, -2), slice(0)])
def test_truncated_signature_is_malformed(change: slice) -> None:
    verdict = verdict_on(PHONE_KEY.attributes() | {"Validation": PHONE_KEY.attributes()["Validation"][change]})
    assert isinstance(verdict, Malformed)


def test_extended_or_lower_case_signature_is_malformed() -> None:
    genuine = PHONE_KEY.attributes()["Validation"]
    for validation in (genuine + "00", "00" + genuine, genuine.lower()):
        assert isinstance(verdict_on(PHONE_KEY.attributes() | {"Validation": validation}), Malformed)


def test_signature_of_another_authority_is_not_valid() -> None:
    other = SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    assert isinstance(verdict_on(other.sign(PHONE_KEY).attributes()), SignatureNotValid)


@pytest.mark.parametrize(
    "changes",
    [
        {"Options": "0000000F", "Duration": "FFFE" * 28},
        {"Options": "00000004"},
        {"Duration": "FFFE" * 28},
        {"Type": "Site"},
        {"Type": "Site", "Serial": SITE_SERIAL},
    ],
)
def test_edited_key_is_not_valid(changes: dict[str, str]) -> None:
    assert isinstance(verdict_on(PHONE_KEY.attributes() | changes), SignatureNotValid)


def test_prolonged_site_license_is_not_valid() -> None:
    longer = new_key(
        serial=SITE_SERIAL, license_type=LicenseType.SITE, grants={LDAP: until("2027-03-10"), USB_AUDIO: NEVER}
    )
    attributes = SITE_KEY.attributes() | {"Duration": longer.duration}
    assert isinstance(verdict_on(attributes), SignatureNotValid)


def test_key_copied_to_another_phone_is_not_valid() -> None:
    """Whoever edits the serial breaks the signature; whoever does not has a key for another phone (B11)."""
    moved = PHONE_KEY.attributes() | {"Serial": OTHER_SERIAL}
    assert isinstance(verdict_on(moved, serial=OTHER_SERIAL), SignatureNotValid)
    assert verdict_on(PHONE_KEY.attributes(), serial=OTHER_SERIAL) == NotForThisPhone(MAC.serial)


def test_site_license_made_a_phone_license_is_not_valid() -> None:
    site = signed_key({LDAP: NEVER}, serial=SITE_SERIAL).attributes()
    assert isinstance(verdict_on(site | {"Type": "Phone", "Serial": MAC.serial}), SignatureNotValid)


@pytest.mark.slow
@given(st.from_regex(r"[0-9A-F]{12}", fullmatch=True))
def test_site_license_is_for_any_phone(serial: str) -> None:
    assert verdict_on(SITE_KEY.attributes(), serial=serial) == Valid(SITE_KEY)


@pytest.mark.parametrize(
    "changes",
    [{}, {"Validation": "0" * 512}, {"Validation": "garbage"}, {"Options": "x"}, {"Version": "9"}, {"Type": "phone"}],
)
def test_key_for_another_is_skipped_before_it_is_looked_at(changes: dict[str, str]) -> None:
    attributes = PHONE_KEY.attributes() | {"Serial": OTHER_SERIAL} | changes
    assert verdict_on(attributes) == NotForThisPhone(OTHER_SERIAL)
    assert verdict_on({"Serial": OTHER_SERIAL}) == NotForThisPhone(OTHER_SERIAL)
    assert verdict_on({}) == NotForThisPhone("")


@pytest.mark.parametrize("serial", [MAC.digits, "0004f2AABBCC"])
def test_own_serial_in_lower_case_is_malformed_not_foreign(serial: str) -> None:
    verdict = verdict_on(PHONE_KEY.attributes() | {"Serial": serial})
    assert isinstance(verdict, Malformed)
    assert verdict.attribute == "Serial"


def test_phone_license_with_an_end_is_refused_though_signed() -> None:
    key = LicenseKey(serial=MAC.serial, type=LicenseType.PHONE, options="00000004", duration="0" * 100 + "FFFD00000000")
    verdict = verdict_on(sign_anyway(key))
    assert isinstance(verdict, Malformed)
    assert "a phone license never expires" in verdict.reason


@pytest.mark.parametrize("slot", ["0000", "FFFF"])
def test_granted_slot_without_a_day_is_refused_though_signed(slot: str) -> None:
    key = LicenseKey(
        serial=SITE_SERIAL, type=LicenseType.SITE, options="00000004", duration=f"{'0' * 100}{slot}00000000"
    )
    assert isinstance(verdict_on(sign_anyway(key)), Malformed)


def test_unknown_bits_are_granted_and_void_nothing() -> None:
    key = signed_key({4: NEVER, 5: NEVER, 27: NEVER, LDAP: NEVER})
    assert verdict_on(key.attributes()) == Valid(key)


@pytest.mark.parametrize(
    ("today", "verdict"),
    [
        (None, Valid),
        (date(1970, 1, 1), Valid),
        (date(2026, 3, 9), Valid),
        (date(2026, 3, 10), Valid),
        (date(2026, 3, 11), Expired),
        (date.max, Expired),
    ],
)
def test_site_license_is_expired_from_the_day_after_its_last(
    today: date | None, verdict: type[Valid | Expired]
) -> None:
    key = signed_key({LDAP: until("2026-03-10"), USB_AUDIO: until("2026-03-09")})
    assert verdict_on(key.attributes(), today=today) == verdict(key)


def test_license_with_one_grant_left_is_valid() -> None:
    assert verdict_on(SITE_KEY.attributes(), today=date(2100, 1, 1)) == Valid(SITE_KEY)


def test_forged_key_that_is_over_is_forged() -> None:
    verdict = verdict_on(forged(signed_key({LDAP: until("2020-01-01")})).attributes())
    assert isinstance(verdict, SignatureNotValid)


@pytest.mark.slow
@given(
    st.dictionaries(
        st.sampled_from([*PHONE_KEY.attributes()]),
        st.text(max_size=12) | st.sampled_from([*PHONE_KEY.attributes().values(), "0" * 512, "F" * 112, "Site"]),
    )
)
def test_any_attributes_have_a_verdict(changes: dict[str, str]) -> None:
    verdict = verdict_on(PHONE_KEY.attributes() | changes)
    if isinstance(verdict, Valid | Expired):
        assert verdict.key == PHONE_KEY
