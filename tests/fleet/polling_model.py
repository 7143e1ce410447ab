"""A thousand phones that poll, and a year: what their files say when, and a plain model of when each polls and reboots.

The model shares no code with the phone and imports none of it: it knows calendar days, the spans in which the boot
server is down, and what the notes say of `prov.polling.*`. What is drawn on the phone it takes from what was seen: the
minute of the first random poll after each boot, and the day of the first one of a period. Then it knows all the others.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

PHONES = 1000
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
END = BEGIN + timedelta(days=365)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MODES = ("abs", "rel", "random")
# The clocks of New York go forward and back at these moments.
SUMMER = (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))
_FIRST_DAY = datetime(1, 1, 1, tzinfo=UTC)
_SEED = 20260102

Span = tuple[datetime, datetime]
Seen = Sequence[tuple[datetime, bool]]
"""When a phone asked for its configuration, and whether it did so to boot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """What a file of a phone says: the mode, the period, and minutes of the day. `mode` is empty for no polling."""

    mode: str
    period: timedelta
    begin: int
    width: int

    @property
    def days(self) -> int:
        """The period in days, rounded up."""
        return -(-self.period // DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A phone: its local time, and from when on its file says what."""

    mac: str
    offset: timedelta
    summer_time: bool
    files: tuple[tuple[datetime, Polling], ...]

    def number_of_file(self, moment: datetime) -> int:
        """Which of the files is on the boot server at a moment."""
        return sum(begin <= moment for begin, _ in self.files) - 1

    def local(self, moment: datetime) -> datetime:
        """The phone's local time, written as if it were UTC."""
        summer = self.summer_time and SUMMER[0] <= moment < SUMMER[1]
        return moment + self.offset + timedelta(hours=1 if summer else 0)

    def moment_of(self, wall: datetime) -> datetime:
        """The moment at which the phone's clock shows this, which it does once."""
        moment = wall - self.offset
        summer = self.summer_time and SUMMER[0] <= moment - timedelta(hours=1) < SUMMER[1]
        return moment - timedelta(hours=1 if summer else 0)


def plans() -> list[Plan]:
    """A thousand different phones, the same ones each time."""
    dice = random.Random(_SEED)
    return [_plan(dice, f"0004f2{number:06x}") for number in range(1, PHONES + 1)]


def _plan(dice: random.Random, mac: str) -> Plan:
    summer_time = dice.random() < 0.3
    change = BEGIN + timedelta(days=dice.randrange(5, 340), minutes=dice.randrange(1440))
    return Plan(
        mac=mac,
        offset=timedelta(hours=-5 if summer_time else dice.choice((-8, 0, 1, 5.5, 7, 12))),
        summer_time=summer_time,
        files=tuple((begin, _polling(dice)) for begin in (BEGIN, change)),
    )


def _polling(dice: random.Random) -> Polling:
    mode = "" if dice.random() < 0.05 else dice.choice(MODES)
    period = DAY if dice.random() < 0.01 else timedelta(seconds=dice.randrange(10 * 86400, 60 * 86400))
    # From four on: one to three do not exist, or exist twice, where the clocks change.
    begin = dice.randrange(4 * 60, 24 * 60)
    return Polling(mode=mode, period=period, begin=begin, width=dice.choice((0, 45, 24 * 60 - begin - 1)))


def outages() -> tuple[Span, ...]:
    """When the boot server gives no answer: 20 times in the year, for hours or days."""
    dice = random.Random(_SEED + 1)
    begins = [BEGIN + timedelta(days=18 * number + dice.randrange(1, 10), minutes=3) for number in range(20)]
    return tuple((begin, begin + timedelta(hours=dice.randrange(4, 150))) for begin in begins)


@cache
def is_down(moment: datetime) -> bool:
    """Whether the boot server gives no answer."""
    return any(begin <= moment < end for begin, end in _OUTAGES)


_OUTAGES = outages()


@dataclass(slots=True, kw_only=True)
class Life:
    """What the model knows of a phone: when it booted last, by which of its files, and which days it has drawn."""

    plan: Plan
    seen: Seen
    booted: datetime = BEGIN
    file: int = 0
    drawn_days: dict[int, int] = field(default_factory=dict)

    def events(self) -> Iterator[tuple[datetime, bool]]:
        """What the phone must have been seen to do, to the end of the year."""
        yield self.booted, True
        reboots = True
        while reboots:
            reboots = False
            for moment in self._polls():
                yield moment, False
                if not is_down(moment) and self.plan.number_of_file(moment) != self.file:
                    self.booted, self.file, reboots = moment, self.plan.number_of_file(moment), True
                    yield moment, True
                    break

    def _polls(self) -> Iterator[datetime]:
        """The polls after the last boot, if there is no other boot."""
        polling = self.plan.files[self.file][1]
        if polling.mode == "rel":
            moment = self.booted
            while (moment := moment + polling.period) <= END:
                yield moment
        elif polling.mode == "abs":
            # Our choice: the days of a longer period count from the first of the calendar.
            yield from self._daily(polling, -1, polling.begin)
        elif polling.mode == "random" and (first := self._first_seen(polling)) is not None:
            day = self.drawn_days.setdefault(polling.days, _number_of_day(first))
            yield from self._daily(polling, day, 60 * first.hour + first.minute)

    def _daily(self, polling: Polling, a_day: int, minute: int) -> Iterator[datetime]:
        day = _number_of_day(self.plan.local(self.booted))
        day += (a_day - day) % polling.days
        while (moment := self.plan.moment_of(_FIRST_DAY + day * DAY + minute * MINUTE)) <= END:
            if moment > self.booted:
                yield moment
            day += polling.days

    def _first_seen(self, polling: Polling) -> datetime | None:
        """The local time of the first poll after the last boot, which was drawn within what the file says."""
        latest = self.booted + (polling.days + 1) * DAY
        seen = next((moment for moment, boots in self.seen if moment > self.booted and not boots), None)
        assert latest > END if seen is None else seen <= latest, (self.plan, seen)
        if seen is None:
            return None
        wall = self.plan.local(seen)
        assert polling.begin <= 60 * wall.hour + wall.minute <= polling.begin + polling.width, (self.plan, seen)
        return wall


def _number_of_day(wall: datetime) -> int:
    return (wall - _FIRST_DAY) // DAY
