"""A worker as its master knows it: its phones, its last report, and whether it is lost.

This module does not know how a report arrives, nor when a worker counts as lost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from phone_sim.fleet.census import Census
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.run_status import ProcessReport


@dataclass(slots=True, kw_only=True)
class AssignedWorker:
    """A worker and its phones.

    `report` is its last report, `reported` when that arrived and `lost_after` when it was lost, both in seconds since
    the run began. `lost_at` is when it was lost, None while it is there; `reason` is why it was lost.
    """

    name: str
    index: int
    pid: int
    host: str
    numbers: range
    report: ProcessReport | None = None
    reported: float = 0.0
    lost_at: datetime | None = None
    lost_after: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        return f"worker {self.index} (pid {self.pid} on {self.host})"

    @property
    def census(self) -> Census:
        """The census of its phones, as far as it is known."""
        if self.lost_at is not None:
            return Census.lost(self.numbers)
        return Census.off(self.numbers) if self.report is None else self.report.census

    @property
    def is_final(self) -> bool:
        """True when it has reported how its phones ended."""
        return self.report is not None and self.report.final

    def result(self, population: Population) -> dict[str, Any]:
        """The worker as the result of a run shows it."""
        phones: dict[str, Any] = {"count": len(self.numbers)}
        if self.numbers:
            macs = [population.phone(number).mac for number in (self.numbers[0], self.numbers[-1])]
            phones |= {"first": self.numbers[0], "last": self.numbers[-1], "macs": [mac.digits for mac in macs]}
        shown: dict[str, Any] = {
            "index": self.index,
            "id": self.name,
            "pid": self.pid,
            "host": self.host,
            "phones": phones,
            "state": "lost" if self.lost_at is not None else "done" if self.is_final else "running",
        }
        if self.lost_at is not None:
            shown["lost"] = {
                "at": self.lost_at.isoformat(timespec="milliseconds"),
                "after": round(self.lost_after, 3),
                "reason": self.reason,
                "last_known": None if self.report is None else self.report.census.result(),
                "last_known_after": None if self.report is None else round(self.reported, 3),
            }
        return shown
