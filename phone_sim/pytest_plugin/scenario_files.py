"""Scenario files as tests: each `*.phone.toml` that pytest finds is one test."""

from collections.abc import Iterator
from typing import Any

import pytest

from phone_sim.errors import UsageError
from phone_sim.printable import visible
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


class ScenarioFile(pytest.File):
    """A scenario file; one that cannot be read fails the collection, and the error names file, line and key."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one test in it, by the scenario's title."""
        try:
            scenario = read_scenario(self.path)
        except UsageError as error:
            raise self.CollectError(visible(str(error))) from error
        yield ScenarioItem.from_parent(self, name=scenario.title, scenario=scenario)


class ScenarioItem(pytest.Item):
    """A scenario as a test."""

    def __init__(self, *, scenario: Scenario, **of_pytest: Any) -> None:
        super().__init__(**of_pytest)
        self._scenario = scenario

    def runtest(self) -> None:
        """Run it, against the boot server of `--boot-server` if there is one.

        Raises:
            ScenarioFailedError: it did not go as expected.
            UsageError: it needs the embedded boot server, and another is named.
        """
        said = ServerOptions(option="--boot-server", url=self.config.getoption("--boot-server"))
        outcome = run_scenario(with_server(self._scenario, said))
        if not outcome.passed:
            raise ScenarioFailedError(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was expected and found, and the end of the log; why it cannot be run; for what else its traceback."""
        if isinstance(excinfo.value, ScenarioFailedError):
            return visible(failure_text(excinfo.value.outcome))
        if isinstance(excinfo.value, UsageError):
            return visible(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Where it is."""
        return self.path, 0, self._scenario.title
