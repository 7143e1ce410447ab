"""What can be said of a run at a moment: of one process, or of all of them. This module does not know who asks."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from phone_sim.fleet.census import Census
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.message import Fields
from phone_sim.mac_address import MacAddress

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
    def read(cls, data: Any, numbers: range) -> Self:
        """The report in a message. Raises UsageError unless it is one of the phones of these numbers."""
        fields = Fields("what a worker says", data)
        return cls(
            run=fields.whole("run"),
            census=Census.read(fields.table("census"), numbers),
            busy=fields.whole("busy"),
            waiting=fields.whole("waiting"),
            licensed=fields.times("licensed"),
            final=fields.flag("final"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The phones of all processes. `workers` says of each what it is and what became of it; none without any.

    `unexpected` names some of the phones that are not as expected, with the reason.
    """

    census: Census
    busy: int
    waiting: int
    licensed: Counter[int]
    unexpected: tuple[tuple[MacAddress, str], ...]
    workers: tuple[dict[str, Any], ...] = ()

    @classmethod
    def before(cls, population: Population) -> Self:
        """The phones before the first run: none is switched on."""
        census = Census.off(range(population.count))
        return cls(census=census, busy=0, waiting=0, licensed=Counter(), unexpected=census.named(population))
