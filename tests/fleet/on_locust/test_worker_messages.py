"""What a worker says in Locust's own messages; in a process of its own, since Locust replaces the sockets."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

_SETUP = """
import itertools
from locust.env import Environment
from locust.rpc import Message
from locust.stats import RequestStats, StatsError, setup_distributed_stats_event_listeners
from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.request_names import KIND_LIMIT
from phone_sim.fleet.on_locust.statistics import ANOTHER_REASON, REASON_LIMIT
from phone_sim.fleet.on_locust.worker_messages import sound_message

def report(*names, reasons=(), **more):
    worker = RequestStats(use_response_times_cache=False)
    for name in names:
        worker.log_request("GET", name, 5, 100)
    for reason in reasons:
        worker.log_error("GET", names[0], reason)
    return {
        "stats": worker.serialize_stats(), "stats_total": worker.total.get_stripped_report(),
        "errors": worker.serialize_errors(), "user_count": 1, "user_classes_count": {"FleetUser": 1}, **more,
    }

def refused(kind, data, sender="w", node="w"):
    try:
        sound_message(sender, Message(kind, data, node), RequestStats())
    except UsageError as error:
        return str(error)
    raise AssertionError(f"{kind} {data!r:.100} was not refused")
"""
_BOUNDED = """
environment = Environment()
stats = environment.stats
setup_distributed_stats_event_listeners(environment.events, stats)
words = ["".join(letters) for letters in itertools.product("abcdefghijkl", repeat=3)]
for part in (words[:900], words[900:]):
    for worker in ("one", "two"):
        said = report(*(f"{word}.cfg" for word in part), reasons=(f"reason {word}" for word in part))
        sound = sound_message(worker, Message("stats", said, worker), stats)
        environment.events.worker_report.fire(client_id=worker, data=sound.data)
assert sum(entry.num_requests for entry in stats.entries.values()) == stats.total.num_requests == 2 * len(words)
assert sum(error.occurrences for error in stats.errors.values()) == 2 * len(words)
assert len(stats.entries) <= KIND_LIMIT + 1, len(stats.entries)
assert stats.get("*.cfg", "GET").num_requests > 1000
assert len(stats.errors) <= REASON_LIMIT + 2, len(stats.errors)
assert sum(error.occurrences for error in stats.errors.values() if error.error == ANOTHER_REASON) > 1000

red = report("\\x1b[31m.cfg", reasons=["\\x1b[31mred"])
sound = sound_message("w", Message("stats", red, "w"), stats)
assert [row["name"] for row in sound.data["stats"]] in (["?[31m.cfg"], ["*.cfg"])
assert "\\x1b" not in repr(sound.data)
assert sound_message("w", Message("client_ready", "2\\x1b", "w"), stats).data == "2?"
exception = {"msg": "a\\x1b", "traceback": "one\\ntwo\\x07"}
assert sound_message("w", Message("exception", exception, "w"), stats).data == {"msg": "a?", "traceback": "one\\ntwo?"}
assert sound_message("w", Message("logs", {"worker_id": "w", "logs": ["x"] * 10**5}, "w"), stats) is None
"""
_REFUSED = """
assert "w speaks for another" in refused("heartbeat", {"state": "ready"}, node="x")
assert "cannot be shown" in refused("heartbeat", {"state": "ready"}, sender="\\x1b", node="\\x1b")
assert "200 characters" in refused("heartbeat", {"state": "ready"}, sender="w" * 201, node="w" * 201)
assert "'?[31m' is not a message of a worker" in refused("\\x1b[31m", {})
assert "'7' is not a message of a worker" in refused(7, {})
assert "version" in refused("client_ready", "2" * 2000)
assert "state" in refused("heartbeat", {"state": "missing"})
assert "current_cpu_usage" in refused("heartbeat", {"state": "ready", "current_cpu_usage": "100"})
assert "user_classes_count" in refused("spawning_complete", {})
assert "traceback" in refused("exception", {"msg": "m", "traceback": "t" * 10**6})
assert "not a table" in refused("stats", None)
whole = report("a.cfg", reasons=["r"])
[row], [error] = whole["stats"], whole["errors"].values()
for wrong in (
    {"stats": [{**row, "method": "\\x1b"}]}, {"stats": [{**row, "name": "x" * 201}]},
    {"stats": [{**row, "name": None}]}, {"stats": [{**row, "num_requests": "1"}]},
    {"stats": [{**row, "num_requests": float("nan")}]},
    {"stats": [{**row, "min_response_time": []}]}, {"stats": [{**row, "response_times": {"1": 1}}]},
    {"stats": [{**row, "response_times": {1: -1}}]}, {"stats": [row] * 5001}, {"stats_total": None}, {"errors": []},
    {"errors": {"k": {**error, "error": "x" * 1001}}}, {"errors": {"k": {**error, "occurrences": -1}}},
    {"user_classes_count": {"x": "1"}},
):
    assert refused("stats", {**whole, **wrong}).startswith("what a worker says: "), wrong
"""


def test_message_of_a_worker_is_bounded_and_checked() -> None:
    claims = [sys.executable, "-c", _SETUP + _BOUNDED + _REFUSED]
    ended = subprocess.run(claims, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
