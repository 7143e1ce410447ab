"""The fixtures are what their script makes, and the bad files are bad."""

from pathlib import Path

import pytest

from fixtures import make_fixtures
from phone_sim.errors import LicenseFileError
from phone_sim.firmware.local_time import LocalTime
from phone_sim.firmware.log_line import parse_line
from phone_sim.licensing.license_file import read_for_phone
from phone_sim.licensing.verdict import Valid, judge
from phone_sim.runtime.trust_file import load_anchor

MADE = ("licenses", "golden")
SERIAL = make_fixtures.MACS[0].upper()
TODAY = LocalTime(gmt_offset=3600).of(make_fixtures.NOW).date()


def valid_keys(data: bytes) -> int:
    """How many keys of an activation file are valid for the first phone."""
    elements = read_for_phone(data, SERIAL).elements
    verdicts = [judge(one, serial=SERIAL, anchor=load_anchor(), today=TODAY) for one in elements]
    return sum(isinstance(verdict, Valid) for verdict in verdicts)


@pytest.mark.slow
def test_script_makes_the_same_bytes(tmp_path: Path) -> None:
    make_fixtures.make(tmp_path)
    for folder in MADE:
        made = {path.relative_to(tmp_path): path.read_bytes() for path in (tmp_path / folder).rglob("*.*")}
        here = make_fixtures.HERE
        assert made == {path.relative_to(here): path.read_bytes() for path in (here / folder).rglob("*.*")}


@pytest.mark.parametrize(("name", "keys"), [("one-phone", 1), ("several-phones", 1), ("two-orders", 2), ("site", 1)])
def test_good_files_are_valid_for_the_phone(name: str, keys: int) -> None:
    assert valid_keys(make_fixtures.good_files()[f"{name}.cfg"]) == keys


@pytest.mark.parametrize("name", make_fixtures.bad_files())
def test_bad_files_grant_nothing(name: str) -> None:
    try:
        keys = valid_keys(make_fixtures.bad_files()[name])
    except LicenseFileError:
        return
    assert keys == 0


@pytest.mark.parametrize("name", make_fixtures.CASES)
def test_golden_logs_are_lines_of_a_phone(name: str) -> None:
    lines = (make_fixtures.HERE / "golden" / f"{name}.log").read_text().splitlines()
    assert len(lines) > 8
    assert all(parse_line(line) for line in lines)
