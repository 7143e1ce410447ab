"""Locust's web page behind the guard, with a tab for phones. `/phones` has the same as JSON, `/metrics` for Prometheus.

It starts phones at the boot server of the command line alone, whatever Locust's form asks for. Each phone has its own
pages (`phone_sim.fleet.on_locust.phone_pages`).
"""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any, cast

from flask import Flask, Response, jsonify, request
from locust.env import Environment
from locust.web import WebUI
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.fleet.on_locust.escaped_csv import EscapedCsv
from phone_sim.fleet.on_locust.guarded_server import GuardedServer, serve_guarded
from phone_sim.fleet.on_locust.master import FleetMaster
from phone_sim.fleet.on_locust.metrics import registry
from phone_sim.fleet.on_locust.phone_pages import PhonePages, with_phones
from phone_sim.fleet.on_locust.runner import FleetRunner
from phone_sim.fleet.on_locust.statistics import percentiles
from phone_sim.fleet.on_locust.users import BOOT_NAME
from phone_sim.fleet.protocol.run_setup import RunSetup

_TAB = "phones"
_COLUMNS = (("what", "What"), ("which", "Which"), ("value", "Value"))


class FleetPage(WebUI):
    """The page at an address; it starts runs of the phones of a setup, with as many phones as its user asks for.

    `names` are further names of the page.

    Raises:
        UsageError: the address is taken, or a name is not valid.
    """

    server: GuardedServer

    def __init__(
        self,
        environment: Environment,
        setup: RunSetup,
        runner: FleetMaster | FleetRunner,
        address: tuple[str, int],
        names: Iterable[str] = (),
    ) -> None:
        self._setup = setup
        self._names = names
        super().__init__(environment, *address, stats_csv_writer=EscapedCsv(environment), delayed_start=True)
        self._status = runner.status
        self._metrics = registry(environment, runner.status)
        structure = [{"key": key, "title": title} for key, title in _COLUMNS]
        self._app = cast("Flask", self.app)  # Locust's constructor has set it
        self.template_args["extended_tabs"] = [{"key": _TAB, "title": "Phones"}]
        self.template_args["extended_tables"] = [{"key": _TAB, "structure": structure}]
        self._app.debug = False
        self._app.before_request(self._check_form)
        self._app.after_request(self._with_phones)
        self._app.add_url_rule("/phones", view_func=self._phones)
        PhonePages(self._app, runner.details)
        self._app.add_url_rule("/metrics", view_func=self._all_metrics)
        self.start()

    def start(self) -> None:
        """Listen, and set `port` to the real one. Locust listens later, and only logs a failure."""
        self.server = serve_guarded(self._app, "--web-port", (self.host, self.port), self._names)
        self.port = self.server.server_port

    def update_template_args(self) -> None:
        """Fill in the page, with an empty command line: Locust looks for its own options in it."""
        self.environment.host = self._setup.boot_server  # a form may have emptied it
        words, sys.argv = sys.argv, sys.argv[:1]
        try:
            super().update_template_args()  # type: ignore[no-untyped-call]
        finally:
            sys.argv = words

    def facts(self) -> dict[str, Any]:
        """The facts that the tab shows."""
        status, boots = self._status(), self.environment.stats.get(BOOT_NAME, "BOOT")
        return {
            **status.census.result(),
            "busy": status.busy,
            "waiting": status.waiting,
            "boots": boots.num_requests,
            "boots_per_second": round(boots.current_rps, 1),
            "ms_to_licensed": percentiles(status.licensed),
            "unexpected": [
                {"mac": mac.digits, "reason": shortcoming.text, "kind": shortcoming.kind.value}
                for mac, shortcoming in status.unexpected
            ],
            "workers": list(status.workers),
        }

    def _check_form(self) -> Response | None:
        """Answer a wrong form with an error; Locust would start nothing, and show no error."""
        if request.path != "/swarm" or request.method != "POST":
            return None
        written = request.form.get("user_count", f"{self._setup.population.count}")
        asked, own = request.form.get("host", "").strip(), self._setup.boot_server.strip()
        try:
            if asked not in ("", own):
                raise UsageError(f"this fleet boots from {own} only, which --server names, and not from {asked!r}")
            if not written.strip().isdecimal():
                raise UsageError(f"{written!r} is not a number of phones")
            self._setup.of(int(written))
        except (ValueError, PhoneSimError) as error:
            return jsonify({"success": False, "message": str(error), "host": self.environment.host})
        return None

    def _with_phones(self, response: Response) -> Response:
        if request.path == "/stats/requests" and response.is_json:
            rows = [dict(zip(("what", "which", "value"), row, strict=True)) for row in _rows(self.facts())]
            more = {"extended_stats": [{"key": _TAB, "data": rows}]}
            response.set_data(json.dumps({**response.get_json(), **more}))
        if request.path == "/" and response.status_code == 200:
            response.set_data(with_phones(response.get_data()))
        return response

    def _phones(self) -> Response:
        return jsonify(self.facts())

    def _all_metrics(self) -> Response:
        return Response(generate_latest(self._metrics), content_type=CONTENT_TYPE_LATEST)


def _rows(facts: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for state, count in facts["states"].items():
        yield "Phones", state, f"{count}"
    yield "Phones", "as expected", f"{facts['as_expected']} of {facts['phones']}"
    yield "Phones", "busy, waiting", f"{facts['busy']}, {facts['waiting']}"
    for reason, count in facts["shortcomings"].items():
        yield "Not as expected", reason, f"{count}"
    for feature, counts in facts["features"].items():
        for gate, count in counts.items():
            yield feature, gate, f"{count}"
    yield "Boots", "all", f"{facts['boots']}"
    yield "Boots", "a second", f"{facts['boots_per_second']}"
    yield "Boots", "reboots", f"{facts['reboots']}"
    yield "Log uploads", "failed", f"{facts['failed_log_uploads']}"
    for name, value in facts["ms_to_licensed"].items():
        yield "Time to licensed", name, f"{value}" if name == "count" else f"{value / 1000:.3f} s"
    for worker in facts["workers"]:
        phones, lost = worker["phones"], worker.get("lost")
        state = f"{worker['state']} after {lost['after']} s: {lost['reason']}" if lost else worker["state"]
        yield f"Worker {worker['index']}", f"pid {worker['pid']}, {phones['count']} phones", state
