"""A run as its master knows it: its workers with their phones, and the status of all of them.

This module does not know how a worker is spoken to, nor when one counts as lost.
"""

import time
from collections import Counter
from dataclasses import dataclass, field

from phone_sim.fleet.census import Census
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.on_locust.dispatcher import PhoneDispatcher
from phone_sim.fleet.protocol.run_setup import RunSetup
from phone_sim.fleet.protocol.run_status import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedRun:
    """A run: its number, its setup, the workers by name, and when it began."""

    number: int
    setup: RunSetup
    workers: dict[str, AssignedWorker]
    dispatcher: PhoneDispatcher
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self.began

    @property
    def awaited(self) -> list[AssignedWorker]:
        """The workers whose final report has yet to come."""
        return [each for each in self.workers.values() if not each.is_final and each.lost_at is None]

    @property
    def is_lost(self) -> bool:
        """True when all its workers are lost."""
        return all(worker.lost_at is not None for worker in self.workers.values())

    def worker_of(self, number: int) -> AssignedWorker:
        """The worker that has the phone of this number."""
        return next(each for each in self.workers.values() if number in each.numbers)

    def status(self) -> RunStatus:
        """What its workers reported last."""
        reports = [each.report for each in self.workers.values() if each.report is not None and each.lost_at is None]
        times = [each.report.licensed for each in self.workers.values() if each.report is not None]
        census = Census.together(each.census for each in self.workers.values())
        return RunStatus(
            census=census,
            busy=sum(report.busy for report in reports),
            waiting=sum(report.waiting for report in reports),
            licensed=sum(times, Counter()),
            unexpected=census.named(self.setup.population),
            workers=tuple(each.result(self.setup.population) for each in self.workers.values()),
        )
