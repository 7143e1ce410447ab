"""Reading logs: ours and real ones, in both widths, folded and quoted."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.explain import conclusion, explain, likely_causes, unfold
from phone_sim.firmware import messages
from tests.sample_log import SAMPLE_LOG

# As the bulletin's pages print it, with the lines that their width folded.
FOLDED = "\n".join(part for line in SAMPLE_LOG.splitlines() for part in textwrap.wrap(line, 66, break_long_words=False))
PADDED = SAMPLE_LOG.replace("|lic |", "|lic  |").replace("|ldap |", "|ldap |").replace("|efk |", "|efk  |")
REAL = """\
1015152006|lldp |4|00|Ignoring corrupt LLDP packet.
1015152457|log  |4|00|UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = 17
0202115811|tickt|*|00|m_validUntil [0]
"""


@pytest.mark.parametrize("log", [SAMPLE_LOG, FOLDED, PADDED, "> " + FOLDED.replace("\n", "\n> ")])
def test_sample_log_is_read_in_every_form(log: str) -> None:
    lines = explain(log)
    assert len(lines) == 14
    assert [line.message for line in lines].count(messages.NEW_KEY) == 5
    assert all(line.message is not None for line in lines)
    assert likely_causes(lines)[0] is causes.SIGNATURE
    assert "LDAP" in conclusion(lines)


def test_folded_lines_are_joined_as_they_were() -> None:
    assert "".join(f"{line}\n" for line in unfold(FOLDED)) == SAMPLE_LOG


def test_lines_of_a_real_phone_without_licensing_are_left_alone() -> None:
    lines = explain(REAL)
    assert len(lines) == 3
    assert not any(line.is_licensing for line in lines)
    assert likely_causes(lines) == (causes.NOTHING_SAID,)


def test_only_the_last_boot_counts() -> None:
    first = "0101000000|app1 |*|03|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started\n" + SAMPLE_LOG
    second = "\n".join(
        [
            "0302160000|app1 |*|03|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started",
            "0302160000|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank",
            "0302160000|lic |*|03|License: new key for LDAP expiry THU JAN 01 06:59:58 1970 added",
            "0302160000|lic |3|03|cfgCfsKeysUpdate: 1 keys updated",
        ]
    )
    assert likely_causes(explain(first))[0] is causes.SIGNATURE
    assert likely_causes(explain(first + second)) == (causes.LICENSED,)


@pytest.mark.slow
@given(st.text())
def test_any_text_can_be_explained(text: str) -> None:
    lines = explain(text)
    assert likely_causes(lines)
    assert conclusion(lines)


@pytest.mark.parametrize("width", [20, 37, 60])
def test_log_that_was_folded_inside_words_is_read(width: int) -> None:
    folded = "\n".join(
        line[start : start + width] for line in SAMPLE_LOG.splitlines() for start in range(0, len(line), width)
    )
    assert [line.message for line in explain(folded)] == [line.message for line in explain(SAMPLE_LOG)]


def test_what_comes_after_an_empty_line_is_no_part_of_the_log() -> None:
    lines = explain(SAMPLE_LOG + "\nBest regards\nNorthwind\n")
    assert all(line.message is not None for line in lines)


def test_boots_of_a_real_phone_are_told_apart_by_parts_that_open_again() -> None:
    later = SAMPLE_LOG.replace("0101070000", "0302160000").splitlines()
    licensed = "\n".join(line for line in later if "not" not in line.lower() and "Failed" not in line)
    assert likely_causes(explain(SAMPLE_LOG + licensed)) == (causes.LICENSED,)


def test_boot_on_new_years_day_is_not_a_clock_that_was_never_set() -> None:
    boot = SAMPLE_LOG.splitlines()[1:4]
    assert likely_causes(explain("\n".join(boot))) == (causes.CLOCK_UNSET,)
    at_nine = "\n".join(line.replace("0101070000", "0101091542") for line in boot)
    assert likely_causes(explain(at_nine)) == (causes.LICENSED,)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        # Each value takes what the ones behind it can spare, as a greedy pattern would have it.
        ("ais , not is b, not c: d is used: e is used", ("ais,not", "b", "c:disused", "e")),
        ("a is b, not c is used", None),
        ("is , not : is used", ("", "", "", "")),
        ("is , not : is use", None),
    ],
)
def test_message_is_matched_by_its_literals(text: str, values: tuple[str, ...] | None) -> None:
    (line,) = explain(f"0101070000|cfg |4|03|Parameter {text}")
    assert line.message is (None if values is None else messages.BAD_PARAMETER)
    assert tuple(line.values.get(name, "") for name in ("name", "value", "expected", "used")) == values or not values


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["x\n" * 300_000, SAMPLE_LOG + "and more\n" * 300_000, "0101070000|lic |*|03|License: " + "expiry " * 200_000],
)
def test_long_input_is_read_in_passing(text: str) -> None:
    assert len(explain(text)) <= 15
