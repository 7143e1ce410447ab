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
_NAMES = """
from itertools import product
from locust.env import Environment
from locust.runners import LocalRunner
from phone_sim.firmware.effects import Fetch, Stream, Streamed, TransferFailed
from phone_sim.firmware.location import Location
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.on_locust.request_names import KIND_LIMIT
from phone_sim.fleet.on_locust.statistics import REASON_LIMIT
from phone_sim.fleet.on_locust.users import reporting
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.exchange import Exchange

environment = Environment()
environment.runner = LocalRunner(environment)
report = reporting(environment).on_exchange
location = Location(url="http://boot.example/sip.ld", credentials=None)
image = Stream(location=location, header=512, reads_all=True, limit=10_000, user_agent="")
reply = Streamed(header=bytes(512), size=4000, is_all=True)
report(MacAddress("0004f2000001"), Exchange(request=image, reply=reply, seconds=0.1))
entry = environment.stats.get("sip.ld", "GET")
assert (entry.num_failures, entry.total_content_length) == (0, 4000)
environment.stats.clear_all()
words = ["".join(letters) for letters in product("abcdefghijkl", repeat=3)]
for number, word in enumerate(words):
    for name in (f"reg-{number}.cfg", f"{word}.cfg"):
        request = Fetch(location=Location(url=f"http://boot.example/{name}", credentials=None), limit=1, user_agent="")
        reply = TransferFailed(FailureKind.BROKEN_OFF, f"\x1b{word}")
        report(MacAddress("0004f2000001"), Exchange(request=request, reply=reply, seconds=0.1))
stats = environment.stats
assert stats.get("reg-*.cfg", "GET").num_requests == len(words)
assert stats.total.num_requests == 2 * len(words)
assert len(stats.entries) <= KIND_LIMIT, len(stats.entries)
assert len(stats.errors) <= REASON_LIMIT + len(stats.entries), len(stats.errors)
assert sum(error.occurrences for error in stats.errors.values()) == 2 * len(words)
assert "\x1b" not in repr([error.to_dict() for error in stats.errors.values()])
"""


def test_statistics_are_kept_small() -> None:
    claims = [sys.executable, "-c", _COUNTS + _NAMES]
    ended = subprocess.run(claims, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
