"""The override file that a phone writes, whatever was in the boot server's."""

from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.overrides import write_overrides
from phone_sim.firmware.parameters.layers import read_layer

NAMES = st.from_regex(r"[a-z]{1,8}(\.[A-Za-z0-9_-]{1,8}){0,3}", fullmatch=True)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs")), max_size=20)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_what_is_written_is_read_again(values: dict[str, str]) -> None:
    assert dict(read_layer(write_overrides(values)).values) == values


def test_names_that_no_parameter_has_are_left_out() -> None:
    names = ("{http://x}a", "a b", "1a", "a\x1b", "x" * 256, "ä", "")
    assert dict(read_layer(write_overrides({"a.b": "1", **dict.fromkeys(names, "1")})).values) == {"a.b": "1"}


def test_large_file_is_written_whole() -> None:
    values = {f"a.{number}": "1" for number in range(40_000)}
    assert dict(read_layer(write_overrides(values)).values) == values
