"""Flash as bytes: the same again, or damaged (B11, field notes 4.5)."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import FlashDamagedError
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.flash import FlashContents, decode, encode
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from tests.make import LDAP, MAC, of, signed_key, until

FULL = FlashContents(
    keys=(signed_key(), signed_key({LDAP: until("2026-03-10")})),
    parameters=of({"license.polling.time": "03:00", "\xe9": "\u4e2d\n"}),
    boot_server="http://u:p@boot.example/",
    booted_before=True,
    contacts=(Contact(last_name="Doe", first_name="\xe9", number="1001", more=(("sd", "1"),)),),
    new_contacts=(Contact(last_name="", first_name="", number="1"),),
    firmware="4.0.12.0926",
)
PHONE_KEYS = st.builds(
    lambda bits, signature: new_key(
        serial=MAC.serial, license_type=LicenseType.PHONE, grants=dict.fromkeys(bits, NEVER)
    ).signed(signature),
    st.sets(st.integers(0, 27), min_size=1),
    st.binary(min_size=256, max_size=256),
)


@pytest.mark.slow
@given(st.lists(PHONE_KEYS, max_size=3), st.dictionaries(st.text(), st.text(), max_size=4), st.text(), st.booleans())
def test_what_was_encoded_is_decoded(
    keys: list[LicenseKey], values: dict[str, str], boot_server: str, booted_before: bool
) -> None:
    contents = FlashContents(
        keys=tuple(keys), parameters=of(values), boot_server=boot_server, booted_before=booted_before
    )
    assert decode(encode(contents)) == contents
    assert encode(decode(encode(contents))) == encode(contents)


def test_blank_flash_is_the_same_again() -> None:
    assert decode(encode(FlashContents())) == FlashContents()
    assert decode(encode(FULL)) == FULL


@pytest.mark.slow
def test_every_flipped_bit_is_damage() -> None:
    data = bytearray(encode(FULL))
    for index in range(len(data)):
        for bit in range(8):
            data[index] ^= 1 << bit
            with pytest.raises(FlashDamagedError):
                decode(bytes(data))
            data[index] ^= 1 << bit
    assert decode(bytes(data)) == FULL


def test_every_truncation_and_addition_is_damage() -> None:
    data = encode(FULL)
    for length in range(len(data)):
        with pytest.raises(FlashDamagedError):
            decode(data[:length])
    for more in (b"\0", b"\n", b" ", data):
        with pytest.raises(FlashDamagedError):
            decode(data + more)


FIELDS = {"boot_server": "", "booted_before": False, "keys": [], "parameters": {}}


def with_checksum(body: bytes) -> bytes:
    return b"phone_sim flash 1 " + hashlib.sha256(body).hexdigest().encode() + b"\n" + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff",
        b"1" * 10_000,
        json.dumps(FIELDS | {"keys": 1}).encode(),
        json.dumps(FIELDS | {"keys": ["x"]}).encode(),
        json.dumps(FIELDS | {"keys": [{}]}).encode(),
        json.dumps(FIELDS | {"keys": [signed_key().attributes() | {"Serial": 1}]}).encode(),
        json.dumps(FIELDS | {"keys": [signed_key().attributes() | {"Options": "00000000"}]}).encode(),
        json.dumps(FIELDS | {"parameters": []}).encode(),
        json.dumps(FIELDS | {"contacts": 1}).encode(),
        json.dumps(FIELDS | {"contacts": [["Doe", "John"]]}).encode(),
        json.dumps({name: value for name, value in FIELDS.items() if name != "boot_server"}).encode(),
    ],
)
def test_wrong_form_under_a_good_checksum_is_damage(body: bytes) -> None:
    with pytest.raises(FlashDamagedError, match="the form is wrong"):
        decode(with_checksum(body))


def test_right_form_under_a_good_checksum_is_blank_flash() -> None:
    assert decode(with_checksum(json.dumps(FIELDS).encode())) == FlashContents()


@pytest.mark.slow
@given(st.binary(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_any_bytes_are_flash_or_damage(data: bytes, value: object) -> None:
    documents = [json.dumps(FIELDS | {name: value}).encode() for name in FIELDS]
    for whole in (data, with_checksum(data), *map(with_checksum, documents)):
        try:
            decode(whole)
        except FlashDamagedError:
            continue
