"""Hundreds of phones and a year: what is decided about them beforehand, and a plain model of what must become of them.

The model shares no code with the phone and imports none of it: it knows calendar days, a polling time, the spans in
which a phone talks and the spans in which the boot server is down.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PHONES = 150
SEED = 20260101
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=365)
MESSAGE = timedelta(seconds=5)
FEATURES = ("LDAP", "NwayConference", "UsbAudio", "VoiceQualityMetrics")
# The clocks of New York go forward and back at these moments.
SUMMER = (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))

Span = tuple[datetime, datetime]
Grants = dict[str, date | None]
"""The last day of each feature; None never ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is decided about a phone before the year begins.

    `before_sntp` is switched on before anybody has set the clock, `without_clock` never gets a clock at all. `renewal`
    is when a second activation file takes the place of the first one, and what that grants.
    """

    mac: str
    wanted: frozenset[str]
    offset: timedelta
    summer_time: bool
    polling_time: timedelta
    switched_on: datetime
    before_sntp: bool
    without_clock: bool
    license: Grants
    renewal: tuple[datetime, Grants] | None
    calls: tuple[Span, ...]


def plans() -> list[Plan]:
    """Hundreds of different phones, the same ones each time."""
    dice = random.Random(SEED)
    return [plan(dice, f"0004f2{index:06x}") for index in range(1, PHONES + 1)]


def plan(dice: random.Random, mac: str) -> Plan:
    """A phone; nothing in it happens at the same moment as anything else."""
    summer_time = dice.random() < 0.3
    offset = timedelta(hours=-5 if summer_time else dice.choice((-8, 0, 1, 5.5, 7, 12)))
    # Not between one and three, which do not exist, or exist twice, where the clocks change.
    polling_time = timedelta(hours=dice.choice((0, 4, 5, 13, 23)), minutes=10 * dice.randrange(6))
    before_sntp = dice.random() < 0.1
    start = BEGIN if before_sntp else BEGIN + timedelta(days=dice.randrange(60), hours=dice.randrange(24), minutes=5)
    renewed = BEGIN + timedelta(days=dice.randrange(30, 360), minutes=11) if dice.random() < 0.4 else None
    return Plan(
        mac=mac,
        wanted=frozenset(dice.sample(FEATURES, dice.randint(1, 4))),
        offset=offset,
        summer_time=summer_time,
        polling_time=polling_time,
        switched_on=start,
        before_sntp=before_sntp,
        without_clock=not before_sntp and dice.random() < 0.1,
        license=grants(dice, date(2025, 12, 20), 370),
        renewal=None if renewed is None else (renewed, grants(dice, renewed.date(), 300)),
        calls=tuple(calls(dice, start, offset, polling_time)),
    )


def grants(dice: random.Random, first: date, days: int) -> Grants:
    """What an activation file grants: features with last days of their own, some without one, some not at all."""
    chosen = dice.sample(FEATURES, dice.randint(1, 4))
    return {key: None if dice.random() < 0.15 else first + timedelta(days=dice.randrange(days)) for key in chosen}


def calls(dice: random.Random, start: datetime, offset: timedelta, polling_time: timedelta) -> Iterator[Span]:
    """Calls over the polling time of two days in five, some of them a day long, some with another one within."""
    midnight = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=2)
    while midnight < END - timedelta(days=3):
        if dice.random() < 0.4:
            due = midnight - offset + polling_time
            begin = due - timedelta(minutes=dice.randrange(80, 180), seconds=17)
            end = due + (timedelta(hours=26) if dice.random() < 0.02 else timedelta(minutes=dice.randrange(5, 90)))
            yield begin, end + timedelta(seconds=23)
            if dice.random() < 0.2:
                yield due - timedelta(minutes=75, seconds=31), end + timedelta(minutes=dice.randrange(10), seconds=37)
        midnight += timedelta(days=dice.randint(1, 3))


def outages() -> tuple[Span, ...]:
    """When the boot server gives no answer: 20 times in the year, for hours or days."""
    dice = random.Random(SEED + 1)
    begins = [BEGIN + timedelta(days=18 * number + dice.randrange(10), minutes=3) for number in range(20)]
    return tuple((begin, begin + timedelta(hours=dice.randrange(4, 150))) for begin in begins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a phone: the moments at which it reboots, and the features that are on in the end."""

    reboots: tuple[datetime, ...]
    features: frozenset[str]


def predicted(plan: Plan, down: tuple[Span, ...]) -> Fate:
    """The fate that the bulletin gives a phone (B9, B12, B15; D10 to D12, D15)."""
    held: Grants = {}
    configured = False
    reboots: list[datetime] = []
    moment = plan.switched_on
    while True:
        today = None if plan.without_clock or (plan.before_sntp and not reboots) else local(plan, moment).date()
        if not is_within(moment, down):
            configured = True
            if plan.wanted - usable(held, today):
                held = merged(held, on_server(plan, moment))
        on = plan.wanted & usable(held, today) if configured else frozenset()
        noticed = (
            None
            if plan.without_clock
            else next((check for check in checks(plan, moment) if on - usable(held, local(plan, check).date())), None)
        )
        # What happens at the very end of the year is seen to its end.
        again = None if noticed is None else idle_from(plan, noticed) + MESSAGE
        if again is None or again > END:
            return Fate(reboots=tuple(reboots), features=on)
        reboots.append(again)
        moment = again


def local(plan: Plan, moment: datetime) -> datetime:
    """The phone's local time, written as if it were UTC."""
    summer = plan.summer_time and SUMMER[0] <= moment < SUMMER[1]
    return moment + plan.offset + timedelta(hours=1 if summer else 0)


def checks(plan: Plan, moment: datetime) -> Iterator[datetime]:
    """The polling times after a moment, to the end of the year."""
    day = local(plan, moment).replace(hour=0, minute=0, second=0) - timedelta(days=1)
    while (due := day + plan.polling_time - plan.offset) <= END + timedelta(days=1):
        if plan.summer_time and SUMMER[0] <= due - timedelta(hours=1) < SUMMER[1]:
            due -= timedelta(hours=1)
        if moment < due <= END:
            yield due
        day += timedelta(days=1)


def idle_from(plan: Plan, moment: datetime) -> datetime:
    """The first moment from this one on at which nobody talks."""
    for begin, end in sorted(plan.calls):
        if begin <= moment < end:
            moment = end
    return moment


def usable(held: Grants, today: date | None) -> frozenset[str]:
    """The features whose license is not over."""
    return frozenset(key for key, last in held.items() if last is None or today is None or today <= last)


def merged(held: Grants, found: Grants) -> Grants:
    """What is held together with what was found: the later day counts, and never beats all."""
    late = date.max
    days = {key: max(held.get(key, date.min) or late, found.get(key, date.min) or late) for key in held | found}
    return {key: None if day == late else day for key, day in days.items()}


def on_server(plan: Plan, moment: datetime) -> Grants:
    """What the activation file grants at a moment."""
    return plan.renewal[1] if plan.renewal is not None and moment >= plan.renewal[0] else plan.license


def is_within(moment: datetime, spans: tuple[Span, ...]) -> bool:
    """True within one of the spans."""
    return any(begin <= moment < end for begin, end in spans)
