"""A worker as its master knows it: its phones, what it last said of them, and whether it is lost.

This module does not know how a worker is heard, nor when it is taken for lost.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from phone_sim.fleet.census import Census
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.run_report import Report


@dataclass(slots=True, kw_only=True)
class AssignedWorker:
    """A worker and its phones. `lost_at` is when it was found to be lost, None as long as it is there."""

    name: str
    index: int
    pid: int
    host: str
    numbers: range
    report: Report | None = None
    reported: float = 0.0
    lost_at: datetime | None = None
    lost_after: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        return f"worker {self.index} (pid {self.pid} on {self.host})"

    @property
    def census(self) -> Census:
        """Its phones, as far as somebody knows."""
        if self.lost_at is not None:
            return Census.lost(self.numbers)
        return Census.off(self.numbers) if self.report is None else self.report.census

    @property
    def is_final(self) -> bool:
        """True when it has said how its phones ended."""
        return self.report is not None and self.report.final

    def words(self, population: Population) -> dict[str, Any]:
        """What is told of it."""
        phones: dict[str, Any] = {"count": len(self.numbers)}
        if self.numbers:
            macs = [population.phone(number).mac for number in (self.numbers[0], self.numbers[-1])]
            phones |= {"first": self.numbers[0], "last": self.numbers[-1], "macs": [mac.digits for mac in macs]}
        told: dict[str, Any] = {
            "index": self.index,
            "id": self.name,
            "pid": self.pid,
            "host": self.host,
            "phones": phones,
            "state": "lost" if self.lost_at is not None else "done" if self.is_final else "running",
        }
        if self.lost_at is not None:
            told["lost"] = {
                "at": self.lost_at.isoformat(timespec="milliseconds"),
                "after": round(self.lost_after, 3),
                "reason": self.reason,
                "last_known": None if self.report is None else self.report.census.result(),
                "last_known_after": None if self.report is None else round(self.reported, 3),
            }
        return told
