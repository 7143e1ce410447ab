"""What real servers showed in a run of the tests: how it is recorded, and the file that it is kept in.

A test takes part by two marks: `server(name, spoken)` says which server it runs and what that speaks, and
`shows(capability, word)` what it shows of it; the word, "yes" unless given, is what the README's table says. A
capability of a server is in the record when all tests of it that the run had have passed.
"""

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

FILE = Path("tests/real_servers/tested.json")
REMAKE = f"pytest -m shows --servers-tested {FILE}"

Cell = tuple[str, str, str]
"""A server, what it speaks, a capability."""
Tested = Mapping[Cell, str]
"""The word in each cell."""

_PROPERTY = "shows"
_NARROWED = ("keyword", "markexpr", "deselect", "lf", "collectonly")


def read(file: Path) -> Tested:
    """The record in a file."""
    rows = json.loads(file.read_text())
    return {(row["server"], row["spoken"], name): word for row in rows for name, word in row["shown"].items()}


def write(tested: Tested, file: Path) -> None:
    """Put the record into a file, a row for each server and what it speaks."""
    rows: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for (server, spoken, capability), word in sorted(tested.items()):
        rows[server, spoken][capability] = word
    told = [{"server": server, "spoken": spoken, "shown": shown} for (server, spoken), shown in rows.items()]
    file.write_text(json.dumps(told, indent=2) + "\n")


def differences(tested: Tested, kept: Tested) -> list[str]:
    """What a run showed otherwise than the record that was kept, a line for each cell."""
    return [
        f"{', '.join(cell)}: {tested.get(cell, 'not shown')}, but the record says {kept.get(cell, 'nothing')}"
        for cell in sorted(tested.keys() | kept.keys())
        if tested.get(cell) != kept.get(cell)
    ]


class Recorder:
    """The plugin: collects what the tests of a run show.

    With `--servers-tested FILE` it writes that to a file. Where real servers are required, a whole run fails when it
    showed anything else than `FILE` says, so that this is never old.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._words: dict[Cell, set[str]] = defaultdict(set)
        self._not_passed: set[Cell] = set()
        self._told: list[str] = []

    @property
    def tested(self) -> Tested:
        """The record so far."""
        return {cell: ", ".join(sorted(words)) for cell, words in self._words.items() if cell not in self._not_passed}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Give each test what it shows for its reports, which go from process to process."""
        for item in items:
            for shows in item.iter_markers("shows"):
                server = item.get_closest_marker("server")
                if server is None:
                    raise pytest.UsageError(f"{item.nodeid} has the mark `shows`, but none names its server")
                capability, word = (*shows.args, "yes")[:2]
                item.user_properties.append((_PROPERTY, (*server.args, capability, word)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test has shown, or that it has not."""
        for name, value in report.user_properties:
            if name != _PROPERTY or not isinstance(value, Sequence):
                continue
            server, spoken, capability, word = value
            if not report.passed:
                self._not_passed.add((server, spoken, capability))
            elif report.when == "call":
                self._words[server, spoken, capability].add(word)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the record, or compare it, when all has gone well; in one process of a run in many."""
        if exitstatus != pytest.ExitCode.OK or hasattr(self._config, "workerinput"):
            return
        if (file := self._config.getoption("--servers-tested")) is not None:
            self._told = [f"{', '.join(cell)}: was skipped, nothing is written" for cell in sorted(self._not_passed)]
            if not self._told:
                write(self.tested, file)
        elif os.environ.get("PHONE_SIM_REQUIRE_REAL") == "1" and self._is_whole():
            self._told = differences(self.tested, read(self._config.rootpath / FILE))
        if self._told:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is not as it should be, and what to do."""
        if self._told:
            terminalreporter.section(f"{FILE} is made by {REMAKE}", red=True)
            terminalreporter.write("".join(f"{line}\n" for line in self._told))

    def _is_whole(self) -> bool:
        """True when no test was left out by the command line."""
        narrowed = any(self._config.getoption(name, False) for name in _NARROWED)  # without its plugin lf is none
        return self._config.args == self._config.getini("testpaths") and not narrowed
