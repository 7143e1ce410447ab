"""What a phone remembers of the time servers, and when it does not follow them (our choice).

A wrong time is believed, and a license can end by it; when the time changes back, that is believed, too. But each such
change can cost a reboot. So a clock that has been changed there and back is not changed a third time until the servers
have kept to the new time for a day: servers that alternate cause one reboot a day at most. A server that tells the same
time again while the phone's clock has run on is not followed at all.

This module does not know how the servers are asked, nor what depends on the time.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from phone_sim.firmware.network_effects import TimeTold

CHANGE = timedelta(minutes=1)
"""By how much a time must differ from the phone's clock to be a change of it; less is the drift of a clock."""
KEPT_FOR = timedelta(days=1)
"""How long the servers must keep to a time that changes the clock once more."""
RUN_ON = timedelta(seconds=5)
"""A server's clock stands still if it shows the very same instant after the phone's has run for so long."""


class Judgement(Enum):
    """What a phone makes of a time that it is told."""

    FOLLOWED = "the clock is set to it"
    STANDS_STILL = "it was told before, and the clock has run on since"
    CONTRADICTS = "the clock was changed there and back before, and this is one more change"


@dataclass(frozen=True, slots=True)
class _Told:
    """The timestamp that a server sent, and what the phone's clock showed from then on."""

    server: str
    sent: datetime
    shown: datetime

    @classmethod
    def at(cls, shown: datetime, told: TimeTold) -> "_Told":
        return cls(told.server, told.sent or told.instant, shown)


@dataclass(frozen=True, slots=True)
class _Change:
    """By how much a time differs from the phone's clock, and what that showed when the servers began to tell it."""

    by: timedelta
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMemory:
    """What is remembered from power on to power off, through reboots, as the clock is.

    `last` is what was told last; `change` is how the clock was changed last, and `has_changed_back` is true once it was
    changed there and back; `proposed` is a further change, which waits. `complaints` are when which judgement was
    logged, by the phone's clock.
    """

    last: _Told | None = None
    change: timedelta = timedelta()
    has_changed_back: bool = False
    proposed: _Change | None = None
    complaints: tuple[tuple[Judgement, datetime], ...] = ()

    def judged(self, told: TimeTold, shown: datetime | None) -> tuple[Judgement, "TimeMemory"]:
        """What to make of a time, and the memory of it; `shown` is what the clock shows, None for never set."""
        if shown is None:
            return Judgement.FOLLOWED, self._following(told)
        if self._is_told_again(told, shown):
            return Judgement.STANDS_STILL, self
        change = told.instant - shown
        if abs(change) < CHANGE:
            return Judgement.FOLLOWED, self._following(told)
        if self.has_changed_back:
            proposed = self._proposal(change, shown)
            if shown - proposed.since < KEPT_FOR:
                return Judgement.CONTRADICTS, replace(self, last=_Told.at(shown, told), proposed=proposed)
        is_back = self.change != timedelta() and (self.change < timedelta()) != (change < timedelta())
        return Judgement.FOLLOWED, replace(
            self._following(told), change=change, has_changed_back=self.has_changed_back or is_back
        )

    def complaining(self, judgement: Judgement, shown: datetime) -> "TimeMemory | None":
        """The memory of a complaint, which is due now; None within a day of the last one that is alike."""
        before = dict(self.complaints)
        if judgement in before and abs(shown - before[judgement]) < KEPT_FOR:
            return None
        return replace(self, complaints=tuple({**before, judgement: shown}.items()))

    def _following(self, told: TimeTold) -> "TimeMemory":
        return replace(self, last=_Told.at(told.instant, told), proposed=None)

    def _is_told_again(self, told: TimeTold, shown: datetime) -> bool:
        last = self.last
        return (
            last is not None
            and last.server == told.server
            and last.sent == (told.sent or told.instant)
            and shown - last.shown >= RUN_ON
        )

    def _proposal(self, change: timedelta, shown: datetime) -> _Change:
        proposed = self.proposed
        return proposed if proposed is not None and abs(proposed.by - change) < CHANGE else _Change(change, shown)


NOTHING_REMEMBERED = TimeMemory()
