"""Locust's runners with phones as users: their base, and the runner of a run in one process."""

from argparse import Namespace
from typing import Any

from locust import User
from locust.env import Environment
from locust.runners import STATE_CLEANUP, STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED, LocalRunner, Runner

from phone_sim.fleet.on_locust.dispatcher import PhoneDispatcher
from phone_sim.fleet.on_locust.phone_range import OnLine, PhoneRange
from phone_sim.fleet.on_locust.users import PhoneUser
from phone_sim.fleet.protocol.phone_details import PhoneDetails, planned_phone
from phone_sim.fleet.protocol.run_setup import Assignment, RunSetup
from phone_sim.fleet.protocol.run_status import RunStatus
from phone_sim.mac_address import MacAddress

GRACE = 5.0
"""Seconds that phones have to finish when a run ends (our choice)."""


class FleetUser(PhoneUser):
    """A user as Locust counts it: a phone of the fleet, without its own greenlet."""


class RangeRunner(Runner):
    """A runner with phones: a range of a population that begins and ends with a run."""

    phone_range: PhoneRange | None = None

    def new_phone_range(self) -> PhoneRange | None:
        """The phones of a new run; None if they are not known."""
        raise NotImplementedError

    @property
    def user_count(self) -> int:
        """The number of phones that were switched on."""
        return 0 if self.phone_range is None or self.phone_range.is_over else self.phone_range.switched_on

    @property
    def user_classes_count(self) -> dict[str, int]:
        """The same, by the only user class."""
        return {FleetUser.__name__: self.user_count}

    def spawn_users(self, user_classes_spawn_count: dict[str, int], wait: bool = False) -> list[User]:  # noqa: ARG002
        """Switch on the next phones."""
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.phone_range = self.new_phone_range()
            self.update_state(STATE_SPAWNING)
        if self.phone_range is not None:
            self.phone_range.switch_on(sum(user_classes_spawn_count.values()))
        return []

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:  # noqa: ARG002
        """Stop all phones at the end of the run; until then they stay on."""
        if self.state == STATE_CLEANUP and self.phone_range is not None:
            self.phone_range.end(GRACE)


class FleetRunner(RangeRunner, LocalRunner):
    """Runs all phones in this process."""

    def __init__(self, environment: Environment, setup: RunSetup, on_line: OnLine) -> None:
        self._setup = setup
        self._on_line = on_line
        super().__init__(environment)

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: list[type[User]] | None = None
    ) -> None:
        """Switch phones on until `user_count` are on, or all phones that the run began with."""
        if self.state not in (STATE_SPAWNING, STATE_RUNNING):
            self.target_user_count = user_count
            self._users_dispatcher = PhoneDispatcher(FleetUser, {self._local_worker_node.id: user_count})
        super().start(user_count, spawn_rate, wait, user_classes)

    def new_phone_range(self) -> PhoneRange:
        """As many phones as were asked for."""
        setup = self._setup.of(self.target_user_count)
        assignment = Assignment(setup=setup, numbers=range(setup.population.count), run=0)
        return PhoneRange(self.environment, assignment, self._on_line)

    def status(self) -> RunStatus:
        """The status of the last run."""
        if self.phone_range is None:
            return RunStatus.before(self._setup.population)
        report = self.phone_range.report()
        return RunStatus(
            census=report.census,
            busy=report.busy,
            waiting=report.waiting,
            licensed=report.licensed,
            unexpected=report.census.named(self.phone_range.assignment.setup.population),
        )

    def details(self, mac: MacAddress) -> PhoneDetails:
        """The details of a phone. Raises PhoneDetailsError if no phone has this address."""
        if self.phone_range is None:
            return PhoneDetails.off(planned_phone(self._setup.population, mac)[1])
        number, _ = planned_phone(self.phone_range.assignment.setup.population, mac)
        return self.phone_range.details(number)


def options(**more: Any) -> Namespace:
    """The options that Locust's command line would give to its environment."""
    defaults: dict[str, Any] = {"headless": False, "enable_rebalancing": False, "stats_history_enabled": False}
    defaults |= {"num_users": None, "spawn_rate": None, "run_time": None, "stop_timeout": 0.0, "web_base_path": ""}
    return Namespace(**(defaults | more))
