"""Reading logs: phone_sim's and real ones, in both widths, folded, quoted, and as syslog servers store them."""

import textwrap

import pytest

from phone_sim.fault_catalog.log_lines import entries, read_log
from phone_sim.firmware import messages
from tests.sample_log import SAMPLE_LOG

# As the bulletin's pages print it, with the lines that their width folded.
FOLDED = "\n".join(part for line in SAMPLE_LOG.splitlines() for part in textwrap.wrap(line, 66, break_long_words=False))
PADDED = SAMPLE_LOG.replace("|lic |", "|lic  |").replace("|ldap |", "|ldap |").replace("|efk |", "|efk  |")
PREFIXES = {
    "Nov 29 10:31:00 192.0.2.14 ": "192.0.2.14",
    "2026-11-29T10:31:00+00:00 192.0.2.14 ": "192.0.2.14",
    "2026-11-29T10:31:00+00:00 ": "",
    "<132>": "",
    "<132>Nov 29 10:31:00 192.0.2.14 ": "192.0.2.14",
    "<131>1 2026-11-29T10:31:00Z phone-7 - - - - ": "phone-7",
    "<131>1 2026-11-29T10:31:00Z phone-7 - - - \ufeff": "phone-7",
    "Nov 29 10:31:00 log phone[12]: ": "phone[12]",
    "0004f2000001|": "0004f2000001",
    "<131>000413000001|": "000413000001",
    "Nov 29 10:31:00 192.0.2.14 0004f2000001|": "0004f2000001",
    "2026-11-29T10:31:00+00:00 2001:db8::14 ": "2001:db8::14",
}
"""What may stand before a line, and the phone that it names."""


@pytest.mark.parametrize("log", [SAMPLE_LOG, FOLDED, PADDED, "> " + FOLDED.replace("\n", "\n> ")])
def test_sample_log_is_read_in_every_form(log: str) -> None:
    lines = read_log(log)
    assert len(lines) == 14
    assert [line.message for line in lines].count(messages.NEW_KEY) == 5
    assert all(line.message is not None for line in lines)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_sample_log_is_read_behind_what_a_syslog_server_writes(prefix: str) -> None:
    found = entries("".join(f"{prefix}{line}\n" for line in SAMPLE_LOG.splitlines()))
    assert "".join(f"{one.line}\n" for one in found) == SAMPLE_LOG
    assert {one.origin for one in found} == {PREFIXES[prefix]}


def test_lines_of_other_programs_are_no_part_of_a_syslog_line() -> None:
    first, second, *_ = SAMPLE_LOG.splitlines()
    for other, prefix in (("Nov 29 10:31:00 192.0.2.15 dhcpd: b", "Nov 29 10:31:00 192.0.2.14 "), ("<30>b", "<132>")):
        found = entries(f"{prefix}{first}\n{other}\n{prefix}{second}\n")
        assert [one.line for one in found] == [first, second]


def test_folded_lines_are_joined_as_they_were() -> None:
    assert "".join(f"{one.line}\n" for one in entries(FOLDED)) == SAMPLE_LOG


@pytest.mark.parametrize("width", [20, 37, 60])
def test_log_that_was_folded_inside_words_is_read(width: int) -> None:
    folded = "\n".join(
        line[start : start + width] for line in SAMPLE_LOG.splitlines() for start in range(0, len(line), width)
    )
    assert [line.message for line in read_log(folded)] == [line.message for line in read_log(SAMPLE_LOG)]


def test_what_comes_after_an_empty_line_is_no_part_of_the_log() -> None:
    lines = read_log(SAMPLE_LOG + "\nBest regards\nNorthwind\n")
    assert all(line.message is not None for line in lines)


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
    (line,) = read_log(f"0101070000|cfg |4|03|Parameter {text}")
    assert line.message is (None if values is None else messages.BAD_PARAMETER)
    assert tuple(line.values.get(name, "") for name in ("name", "value", "expected", "used")) == values or not values
