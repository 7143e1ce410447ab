"""Local time by offset and rule, against the time zone database (D12)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phone_sim.firmware.local_time import Changeover, DaylightSaving, LocalTime, date_text
from tests.make import of, settings_of, utc

DST = "tcpIpApp.sntp.daylightSavings."


def zone_of(offset_hours: float, **rule: str) -> LocalTime:
    values = {"tcpIpApp.sntp.gmtOffset": f"{int(offset_hours * 3600)}"}
    values |= {DST + name.replace("_", "."): value for name, value in rule.items()}
    found = settings_of(of(values))
    assert found.problems == ()
    return found.zone


LAST_SUNDAYS = {
    "start_dayOfWeek_lastInMonth": "1",
    "start_date": "1",
    "stop_month": "10",
    "stop_time": "3",
    "stop_dayOfWeek_lastInMonth": "1",
}
SYDNEY = {"start_month": "10", "start_date": "1", "stop_month": "4", "stop_date": "1", "stop_time": "3"}

# The rules of these places have not changed since 2008-04-01 (Sydney: since 2008-04-06).
ZONES = {
    "America/New_York": zone_of(-5),  # the stock rule
    "America/Los_Angeles": zone_of(-8),
    "Europe/Berlin": zone_of(1, start_time="2", **LAST_SUNDAYS),
    "Europe/London": zone_of(0, start_time="1", **(LAST_SUNDAYS | {"stop_time": "2"})),
    "Australia/Sydney": zone_of(10, **SYDNEY),
    "Asia/Ho_Chi_Minh": zone_of(7, enable="0"),
    "Asia/Kolkata": zone_of(5.5, enable="0"),
    "Pacific/Tarawa": zone_of(12, enable="0"),
}
DAYLIGHT = ["America/New_York", "Europe/Berlin", "Australia/Sydney"]
INSTANTS = st.datetimes(datetime(2008, 4, 7), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ZONES))
@given(instant=INSTANTS)
@settings(max_examples=200)
def test_wall_time_is_that_of_the_database(name: str, instant: datetime) -> None:
    assert ZONES[name].of(instant) == instant.astimezone(ZoneInfo(name)).replace(tzinfo=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", DAYLIGHT)
def test_every_hour_of_thirteen_years_is_that_of_the_database(name: str) -> None:
    zone, database = ZONES[name], ZoneInfo(name)
    instant = utc("2023-12-31T23:59:59")
    for _ in range(13 * 366 * 24 // 3):
        assert zone.of(instant) == instant.astimezone(database).replace(tzinfo=None)
        instant += timedelta(hours=3)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(ZONES))
@given(instant=INSTANTS)
def test_first_instant_is_that_of_the_database(name: str, instant: datetime) -> None:
    wall = instant.astimezone(ZoneInfo(name)).replace(tzinfo=None, fold=0)
    expected = wall.replace(tzinfo=ZoneInfo(name), fold=0).astimezone(UTC)
    assert ZONES[name].first_instant(wall) == expected


@pytest.mark.parametrize(
    ("name", "wall", "instant"),
    [
        ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59"),
        ("America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00"),  # skipped: at the jump
        ("America/New_York", "2026-03-08T02:59:59", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59"),
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"),  # repeated: the first showing
        ("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00"),
        ("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("Australia/Sydney", "2026-10-04T02:30:00", "2026-10-03T16:00:00"),
        ("Australia/Sydney", "2026-04-05T02:30:00", "2026-04-04T15:30:00"),
    ],
)
def test_skipped_and_repeated_times_have_one_instant(name: str, wall: str, instant: str) -> None:
    assert ZONES[name].first_instant(datetime.fromisoformat(wall)) == utc(instant)


@pytest.mark.parametrize(
    ("rule", "wall", "saving"),
    [
        ({}, "2026-03-08T01:59:59", False),
        ({}, "2026-03-08T03:00:00", True),
        ({"start_date": "15"}, "2026-03-14T12:00", False),
        ({"start_date": "15"}, "2026-03-15T12:00", True),  # the third Sunday
        ({"start_date": "22"}, "2026-03-22T12:00", True),
        ({"start_dayOfWeek": "2"}, "2026-03-08T12:00", False),
        ({"start_dayOfWeek": "2"}, "2026-03-09T12:00", True),  # Monday
        ({"start_dayOfWeek": "7"}, "2026-03-14T12:00", True),  # Saturday
        ({"fixedDayEnable": "1", "start_date": "20"}, "2026-03-19T23:00", False),
        ({"fixedDayEnable": "1", "start_date": "20"}, "2026-03-20T02:00", True),
        ({"fixedDayEnable": "1", "start_month": "2", "start_date": "31"}, "2026-02-28T02:00", True),  # its last day
        ({"fixedDayEnable": "1", "stop_month": "12", "stop_date": "31"}, "2026-12-31T00:30", True),
        ({"fixedDayEnable": "1", "stop_month": "12", "stop_date": "31"}, "2026-12-31T03:00", False),
        ({"stop_month": "12", "stop_dayOfWeek_lastInMonth": "1"}, "2026-12-26T12:00", True),
        ({"stop_month": "12", "stop_dayOfWeek_lastInMonth": "1"}, "2026-12-27T12:00", False),
    ],
)
def test_rules_say_when_daylight_saving_is(rule: dict[str, str], wall: str, saving: bool) -> None:
    zone = zone_of(0, **rule)
    assert zone.of(utc(wall)) == datetime.fromisoformat(wall) + timedelta(hours=saving)


TIMES = [time(2), time(2, 30), time(1, 30), time(0), time(23, 59), time(3)]


@pytest.mark.slow
@pytest.mark.parametrize("at", TIMES)
@pytest.mark.parametrize("name", DAYLIGHT)
def test_ten_years_have_one_occurrence_a_date(name: str, at: time) -> None:
    zone = ZONES[name]
    instant = zone.first_instant(datetime(2026, 1, 1))  # noqa: DTZ001
    dates = []
    for _ in range(3653):
        later = zone.next_occurrence(at, instant)
        assert later > instant
        instant = later
        wall = zone.of(instant)
        dates.append(wall.date())
        assert wall.time() == at or wall == datetime.combine(wall.date(), at.replace(hour=3, minute=0))
    assert all(after - before == timedelta(days=1) for before, after in pairwise(dates))


@pytest.mark.parametrize("name", DAYLIGHT)
@given(instant=INSTANTS, at=st.times().map(lambda found: found.replace(second=0, microsecond=0)))
def test_next_occurrence_is_the_first_one_later(name: str, instant: datetime, at: time) -> None:
    zone = ZONES[name]
    following = zone.next_occurrence(at, instant)
    day = zone.of(instant).date()
    candidates = [zone.first_instant(datetime.combine(day + timedelta(days=offset), at)) for offset in range(-2, 4)]
    assert following == min(candidate for candidate in candidates if candidate > instant)
    assert following - instant <= timedelta(hours=25)


def test_occurrence_is_later_than_now_not_now() -> None:
    zone = LocalTime(daylight_saving=None)
    assert zone.next_occurrence(time(2), utc("2026-01-01T02:00")) == utc("2026-01-02T02:00")
    assert zone.next_occurrence(time(2), utc("2026-01-01T01:59")) == utc("2026-01-01T02:00")


@pytest.mark.parametrize(
    ("wall", "text"),
    [
        (datetime(1970, 1, 1, 6, 59, 58), "THU JAN 01 06:59:58 1970"),  # noqa: DTZ001 - B14
        (datetime(2022, 3, 15, 23, 59, 59), "TUE MAR 15 23:59:59 2022"),  # noqa: DTZ001 - D18
        (datetime(2026, 12, 5, 0, 0, 0), "SAT DEC 05 00:00:00 2026"),  # noqa: DTZ001
    ],
)
def test_date_is_printed_as_in_the_sample(wall: datetime, text: str) -> None:
    assert date_text(wall) == text


@given(st.dates(min_value=date(1970, 1, 1)), st.times())
def test_date_is_printed_in_capitals_and_the_c_order(day: date, at: time) -> None:
    wall = datetime.combine(day, at.replace(microsecond=0))
    assert date_text(wall) == wall.strftime("%a %b %d %H:%M:%S %Y").upper()


# A month apart at least, and not over midnight: then daylight saving itself leaves each date whole.
MONTHS = st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda pair: abs(pair[0] - pair[1]) in range(2, 11))
DAYS = st.tuples(st.integers(1, 28), st.integers(1, 22), st.none() | st.integers(0, 6), st.booleans())


def changeover(month: int, rest: tuple[int, int, int | None, bool]) -> Changeover:
    day, hour, weekday, last = rest
    return Changeover(month=month, day=day, hour=hour, weekday=weekday, last_in_month=last)


@pytest.mark.slow
@given(MONTHS, DAYS, DAYS, st.times().map(lambda at: at.replace(microsecond=0)))
def test_every_rule_has_one_check_on_every_date(
    months: tuple[int, int], start: tuple[int, int, int | None, bool], stop: tuple[int, int, int | None, bool], at: time
) -> None:
    rule = DaylightSaving(start=changeover(months[0], start), stop=changeover(months[1], stop))
    zone = LocalTime(daylight_saving=rule)
    instant, dates = datetime(2026, 1, 10, tzinfo=UTC), []
    for _ in range(500):
        instant = zone.next_occurrence(at, instant)
        dates.append(zone.of(instant).date())
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(dates))
