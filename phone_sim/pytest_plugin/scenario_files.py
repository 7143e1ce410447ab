"""Scenario files as tests: each is one test, on the boot server of the fixture `boot_server`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from phone_sim.errors import UsageError
from phone_sim.printable import visible
from phone_sim.pytest_plugin.boot_servers import EmbeddedBootServer, address_of
from phone_sim.scenario.read import read_scenario
from phone_sim.scenario.run import ScenarioOutcome, run_scenario
from phone_sim.scenario.scenario import Scenario
from phone_sim.scenario.scenario_report import failure_text
from phone_sim.scenario.target_server import ServerOptions, with_server


class ScenarioFailedError(Exception):
    """A scenario did not go as expected."""

    def __init__(self, outcome: ScenarioOutcome) -> None:
        super().__init__(outcome.scenario.title)
        self.outcome = outcome


class ScenarioFile(pytest.Module):
    """A scenario file; one that cannot be read fails the collection, and the error names file, line and key."""

    obj = None  # there is no module of Python; fixtures are those of the folder

    def collect(self) -> Iterator[pytest.Item]:
        """The one test in it, by the scenario's title."""
        try:
            scenario = read_scenario(self.path)
        except UsageError as error:
            raise self.CollectError(visible(str(error))) from error
        yield ScenarioItem.from_parent(self, name=scenario.title, scenario=scenario)


class ScenarioItem(pytest.Function):
    """A scenario as a test, with the fixtures of its folder."""

    def __init__(self, *, scenario: Scenario, **of_pytest: Any) -> None:
        super().__init__(callobj=_test_of(scenario, of_pytest["parent"].config), **of_pytest)
        self._scenario = scenario

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ARG002
        """What was expected and found, and the end of the log; why it cannot be run; for what else its traceback."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return visible(failure_text(excinfo.value.outcome))
        if isinstance(excinfo.value, UsageError):
            return visible(str(excinfo.value))
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Where it is."""
        return self.path, 0, self._scenario.title


def _test_of(scenario: Scenario, config: pytest.Config) -> Callable[[object], None]:
    """The test function, which raises ScenarioFailedError, or UsageError where only the embedded server would do."""

    def run(boot_server: object) -> None:
        option = config.getoption("phone_boot_server")
        by = "the fixture boot_server" if option is None else "--phone-boot-server"
        url = None if isinstance(boot_server, EmbeddedBootServer) else address_of(boot_server, option)
        outcome = run_scenario(with_server(scenario, ServerOptions(option=by, url=url)))
        if not outcome.passed:
            raise ScenarioFailedError(outcome)

    return run
