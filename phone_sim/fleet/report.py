"""What can be said of a run at a moment: of one process, or of all of them. This module does not know who asks."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from phone_sim.fleet.message import Fields
from phone_sim.fleet.result import Census

LICENSED_NAME = "licensed"
"""What the time from power-on to a boot with all features licensed is called where requests have names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The phones of a process: how many are busy and wait, and how often which time to licensed occurred.

    Times are in milliseconds, rounded to two digits as Locust rounds them. A report is `final` after a clean end.
    """

    run: int
    census: Census
    busy: int = 0
    waiting: int = 0
    licensed: Counter[int] = field(default_factory=Counter)
    final: bool = False

    def message(self) -> dict[str, Any]:
        """What a worker tells its master."""
        return {
            "run": self.run,
            "census": self.census.message(),
            "busy": self.busy,
            "waiting": self.waiting,
            "licensed": dict(self.licensed),
            "final": self.final,
        }

    @classmethod
    def read(cls, data: Any, phones: int) -> Self:
        """The report in a message. Raises UsageError unless it is one of so many phones."""
        fields = Fields("what a worker says", data)
        return cls(
            run=fields.whole("run"),
            census=Census.read(fields.table("census"), phones),
            busy=fields.whole("busy"),
            waiting=fields.whole("waiting"),
            licensed=fields.times("licensed"),
            final=fields.flag("final"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The phones of all processes. `workers` says of each what it is and what became of it; none without any."""

    census: Census
    busy: int
    waiting: int
    licensed: Counter[int]
    workers: tuple[dict[str, Any], ...] = ()
