"""What is kept of Locust's counts; in a process of its own, since Locust replaces the sockets."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

_COUNTS = """
from locust.stats import RequestStats
from phone_sim.fleet.on_locust.statistics import SECONDS_KEPT, drop_old_seconds

statistics = RequestStats()
for second in range(1000):
    statistics.log_request("GET", "a.cfg", 5, 100)
    statistics.log_error("GET", "a.cfg", "none")
    entry = statistics.get("a.cfg", "GET")
    for each in (entry, statistics.total):
        for counts in (each.num_reqs_per_sec, each.num_fail_per_sec):
            counts[second] = 1
        each.last_request_timestamp = 999.5
before = statistics.total.num_requests, entry.num_failures, entry.get_response_time_percentile(0.5)
drop_old_seconds(statistics)
assert (statistics.total.num_requests, entry.num_failures, entry.get_response_time_percentile(0.5)) == before
for each in (entry, statistics.total):
    for counts in (each.num_reqs_per_sec, each.num_fail_per_sec):
        assert sorted(second for second in counts if second < 1000) == list(range(999 - SECONDS_KEPT, 1000))
"""


def test_only_late_seconds_are_kept() -> None:
    ended = subprocess.run([sys.executable, "-c", _COUNTS], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
