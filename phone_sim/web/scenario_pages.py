"""Scenarios on the page: which there are, how each went when it was last run, and a button that runs it.

A scenario has phones, time and a boot server of its own; the desk is not touched. One runs at a time.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from phone_sim.errors import UsageError
from phone_sim.scenario import scenario_report
from phone_sim.scenario.read import read_scenario
from phone_sim.scenario.run import ScenarioOutcome, run_scenario
from phone_sim.web.pages import answer, whole_number


class Scenarios:
    """The scenarios in some files; `outcomes` is how each went when it was last run, by its place.

    Raises:
        UsageError: a file is none; the message names file, line and key.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self.scenarios = tuple(read_scenario(file) for file in files)
        self.outcomes: dict[int, ScenarioOutcome] = {}
        self._running = threading.Lock()

    def run(self, place: int) -> None:
        """Run a scenario.

        Raises:
            UsageError: another one is running, or its boot server cannot listen.
        """
        with self.running():
            self.outcomes[place] = run_scenario(self.scenarios[place])

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let no scenario begin meanwhile. Raises UsageError if one is running."""
        if not self._running.acquire(blocking=False):
            raise UsageError("another scenario is running")
        try:
            yield
        finally:
            self._running.release()

    def view(self, place: int) -> Mapping[str, Any]:
        """A scenario and its last outcome, as programs get it; `passed` is null for one that was not run."""
        scenario, outcome = self.scenarios[place], self.outcomes.get(place)
        about = {"place": place, "file": scenario.file, "title": scenario.title, "passed": None}
        return about if outcome is None else about | scenario_report.as_json(outcome)


def scenario_routes(scenarios: Scenarios) -> list[BaseRoute]:
    """The pages of these scenarios."""

    async def show_all(request: Request) -> Response:
        views = [scenarios.view(place) for place in range(len(scenarios.scenarios))]
        return answer(request, "scenarios.html", {"scenarios": views}, report=views)

    async def show_one(request: Request) -> Response:
        place = _place(request, scenarios)
        view = scenarios.view(place)
        values = {"scenario": scenarios.scenarios[place], "outcome": view}
        return answer(request, "scenario.html", values, report=view)

    async def run(request: Request) -> Response:
        place = _place(request, scenarios)
        await run_in_threadpool(scenarios.run, place)
        return RedirectResponse(f"/scenarios/{place}", 303)

    return [
        Route("/scenarios", show_all),
        Route("/scenarios/{place}", show_one),
        Route("/scenarios/{place}", run, methods=["POST"]),
    ]


def _place(request: Request, scenarios: Scenarios) -> int:
    place = whole_number(request.path_params["place"])
    if place is None or place >= len(scenarios.scenarios):
        raise HTTPException(404)
    return place
