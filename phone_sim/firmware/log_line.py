"""One line of the phone's log: `stamp|component|level|missed|text` (B14, field notes 4.1).

Formats and parses lines; does not know what they say, nor which are written. The fourth field counts missed events on
real phones and is `03` throughout the bulletin's sample (D13).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from phone_sim.firmware.local_time import LocalTime

TEXT_LIMIT = 512
"""Most characters of the text of a line; ours."""

_STAMPS_KEPT = 64
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LINE = re.compile(r"(\d{6}\.\d{3}|\d{10})\|([^|]{1,16}?) *\|([0-9*])\|(\d{2})\|(.*)", re.DOTALL)


class LogStyle(Enum):
    """How a line is written: as in the bulletin, or as on real phones.

    The component is its name and one blank, or padded to five characters (D16). The fourth field is `03`, or `00`
    (D26).
    """

    BULLETIN = "bulletin"
    PHONE = "phone"

    @property
    def missed(self) -> str:
        """The fourth field: how many lines were missed, as far as is known (D13, D26)."""
        return "00" if self is LogStyle.PHONE else "03"


class RenderType(Enum):
    """The stamp that `log.render.type` asks for (field notes 4.1)."""

    SINCE_BOOT = 0
    YEAR_TO_MINUTE = 1
    MONTH_TO_SECOND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFormat:
    """How lines are written: local time, stamp, component field (D16) and fourth field (D13)."""

    zone: LocalTime = LocalTime()
    render_type: RenderType = RenderType.MONTH_TO_SECOND
    style: LogStyle = LogStyle.BULLETIN
    missed: str = "03"

    def line(self, *, component: str, level: str, text: str, instant: datetime, uptime: timedelta) -> str:
        """The line without its end. Line ends and control characters in `text` become blanks: one entry is one line."""
        width = 5 if self.style is LogStyle.PHONE else len(component) + 1
        clean = (text if text.isprintable() else _UNPRINTABLE.sub(" ", text))[:TEXT_LIMIT]
        return f"{self._stamp(instant, uptime)}|{component:<{width}}|{level}|{self.missed}|{clean}"

    def _stamp(self, instant: datetime, uptime: timedelta) -> str:
        if self.render_type is RenderType.SINCE_BOOT:
            milliseconds = uptime // timedelta(milliseconds=1)
            minutes, rest = divmod(milliseconds, 60_000)
            return f"{minutes // 60 % 100:02d}{minutes % 60:02d}{rest // 1000:02d}.{rest % 1000:03d}"
        pattern = "%m%d%H%M%S" if self.render_type is RenderType.MONTH_TO_SECOND else "%y%m%d%H%M"
        return _wall_stamp(self.zone, pattern, instant.replace(microsecond=0))


@lru_cache(maxsize=_STAMPS_KEPT)
def _wall_stamp(zone: LocalTime, pattern: str, second: datetime) -> str:
    # A phone writes most of its lines in the same few seconds.
    return zone.of(second).strftime(pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line that was read back; `stamp` is its text, since it lacks the year or the date."""

    stamp: str
    component: str
    level: str
    missed: str
    text: str


def parse_line(line: str) -> LogLine | None:
    """The parts of a line of either style (D16), or None when it is not a line of a phone's log. Never raises."""
    match = _LINE.fullmatch(line.rstrip("\r\n"))
    if match is None:
        return None
    stamp, component, level, missed, text = match.groups()
    return LogLine(stamp=stamp, component=component, level=level, missed=missed, text=text)
