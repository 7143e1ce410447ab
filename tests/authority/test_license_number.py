"""License numbers: unique, checked, and read in the forms people write."""

import re

import pytest

from phone_sim.authority.license_number import LENGTH, new_number, parse_number
from phone_sim.errors import UsageError

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def refused(text: str) -> bool:
    """True when a text is no license number, which is said."""
    try:
        parse_number(text)
    except UsageError as error:
        return "mistyped" in str(error)
    return False


@pytest.mark.slow
def test_ten_thousand_numbers_are_ten_thousand() -> None:
    numbers = {new_number() for _ in range(10_000)}
    assert len(numbers) == 10_000
    assert all(parse_number(number) == number for number in numbers)


def test_no_number_holds_what_is_taken_for_another() -> None:
    assert not set("".join(new_number() for _ in range(2_000))) & set("0O1IL")


@pytest.mark.slow
def test_every_wrong_character_is_found() -> None:
    for number in (new_number() for _ in range(50)):
        wrong = [
            number[:place] + other + number[place + 1 :]
            for place in range(LENGTH)
            for other in CHARACTERS
            if other != number[place]
        ]
        assert len(wrong) == 35 * LENGTH
        assert all(map(refused, wrong))


@pytest.mark.slow
def test_every_swap_of_neighbors_is_found() -> None:
    for number in (new_number() for _ in range(5_000)):
        swapped = {
            number[:place] + number[place + 1] + number[place] + number[place + 2 :] for place in range(LENGTH - 1)
        }
        assert all(map(refused, swapped - {number}))


def test_hyphens_blanks_and_lower_case_are_read() -> None:
    number = new_number()
    grouped = "-".join(re.findall(".{1,4}", number))
    for text in (number.lower(), grouped, grouped.replace("-", " "), f"  {number}\r\n", grouped.lower()):
        assert parse_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-", "short", "A" * 15, "ABCDEFGHIJKLM\n", "ABCDEFGHIJKLM!", "\x00" * 14, "é" * 14, "٣" * 14, "ß" * 7]
)
def test_junk_is_no_license_number(text: str) -> None:
    with pytest.raises(UsageError, match="is not a license number: it has 14 letters and digits"):
        parse_number(text)


def test_letter_that_only_looks_like_one_is_refused() -> None:
    number = next(number for number in iter(new_number, "") if "S" in number)
    with pytest.raises(UsageError, match="is not a license number"):
        parse_number(number.replace("S", "\u017f"))  # a long s, whose upper case is S
