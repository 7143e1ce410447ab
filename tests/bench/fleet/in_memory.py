"""A fleet without sockets, in a process of its own: `python -m tests.bench.fleet.in_memory WHAT COUNT [ROOT]`.

What is measured is `idle` (what a phone weighs that is up), `boots` (how fast phones boot), `years` (how fast they live
on virtual time) or `polls` (what a day of polls costs). The result is printed as JSON.
"""

import gc
import json
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Stream,
    StreamReply,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.fleet.virtual_run import FleetFileServer, run_until
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseType
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.transport.streamed_file import streamed_from
from phone_sim.runtime.trust_file import load_anchor
from tests.bench.fleet.measured import tell_when_asked
from tests.bench.fleet.site import BITS, MODELS, START, own_configuration, shared_files

OWN = LicenseShare(type=LicenseType.PHONE, share=1.0, bits=BITS, expiry=NEVER)
ENDING = LicenseShare(
    type=LicenseType.SITE, share=1.0, bits=BITS, expiry=Expiry.on((START + timedelta(days=180)).date())
)
NOT_BEFORE = 86400.0
"""Seconds after the start, at which each phone has polled."""
FIRST = 50
"""Phones that boot first and are not measured."""


class Folder:
    """A boot server that reads a folder, without a socket."""

    def __init__(self, root: str) -> None:
        self._root = root

    def fetch(self, request: Fetch) -> FetchReply:
        """Read a file."""
        try:
            # By text: the parts of a Path are kept for ever.
            with open(f"{self._root}{urlsplit(request.location.url).path}", "rb") as file:  # noqa: PTH123
                return Fetched(file.read())
        except FileNotFoundError:
            return NotFound("Not Found", 404)

    def stream(self, request: Stream) -> StreamReply:
        """Read a file without keeping it."""
        return streamed_from(request, self.fetch)

    def upload(self, _: Upload) -> UploadReply:
        """Take a log, and keep it not."""
        return Uploaded()

    def close(self) -> None:
        """Nothing is held open."""


def fleet_of(population: Population, server: Transport) -> tuple[Fleet, ManualClock]:
    """A fleet that is not switched on yet."""
    clock = ManualClock(START)
    fleet = Fleet(
        population, boot_server="http://boot.example/", clock=clock, transport=lambda _: server, anchor=load_anchor()
    )
    return fleet, clock


def boot(fleet: Fleet, numbers: range) -> None:
    """Boot phones, one after the other."""
    for number in numbers:
        fleet.run_due(number)


def resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle(count: int, root: str) -> dict[str, float]:
    """Bytes of each phone that has booted with a license of its own and is up."""
    fleet, _ = fleet_of(Population(count=count, models=MODELS), Folder(root))
    boot(fleet, range(FIRST))
    before = resident()
    boot(fleet, range(FIRST, count))
    return {"bytes": (resident() - before) / (count - FIRST)}


def years(count: int) -> dict[str, float]:
    """Days of phones in a second: of ten years in which every other phone loses a license and reboots for it, of the
    first of these years alone with the first boot of all, and of days each of which is performed by itself.

    The daily checks that find nothing are passed over in the first two: when the next one finds something is reckoned.
    """
    found = FleetFile(
        population=Population(count=count, models=MODELS),
        files=shared_files(),
        licenses=(replace(OWN, share=0.5), ENDING),
    )
    fleet, clock = fleet_of(found.population, FleetFileServer(found))
    fleet.plan(range(count))
    began = time.perf_counter()
    run_until(fleet, clock, START)
    booted = time.perf_counter()
    run_until(fleet, clock, START + timedelta(days=365))
    a_year = time.perf_counter()
    run_until(fleet, clock, START + timedelta(days=3650))
    ended = time.perf_counter()
    reboots = sum(phone.reboots for phone in fleet.switched_on.values())
    assert reboots > count / 4, reboots
    some = list(fleet.switched_on.values())[:1000]
    checked = time.perf_counter()
    for phone in some:
        fleet.check(phone)
    return {
        "ten_years": 3650 * count / (ended - booted),
        "a_year_with_boots": 365 * count / (a_year - began),
        "one_by_one": len(some) / (time.perf_counter() - checked),
        "reboots": reboots,
    }


def polls(count: int) -> dict[str, float]:
    """CPU seconds of a phone for a day in which it polls its configuration files, all of them at once, and for
    a day in which its licenses are checked; each phone has a file of its own."""
    population = Population(count=count, models=MODELS)
    files = shared_files()
    files["site.cfg"] = files["site.cfg"].replace(b"<site>", b'<site prov.polling.enabled="1">', 1)
    macs = [population.phone(number).mac for number in range(count)]
    files |= {f"phones/{mac}.cfg": own_configuration(mac) for mac in macs}
    found = FleetFile(population=population, files=files, licenses=(OWN,))
    fleet, clock = fleet_of(population, FleetFileServer(found))
    boot(fleet, range(count))
    phones = list(fleet.switched_on.values())
    assert all(phone.poll < NOT_BEFORE for phone in phones)
    began = time.process_time()
    run_until(fleet, clock, START + timedelta(days=1))
    polled = time.process_time()
    for phone in phones:
        fleet.check(phone)
    checked = time.process_time()
    assert all(phone.poll >= NOT_BEFORE for phone in phones)
    return {"poll": (polled - began) / count, "check": (checked - polled) / count}


def main(what: str, first: int, count: int, root: str) -> None:
    """Measure it."""
    if what == "idle":
        print(json.dumps(idle(count, root)))
    elif what == "years":
        print(json.dumps(years(count)))
    elif what == "polls":
        print(json.dumps(polls(count)))
    else:
        fleet, _ = fleet_of(Population(count=first + count), Folder(root))
        boot(fleet, range(first, first + FIRST))
        tell_when_asked(lambda: boot(fleet, range(first + FIRST, first + count)), count - FIRST)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
