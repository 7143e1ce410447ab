"""Instants: read in UTC, within the years that a phone can meet."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from phone_sim.errors import UsageError
from phone_sim.instants import END, FIRST, in_range, parse_instant


@pytest.mark.parametrize("instant", [FIRST, END - timedelta(microseconds=1)])
def test_first_and_last_instant_are_in_range(instant: datetime) -> None:
    assert in_range(instant) == parse_instant(instant) == parse_instant(instant.isoformat()) == instant


@pytest.mark.parametrize("instant", [FIRST - timedelta(microseconds=1), END, datetime.max.replace(tzinfo=UTC)])
def test_what_lies_beyond_is_not(instant: datetime) -> None:
    assert in_range(instant) is None
    with pytest.raises(UsageError, match=r"^\d{4}-.* is not between 1970 and 2186$"):
        parse_instant(instant)


def test_range_is_one_of_utc() -> None:
    east = timezone(timedelta(hours=7))
    assert in_range(datetime(1970, 1, 1, tzinfo=east)) is None
    assert in_range(datetime(2187, 1, 1, tzinfo=east)) == datetime(2186, 12, 31, 17, tzinfo=UTC)
