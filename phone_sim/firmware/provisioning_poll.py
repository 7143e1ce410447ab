"""When a phone asks its boot server for changed configuration files by itself: `prov.polling.*` (field notes 14).

What follows from a change is the business of `phone_sim.firmware.phone`.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from phone_sim.firmware.local_time import LocalTime
from phone_sim.firmware.parameters.reader import ParameterReader
from phone_sim.mac_address import MacAddress

SHORTEST_PERIOD = 3600
"""Shortest period in seconds (field notes 14)."""
LONGEST_PERIOD = 366 * 86400
"""Longest period in seconds (our choice; the schema has 136 years)."""
DAY = 86400
DEFAULT_TIME = time(3, 0)
"""The stock `prov.polling.time`."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_PREFIX = "prov.polling"


class PollMode(Enum):
    """How the moments are chosen."""

    ABSOLUTE = "abs"
    """Daily at a time of day; the period is rounded up to days."""
    RELATIVE = "rel"
    """Each period, counted from the boot."""
    RANDOM = "random"
    """As absolute, at a time between two that is drawn at each boot, on a day that the MAC address decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollSettings:
    """The polling of a phone that has it on. `period` is in seconds; `start` and `end` are local times of day.

    Polls are at `start`; with random ones, between it and `end`.
    """

    mode: PollMode = PollMode.ABSOLUTE
    period: int = DAY
    start: time = DEFAULT_TIME
    end: time = DEFAULT_TIME

    @property
    def days(self) -> int:
        """The period in days, rounded up."""
        return -(-self.period // DAY)


def read_poll_settings(reader: ParameterReader) -> PollSettings | None:
    """The settings in the parameters; None where polling is off, as it is by default."""
    if not reader.is_on(f"{_PREFIX}.enabled"):
        return None
    at = _time_of_day(reader, "time") or DEFAULT_TIME
    return PollSettings(
        mode=_mode(reader),
        period=min(LONGEST_PERIOD, max(SHORTEST_PERIOD, reader.integer(f"{_PREFIX}.period", DAY))),
        start=at,
        end=_time_of_day(reader, "timeRandomEnd") or at,
    )


def _mode(reader: ParameterReader) -> PollMode:
    """The mode; SIP 3.x has no random one (field notes 14), and polls daily instead (our choice)."""
    name = f"{_PREFIX}.mode"
    mode = PollMode(reader.choice(name) or PollMode.ABSOLUTE.value)
    if mode is PollMode.RANDOM and not reader.has(f"{_PREFIX}.timeRandomEnd"):
        reader.reject(name, "abs or rel", PollMode.ABSOLUTE.value)
        return PollMode.ABSOLUTE
    return mode


def _time_of_day(reader: ParameterReader, name: str) -> time | None:
    name = f"{_PREFIX}.{name}"
    text = reader.text(name)
    match = _TIME.fullmatch(text)
    if match is not None:
        return time(int(match.group(1)), int(match.group(2)))
    if text:
        reader.reject(name, "00:00 to 23:59", reader.default(name))
    return None


def next_poll(
    settings: PollSettings, zone: LocalTime, mac: MacAddress, *, booted_at: datetime, after: datetime
) -> datetime:
    """The first instant later than `after` at which a phone polls; with relative polls, `after` is the last of them.

    Where a time of day is drawn, MAC address and `booted_at` decide it, and the MAC address decides the days of a
    period of several: so the same run has the same polls again (our choice).
    """
    if settings.mode is PollMode.RELATIVE:
        return after + timedelta(seconds=settings.period)
    at, phase = settings.start, 0
    if settings.mode is PollMode.RANDOM:
        at, phase = _drawn_time(settings, mac, booted_at), _drawn(mac.digits)
    eve = zone.of(after).date() - timedelta(days=1)
    day = eve + timedelta(days=(phase - eve.toordinal()) % settings.days)
    while (instant := _instant(settings, zone, day, at)) <= after:
        day += timedelta(days=settings.days)
    return instant


def _instant(settings: PollSettings, zone: LocalTime, day: date, at: time) -> datetime:
    """The instant of a poll of this day; in a window over midnight, the times after it are of the next date."""
    wraps = settings.mode is PollMode.RANDOM and settings.end < settings.start
    late = wraps and at < settings.start
    return zone.first_instant(datetime.combine(day + timedelta(days=1) if late else day, at))


def _drawn_time(settings: PollSettings, mac: MacAddress, booted_at: datetime) -> time:
    """A minute of the window, drawn anew at each boot."""
    start = 60 * settings.start.hour + settings.start.minute
    end = 60 * settings.end.hour + settings.end.minute
    width = (end - start) % 1440
    minute = (start + _drawn(f"{mac.digits} {booted_at.isoformat()}") % (width + 1)) % 1440
    return time(minute // 60, minute % 60)


def _drawn(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
