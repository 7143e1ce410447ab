"""The status of a run: the report of one process, and the status of all. This module does not know who asks."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

from phone_sim.fleet.census import Census
from phone_sim.fleet.fleet_phone import Shortcoming
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.census_message import census_message, read_census
from phone_sim.fleet.protocol.message import read_message, times_in
from phone_sim.mac_address import MacAddress

LICENSED_NAME = "licensed"
"""The name of the time from power-on to all features licensed, among the names of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessReport:
    """The phones of one process: their census, how many are busy or wait, and how often each time to licensed occurred.

    Times are in milliseconds, rounded to two digits as Locust rounds them. A report is `final` after a clean end.
    """

    run: int
    census: Census
    busy: int = 0
    waiting: int = 0
    licensed: Counter[int] = field(default_factory=Counter)
    final: bool = False

    def message(self) -> dict[str, Any]:
        """The report as a worker sends it to its master."""
        return {
            "run": self.run,
            "census": census_message(self.census),
            "busy": self.busy,
            "waiting": self.waiting,
            "licensed": dict(self.licensed),
            "final": self.final,
        }

    @classmethod
    def read(cls, data: Any, numbers: range) -> Self:
        """The report in a message. Raises UsageError unless it is a report on the phones of these numbers."""
        fields = read_message("what a worker says", data)
        return cls(
            run=fields.whole("run"),
            census=read_census(fields.table("census"), numbers),
            busy=fields.whole("busy"),
            waiting=fields.whole("waiting"),
            licensed=times_in(fields.table("licensed")),
            final=fields.flag("final"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """The phones of all processes, and the workers as a result shows them.

    `unexpected` names some of the phones that are not as expected, with the reason.
    """

    census: Census
    busy: int
    waiting: int
    licensed: Counter[int]
    unexpected: tuple[tuple[MacAddress, Shortcoming], ...]
    workers: tuple[dict[str, Any], ...] = ()

    @classmethod
    def before(cls, population: Population) -> Self:
        """The status before the first run: no phone is switched on."""
        census = Census.off(range(population.count))
        return cls(census=census, busy=0, waiting=0, licensed=Counter(), unexpected=census.named(population))
