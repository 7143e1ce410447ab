"""Activation files: their form, what is read of them for one phone, and what is refused (B6, D1)."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from phone_sim.errors import LicenseFileError
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import KEY_LIMIT, KEYS_OF_A_FILE, SIZE_LIMIT, read_all, read_for_phone, write
from phone_sim.licensing.license_key import SLOTS, LicenseKey, LicenseType, new_key, read_key
from phone_sim.licensing.verdict import is_for_phone
from tests.make import LDAP, MAC, SITE_SERIAL, USB_AUDIO, copies, element, forged, signed_key, until

SERIALS = st.from_regex(r"[0-9A-F]{12}", fullmatch=True)
SIGNATURES = st.binary(min_size=256, max_size=256)
BITS = st.integers(0, SLOTS - 1)
SITE_KEYS = st.builds(
    lambda serial, grants, signature: new_key(serial=serial, license_type=LicenseType.SITE, grants=grants).signed(
        signature
    ),
    SERIALS,
    st.dictionaries(BITS, st.builds(Expiry, st.integers(1, 0xFFFE)), min_size=1),
    SIGNATURES,
)
PHONE_KEYS = st.builds(
    lambda serial, bits, signature: new_key(
        serial=serial, license_type=LicenseType.PHONE, grants=dict.fromkeys(bits, NEVER)
    ).signed(signature),
    SERIALS | st.just(MAC.serial),
    st.sets(BITS, min_size=1),
    SIGNATURES,
)
KEYS = st.lists(SITE_KEYS | PHONE_KEYS, max_size=6, unique=True)


@pytest.mark.slow
@given(KEYS)
@settings(max_examples=100)
def test_what_was_written_is_read_again(keys: list[LicenseKey]) -> None:
    data = write(keys)
    assert [read_key(attributes) for attributes in read_all(data)] == keys
    mine = [key for key in keys if key.type is LicenseType.SITE or key.serial == MAC.serial]
    found = read_for_phone(data, MAC.serial)
    assert [read_key(attributes) for attributes in found.elements] == mine
    assert found.skipped == len(keys) - len(mine)


def test_form_is_that_of_real_files_byte_for_byte() -> None:
    key = signed_key({USB_AUDIO: until("2022-03-15"), LDAP: NEVER})
    validation = key.validation.hex().upper()
    data = write([key])
    assert data == (
        "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n"
        "<licenses><licenseKey Serial='000000012345' Version='2.0' Type='Site' Options='00000005' "
        f"Duration='{'0' * 100}FFFE000015B1' Validation='{validation}'/></licenses>"
    ).encode("ascii")
    assert len(data) == 812  # as the real one (field notes 6.1)


def test_key_that_is_given_twice_is_written_once() -> None:
    """The vendor's files have no two elements alike (D24)."""
    site, own = signed_key({LDAP: NEVER}, serial=SITE_SERIAL), signed_key()
    assert write([site, own, site]) == write([site, own])
    assert len(read_all(copies([site] * 2))) == 2


def test_file_without_keys_is_one() -> None:
    assert write([]).endswith(b"?>\n<licenses></licenses>")
    assert read_all(write([])) == ()
    assert read_for_phone(b"<licenses/>", MAC.serial).elements == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<?xml version='1.0' standalone='yes'?>", "not well-formed"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"<html><body>Not Found</body></html>", "HTML page"),
        (b"<APPLICATION/>", "root element is APPLICATION, not licenses"),
        (b"<Licenses/>", "root element is Licenses"),
        (b"<licenses xmlns='urn:x'/>", "not licenses"),
        (write([signed_key()])[:-1], "not well-formed"),
        (write([signed_key()])[:400], "not well-formed"),
        (write([signed_key()]) * 2, "not well-formed"),
        (b"x" * (SIZE_LIMIT + 1), f"more than {SIZE_LIMIT} bytes"),
    ],
)
def test_what_is_no_activation_file_is_refused(data: bytes, reason: str) -> None:
    for read in (read_all, lambda given: read_for_phone(given, MAC.serial)):
        with pytest.raises(LicenseFileError, match=reason):
            read(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text.replace("ISO-8859-1", "UTF-8"),
        lambda text: text.replace("\n", "\r\n").replace("><", ">\r\n  <"),
        lambda text: text.replace("'", '"'),
        lambda text: text.partition("\n")[2],
        lambda text: text + "\n",
        lambda text: text.replace("><", "><!-- comment --><?instruction?><"),
        lambda text: text.replace("/>", "></licenseKey>"),
        lambda text: text.replace("><", ">text<").replace("='", " = '"),
        lambda text: text.replace("<licenses>", "<licenses Version='9'>"),
        lambda text: text.replace("/></licenses>", " Note='\xe9'/></licenses>").replace("ISO-8859-1", "UTF-8"),
        lambda text: text.replace("'2.0'", "'&#50;.0'"),
    ],
)
def test_other_markup_says_the_same(change: object) -> None:
    assert callable(change)
    key = signed_key()
    data: bytes = change(write([key]).decode()).encode()
    assert [read_key(attributes) for attributes in read_for_phone(data, MAC.serial).elements] == [key]


@pytest.mark.parametrize(
    "data",
    [
        b"<licenses><other><licenseKey Type='Site'/></other></licenses>",
        b"<licenses><LicenseKey Type='Site'/></licenses>",
        b"<licenses><x:licenseKey xmlns:x='urn:x' Type='Site'/></licenses>",
        b"<licenses Type='Site'/>",
        b"<licenses><licenseKey x:Type='Site' xmlns:x='urn:x'/></licenses>",
    ],
)
def test_element_elsewhere_is_no_key(data: bytes) -> None:
    assert read_for_phone(data, MAC.serial).elements == ()


def test_other_elements_are_not_counted_as_keys() -> None:
    found = read_for_phone(b"<licenses><note/><licenseKey/><licenseKey Type='Site'/></licenses>", MAC.serial)
    assert (len(found.elements), found.skipped) == (1, 1)


VALUES = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C"]), max_size=14)


@pytest.mark.slow
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "Serial": VALUES | st.sampled_from(["", MAC.serial, MAC.digits, "0004f2AABBCC", f" {MAC.serial}"]),
            "Type": VALUES | st.sampled_from(["Site", "Phone", "site", " Site", "Site "]),
        },
    )
)
@example({"Serial": "0004f2aabbff"})
@example({"Serial": "0004f2aabb\ufb00"})  # a ligature that str.upper makes FF
def test_file_and_verdict_agree_on_whose_key_it_is(attributes: dict[str, str]) -> None:
    for serial in (MAC.serial, "0004F2AABBFF"):
        found = read_for_phone(b"<licenses>" + element("licenseKey", attributes) + b"</licenses>", serial)
        assert len(found.elements) == is_for_phone(attributes, serial)


@pytest.mark.slow
def test_ten_thousand_keys_for_others_are_left_unread() -> None:
    garbage = forged(signed_key()).attributes()
    others = [garbage | {"Serial": f"0004F3{number:06X}"} for number in range(10_000)]
    body = b"".join(element("licenseKey", attributes) for attributes in others)
    mine = element("licenseKey", signed_key().attributes())
    found = read_for_phone(b"<licenses>" + body + mine + b"</licenses>", MAC.serial)
    assert found.skipped == 10_000
    assert [read_key(attributes) for attributes in found.elements] == [signed_key()]


@pytest.mark.slow
def test_ten_thousand_keys_are_read_and_within_the_limit() -> None:
    data = copies([signed_key({LDAP: NEVER}, serial=SITE_SERIAL)] * 10_000)
    assert len(data) < SIZE_LIMIT
    assert len(read_all(data)) == 10_000
    found = read_for_phone(data, MAC.serial)
    assert (found.count, len(found.elements), found.skipped) == (10_000, KEY_LIMIT, 0)


def test_as_many_keys_fit_as_is_said() -> None:
    longest = write([signed_key()])
    empty = write([])
    a_key = len(longest) - len(empty)
    assert len(empty) + KEYS_OF_A_FILE * a_key <= SIZE_LIMIT < len(empty) + (KEYS_OF_A_FILE + 100) * a_key


@pytest.mark.slow
def test_file_of_exactly_the_limit_is_read() -> None:
    data = copies([signed_key()] * 22_000)
    data += b" " * (SIZE_LIMIT - len(data))
    assert len(data) == SIZE_LIMIT == 16 * 1024 * 1024
    assert read_for_phone(data, MAC.serial).count == 22_000
    with pytest.raises(LicenseFileError):
        read_for_phone(data + b" ", MAC.serial)


@given(st.binary(max_size=120))
def test_any_bytes_are_an_activation_file_or_refused(data: bytes) -> None:
    for whole in (data, b"<licenses>" + data + b"</licenses>"):
        try:
            read_for_phone(whole, MAC.serial)
        except LicenseFileError:
            continue
