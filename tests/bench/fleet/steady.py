"""A fleet at steady load, in a process of its own: `python -m tests.bench.fleet.steady URL PHONES RATE MINUTES`.

All phones boot, and from then on one after the other is rebooted, so many a second. Once a minute, at a moment at which
no phone is busy, it prints what this process has, as JSON.
"""

from locust.env import Environment  # isort: skip - at once: it replaces the sockets of the whole process

import gc
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import gevent

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.on_locust.live_fleet import LiveFleet
from phone_sim.fleet.on_locust.statistics import drop_old_seconds
from phone_sim.fleet.on_locust.users import reporting, transports
from phone_sim.fleet.population.phones import Population
from phone_sim.runtime.clock import SystemClock
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.trust_file import load_anchor
from tests.bench.fleet.measured import Sample

AT_ONCE = 50


def sampled(environment: Environment, began: float) -> Sample:
    """What this process has now."""
    statistics = environment.stats
    drop_old_seconds(statistics)
    gc.collect()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return Sample(
        minute=(time.monotonic() - began) / 60,
        memory=int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        open_files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=int(status["Threads"]),
        greenlets=sum(isinstance(each, gevent.Greenlet) and not each.dead for each in gc.get_objects()),
        boots=statistics.get("boot", "BOOT").num_requests,
        requests=statistics.total.num_requests,
        failures=statistics.total.num_failures,
    )


def wait_until_idle(live: LiveFleet) -> None:
    """Wait until nothing goes on with any phone."""
    while live.waiting or live.busy:
        gevent.sleep(0.01)


def soak(url: str, count: int, rate: float, minutes: float) -> None:
    """Let a fleet live, and print a sample a minute as JSON."""
    environment, clock = Environment(host=url), SystemClock()
    environment.create_local_runner()  # it is what counts requests
    listeners = reporting(environment)
    fleet = Fleet(
        Population(count=count),
        boot_server=url,
        clock=clock,
        transport=transports(Limits(answer=5, transfer=60), Tls()),
        anchor=load_anchor(),
        expectation=BootExpectation.LICENSED,
        listeners=listeners,
    )
    live = LiveFleet(fleet, clock, at_once=AT_ONCE)
    began = time.monotonic()
    live.switch_on(range(count))
    wait_until_idle(live)
    next_sample, number, pause = 60.0, 0, 1 / rate
    while (passed := time.monotonic() - began) < 60 * minutes + 1:
        if passed >= next_sample:
            wait_until_idle(live)
            print(json.dumps(asdict(sampled(environment, began))), flush=True)
            next_sample += 60
        number = (number + 1) % count
        gevent.spawn(live.reboot, number)
        gevent.sleep(pause)


if __name__ == "__main__":
    soak(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
