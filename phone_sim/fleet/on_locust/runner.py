"""Locust's runners, whose users are the phones of a fleet: here that of a run in one process.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

from argparse import Namespace
from typing import Any

from locust import User
from locust.env import Environment
from locust.runners import STATE_CLEANUP, STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED, LocalRunner, Runner

from phone_sim.fleet.on_locust.dispatcher import PhoneDispatcher
from phone_sim.fleet.on_locust.phone_range import OnLine, PhoneRange
from phone_sim.fleet.on_locust.users import PhoneUser
from phone_sim.fleet.protocol.phone_details import PhoneDetails, planned_phone
from phone_sim.fleet.protocol.run_report import Picture
from phone_sim.fleet.protocol.run_setup import Assignment, Setup
from phone_sim.mac_address import MacAddress

GRACE = 5.0
"""How long phones that are busy when a run ends have for it, in seconds; ours."""


class FleetUser(PhoneUser):
    """What Locust counts as a user here: a phone of the one fleet, without a greenlet of its own."""


class PartRunner(Runner):
    """What a runner does that has phones: they are a part that begins with a run and ends with it."""

    part: PhoneRange | None = None

    def next_part(self) -> PhoneRange | None:
        """The phones of the run that begins; None if they are not known."""
        raise NotImplementedError

    @property
    def user_count(self) -> int:
        """How many phones were switched on."""
        return 0 if self.part is None or self.part.is_over else self.part.switched_on

    @property
    def user_classes_count(self) -> dict[str, int]:
        """The same, by the only class there is."""
        return {FleetUser.__name__: self.user_count}

    def spawn_users(self, user_classes_spawn_count: dict[str, int], wait: bool = False) -> list[User]:  # noqa: ARG002
        """Switch on the next phones."""
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.part = self.next_part()
            self.update_state(STATE_SPAWNING)
        if self.part is not None:
            self.part.switch_on(sum(user_classes_spawn_count.values()))
        return []

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:  # noqa: ARG002
        """Phones stay up until the end of the run, when all of them are dropped."""
        if self.state == STATE_CLEANUP and self.part is not None:
            self.part.end(GRACE)


class FleetRunner(PartRunner, LocalRunner):
    """Runs all phones in this process."""

    def __init__(self, environment: Environment, setup: Setup, on_line: OnLine) -> None:
        self._setup = setup
        self._on_line = on_line
        super().__init__(environment)

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: list[type[User]] | None = None
    ) -> None:
        """Switch phones on until so many are; a run that began with fewer keeps to those that it has."""
        if self.state not in (STATE_SPAWNING, STATE_RUNNING):
            self.target_user_count = user_count
            self._users_dispatcher = PhoneDispatcher(FleetUser, {self._local_worker_node.id: user_count})
        super().start(user_count, spawn_rate, wait, user_classes)

    def next_part(self) -> PhoneRange:
        """The phones, as many as were asked for, at the boot server that was asked for."""
        setup = self._setup.of(self.target_user_count, self.environment.host or self._setup.boot_server)
        assignment = Assignment(setup=setup, numbers=range(setup.population.count), run=0)
        return PhoneRange(self.environment, assignment, self._on_line)

    def picture(self) -> Picture:
        """What can be said of the phones of the last run."""
        if self.part is None:
            return Picture.before(self._setup.population)
        report = self.part.report()
        return Picture(
            census=report.census,
            busy=report.busy,
            waiting=report.waiting,
            licensed=report.licensed,
            unexpected=report.census.named(self.part.assignment.setup.population),
        )

    def particulars(self, mac: MacAddress) -> PhoneDetails:
        """What can be said of a phone. Raises UntoldError where there is none with this address."""
        if self.part is None:
            return PhoneDetails.off(planned_phone(self._setup.population, mac)[1])
        number, _ = planned_phone(self.part.assignment.setup.population, mac)
        return self.part.particulars(number)


def options(**more: Any) -> Namespace:
    """What Locust's command line would have told its environment."""
    told: dict[str, Any] = {"headless": False, "enable_rebalancing": False, "stats_history_enabled": False}
    told |= {"num_users": None, "spawn_rate": None, "run_time": None, "stop_timeout": 0.0, "web_base_path": ""}
    return Namespace(**(told | more))
