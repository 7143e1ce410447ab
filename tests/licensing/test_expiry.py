"""Slots and days (D3, D12)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.licensing.expiry import NEVER, NEVER_EPOCH_SECOND, Expiry

DAYS = st.dates(min_value=date(2007, 1, 1), max_value=date(2186, 6, 3))


@pytest.mark.parametrize(
    ("slot", "last_day"),
    [
        (1, date(2007, 1, 1)),
        (0x15B1, date(2022, 3, 15)),  # the day of the one real file (field notes 6.1)
        (0xFFFD, date(2186, 6, 3)),
        (0xFFFE, None),
    ],
)
def test_slot_is_a_last_valid_day(slot: int, last_day: date | None) -> None:
    assert Expiry(slot).last_day == last_day
    assert Expiry(slot).never == (last_day is None)
    assert str(Expiry(slot)) == (f"{last_day}" if last_day else "never")
    if last_day:
        assert Expiry.on(last_day) == Expiry(slot)


@given(DAYS)
def test_every_day_has_its_slot(day: date) -> None:
    assert Expiry.on(day).last_day == day


@pytest.mark.parametrize("slot", [-2, -1, 0, 0xFFFF, 0x10000])
def test_slot_that_is_no_day_is_refused(slot: int) -> None:
    with pytest.raises(ValueError, match="neither a day nor the mark for never"):
        Expiry(slot)


@pytest.mark.parametrize("day", [date(2006, 12, 31), date(2186, 6, 4), date(2186, 6, 5), date.max, date.min])
def test_day_without_a_slot_is_refused(day: date) -> None:
    with pytest.raises(ValueError, match=r"neither a day|later than a slot can say"):
        Expiry.on(day)


@given(DAYS, st.dates())
def test_grant_is_over_only_after_its_last_day(last_day: date, today: date) -> None:
    assert Expiry.on(last_day).is_over(today) == (today > last_day)


def test_last_day_is_valid_and_the_next_is_not() -> None:
    expiry = Expiry.on(date(2022, 3, 15))
    assert not expiry.is_over(date(2022, 3, 15))
    assert expiry.is_over(date(2022, 3, 16))


@given(st.dates())
def test_never_is_never_over(today: date) -> None:
    assert not NEVER.is_over(today)


@given(DAYS)
def test_unset_clock_expires_nothing(last_day: date) -> None:
    assert not Expiry.on(last_day).is_over(None)


@given(DAYS, DAYS)
def test_expiries_order_by_time_with_never_last(one: date, other: date) -> None:
    assert (Expiry.on(one) < Expiry.on(other)) == (one < other)
    assert (Expiry.on(one) >= Expiry.on(other)) == (one >= other)
    assert Expiry.on(one) < NEVER


def test_mark_for_never_prints_as_in_the_sample() -> None:
    shown = datetime(1970, 1, 1, 7, tzinfo=UTC) + timedelta(seconds=NEVER_EPOCH_SECOND)
    assert f"{shown:%H:%M:%S}" == "06:59:58"
