"""`python -m tests.bench.fleet`: what an idle phone of a fleet weighs, and how fast a fleet lives and boots.

Each figure is from a process of its own, so that none has the memory of another.
"""

import gc
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from phone_sim.authority.signing_key import test_signing_key
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population import Population
from phone_sim.fleet.read_population import FleetFile, LicenseShare
from phone_sim.fleet.virtual import FleetFileServer, live
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseType, new_key
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.trust_file import load_anchor
from tests.real_servers.nginx import Nginx

FIXTURES = Path(__file__).parents[2] / "fixtures" / "site"
START = datetime(2026, 3, 2, 8, tzinfo=UTC)
BITS = (0, 1, 2, 3)
OWN = LicenseShare(type=LicenseType.PHONE, share=1.0, bits=BITS, expiry=NEVER)
ENDING = LicenseShare(
    type=LicenseType.SITE, share=1.0, bits=BITS, expiry=Expiry.on((START + timedelta(days=180)).date())
)
MODELS = {"SPIP_670": 5.0, "SPIP_450": 3.0, "SSIP_6000": 1.0, "VVX_1500": 1.0}
FIRST = 100


def site(count: int, *licenses: LicenseShare) -> FleetFile:
    """The fixture site with so many phones of several models, and these licenses."""
    files = {path.relative_to(FIXTURES).as_posix(): path.read_bytes() for path in FIXTURES.rglob("*.cfg")}
    return FleetFile(population=Population(count=count, models=MODELS), files=files, licenses=licenses)


def fleet_of(found: FleetFile, clock: ManualClock) -> Fleet:
    """A fleet on memory, not switched on yet."""
    server = FleetFileServer(found)
    return Fleet(
        found.population,
        boot_server="http://boot.example/",
        clock=clock,
        transport=lambda _: server,
        anchor=load_anchor(),
    )


def resident() -> int:
    """Bytes of memory that this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def idle(count: int) -> str:
    """Bytes of each phone that has booted with a license of its own and is idle; the first hundred are not counted."""
    fleet = fleet_of(site(count, OWN), ManualClock(START))
    for number in range(FIRST):
        fleet.happen(number)
    before, began = resident(), time.perf_counter()
    for number in range(FIRST, count):
        fleet.happen(number)
    seconds = time.perf_counter() - began
    each = (resident() - before) / (count - FIRST)
    return f"{each:,.0f} bytes a phone, {(count - FIRST) / seconds:,.0f} boots/s in memory"


def virtual(count: int) -> str:
    """Days of phones a second, over ten years in which half of them lose a license and reboot for it.

    Only the daily checks that find something are performed; the second figure is how fast each could be.
    """
    clock = ManualClock(START)
    fleet = fleet_of(site(count, replace(OWN, share=0.5), ENDING), clock)
    fleet.plan(range(count))
    began = time.perf_counter()
    live(fleet, clock, START)
    booted = time.perf_counter()
    live(fleet, clock, START + timedelta(days=3650))
    ended = time.perf_counter()
    days, reboots = 3650 * count, sum(member.reboots for member in fleet.members.values())
    assert reboots > count / 4
    for member in fleet.members.values():
        fleet.check(member)
    checks = count / (time.perf_counter() - ended)
    return (
        f"{days / (ended - booted):,.0f} phone-days/s with {reboots} reboots, "
        f"{days / (ended - began):,.0f} with the first boot; {checks:,.0f} single checks/s"
    )


def over_http(count: int) -> str:
    """Boots a second over HTTP against nginx, all switched on at once, each with a license of its own."""
    found = site(count)
    with TemporaryDirectory() as name:
        root = Path(name) / "root"
        for path, data in found.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        macs = [found.population.phone(number).mac for number in range(count)]
        grants = dict.fromkeys(BITS, NEVER)
        keys = [new_key(serial=mac.serial, license_type=LicenseType.PHONE, grants=grants) for mac in macs]
        (root / "licenses").mkdir(exist_ok=True)
        for mac, key in zip(macs, test_signing_key().sign_all(keys), strict=True):
            (root / f"licenses/{mac}-license.cfg").write_bytes(write([key]))
        with Nginx(root, Path(name) / "work") as server:
            words = ["--server", server.url, "--users", f"{count}", "--headless", "--require-licensed", "--json"]
            span = ["--run-time", f"{20 + count // 50}s", "--timeout", "30", "--spawn-rate", "1000"]
            command = [sys.executable, "-m", "phone_sim", "fleet", *words, *span]
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
    result = json.loads(ended.stdout)
    boot = next(row for row in result["requests"] if row["name"] == "boot")
    return (
        f"{boot['rate']:,.0f} boots/s, p95 {boot['p95'] / 1000:.2f} s, "
        f"{result['as_expected']} of {count} up, {len(result['failures'])} kinds of failures"
    )


FIGURES = {
    "idle phones": (idle, (1_000, 10_000, 50_000)),
    "virtual time": (virtual, (1_000, 10_000)),
    "HTTP on loopback": (over_http, (1_000, 10_000)),
}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(FIGURES[sys.argv[1]][0](int(sys.argv[2])))
    else:
        for figure, (_, counts) in FIGURES.items():
            for count in counts:
                words = [sys.executable, "-m", "tests.bench.fleet", figure, f"{count}"]
                found = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
                print(f"| {figure:<16} | {count:>6} | {found} |", flush=True)
