"""Local time as the phone keeps it: an offset from GMT and a daylight saving rule, from `tcpIpApp.sntp.*` (D12).

Instants are aware datetimes in UTC, wall times are naive ones. This module does not know a time zone database; the
rules are those that the parameters can say, with the stock defaults (field notes 5).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from phone_sim.instants import FIRST

UNSET_CLOCK = FIRST
"""What a clock that was never set shows (D12)."""

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeover:
    """The day and hour on which daylight saving begins or ends, in the wall time in force before it.

    With a `weekday` (0 = Monday) it is the first such day on or after the `day` of the month, or the last of the month.
    """

    month: int
    day: int
    hour: int
    weekday: int | None
    last_in_month: bool = False

    def in_year(self, year: int) -> datetime:
        """The wall time of the changeover in this year."""
        if self.weekday is None:
            day = _clamped(year, self.month, self.day)
        elif self.last_in_month:
            last = _clamped(year, self.month, 31)
            day = last - timedelta(days=(last.weekday() - self.weekday) % 7)
        else:
            first = _clamped(year, self.month, self.day)
            day = first + timedelta(days=(self.weekday - first.weekday()) % 7)
        return datetime.combine(day, time(self.hour))


def _clamped(year: int, month: int, day: int) -> date:
    """The day of the month, or the month's last where it has fewer."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=day - 1), after - timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class DaylightSaving:
    """When the clock is one hour ahead; a start after the stop is a rule of the southern hemisphere."""

    start: Changeover
    stop: Changeover

    def __hash__(self) -> int:
        # Of a few of its values: it is looked up for every line of a log.
        return hash((self.start.month, self.start.day, self.stop.month, self.stop.day))

    def covers(self, standard: datetime) -> bool:
        """True when daylight saving is in force at this standard wall time."""
        start, stop = _changeovers(self, standard.year)
        before_stop = standard < stop - timedelta(hours=1)
        if start <= stop:
            return start <= standard and before_stop
        return start <= standard or before_stop


@lru_cache(maxsize=1024)
def _changeovers(rule: DaylightSaving, year: int) -> tuple[datetime, datetime]:
    # A clock is read far more often than a year or a rule changes.
    return rule.start.in_year(year), rule.stop.in_year(year)


STOCK_DAYLIGHT_SAVING = DaylightSaving(
    start=Changeover(month=3, day=8, hour=2, weekday=6), stop=Changeover(month=11, day=1, hour=2, weekday=6)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """The phone's local time: seconds east of Greenwich, and a daylight saving rule or none."""

    gmt_offset: int = 0
    daylight_saving: DaylightSaving | None = STOCK_DAYLIGHT_SAVING

    def of(self, instant: datetime) -> datetime:
        """The wall time at an instant."""
        standard = (instant + timedelta(seconds=self.gmt_offset)).replace(tzinfo=None)
        saving = self.daylight_saving is not None and self.daylight_saving.covers(standard)
        return standard + timedelta(hours=1) if saving else standard

    def first_instant(self, wall: datetime) -> datetime:
        """The first instant at which the wall clock shows `wall` or has jumped over it.

        A time that daylight saving skips is taken at the jump, one that it repeats at its first showing, so each wall
        time of each date has exactly one instant.
        """
        return _first_instant(self, wall)

    def next_occurrence(self, at: time, after: datetime) -> datetime:
        """The first instant later than `after` at which a local date reaches the time of day `at`; one a date."""
        day = self.of(after).date() - timedelta(days=1)
        while (instant := self.first_instant(datetime.combine(day, at))) <= after:
            day += timedelta(days=1)
        return instant


@lru_cache(maxsize=1024)  # phones alike have their polling times at the same instants
def _first_instant(zone: LocalTime, wall: datetime) -> datetime:
    standard = wall.replace(tzinfo=UTC) - timedelta(seconds=zone.gmt_offset)
    if zone.daylight_saving is None:
        return standard
    for instant in (standard - timedelta(hours=1), standard):
        if zone.of(instant) == wall:
            return instant
    jump = zone.daylight_saving.start.in_year(wall.year)
    if jump <= wall < jump + timedelta(hours=1):
        return jump.replace(tzinfo=UTC) - timedelta(seconds=zone.gmt_offset)
    return standard


@lru_cache(maxsize=64)  # the last days of licenses, logged again and again
def date_text(wall: datetime) -> str:
    """A wall time as the sample log prints it, `THU JAN 01 06:59:58 1970` (B14); not by locale."""
    return f"{_DAYS[wall.weekday()]} {_MONTHS[wall.month - 1]} {wall:%d %H:%M:%S} {wall.year:04d}"
