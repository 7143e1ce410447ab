"""MAC addresses: the forms that are read, and what is told about the rest (B8)."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from phone_sim.errors import MacAddressError
from phone_sim.mac_address import MacAddress


@pytest.mark.parametrize(
    "text",
    ["0004f2aabbcc", "0004F2AABBCC", "00:04:f2:AA:bb:cc", "00-04-F2-aa-BB-CC", "0004.f2aa.bbcc", "0004.F2AA.BBCC"],
)
def test_each_form_is_the_same_address(text: str) -> None:
    mac = MacAddress.parse(text)
    assert (mac.digits, mac.serial, str(mac)) == ("0004f2aabbcc", "0004F2AABBCC", "0004f2aabbcc")


@pytest.mark.slow
@given(st.from_regex(r"[0-9a-f]{12}", fullmatch=True))
def test_any_twelve_digits_are_kept(digits: str) -> None:
    assume(digits != "0" * 12)
    assert MacAddress.parse(digits.upper()) == MacAddress(digits)


@pytest.mark.parametrize("text", ["000000000000", "00:00:00:00:00:00"])
def test_name_for_all_phones_is_no_address(text: str) -> None:
    with pytest.raises(MacAddressError, match="stands for all phones in file names"):
        MacAddress.parse(text)


def test_lost_leading_zeros_are_told_apart() -> None:
    with pytest.raises(MacAddressError, match=r"9 of the 12 digits.*leading zeros, as in 0004f2aabbcc"):
        MacAddress.parse("4F2AABBCC")


def test_too_many_digits_are_counted() -> None:
    with pytest.raises(MacAddressError, match="has 13 digits"):
        MacAddress.parse("0004f2aabbcc0")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0004f2aabbcg",
        " 0004f2aabbcc",
        "0004f2aabbcc\n",
        "00:04:f2:aa:bb-cc",
        "00:04:f2:aa:bb",
        "00:04:f2:aa:bb:cc:dd",
        "0:4:f2:aa:bb:cc",
        "0004:f2aa:bbcc",
        "0004f2-aabbcc",
        "\uff10\uff10\uff10\uff14f2aabbcc",
        "0x04f2aabbcc",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MacAddressError, match="is not a MAC address: 12 hexadecimal digits"):
        MacAddress.parse(text)


@pytest.mark.slow
@given(st.text() | st.text(alphabet="0123456789abcdefABCDEF:-. "))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        mac = MacAddress.parse(text)
    except MacAddressError:
        return
    assert mac.digits == re.sub(r"[:.-]", "", text).lower()
    assert re.fullmatch(r"[0-9a-f]{12}", mac.digits)
