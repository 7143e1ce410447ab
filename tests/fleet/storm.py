"""A storm in which a share of the requests fails: its phones, what the model is told of them, and what they are found
to be. `python -m tests.fleet.storm URL FILE` runs one on a real server and prints what became of each phone.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from phone_sim.authority.signing_key import test_signing_key
from phone_sim.boot_server.fault_kind import Method
from phone_sim.boot_server.fault_kinds import Down, Reset, Stall, Status, TftpError, Truncate
from phone_sim.boot_server.faults import Fault
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population.phones import Pattern
from phone_sim.fleet.population.population_file import FleetFile, read_fleet_file
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseType, new_key
from phone_sim.mac_address import MacAddress
from tests.fleet.plain_model import BROKEN, MISSING, REFUSED, SILENT, SITE, Case, Failing, Fate, fate
from tests.make import LDAP, SITE_SERIAL

LAST_DAY = date(2026, 1, 20)
START = datetime.fromisoformat("2026-01-05T12:00Z")
PHONES = """\
count = {count}
seed = {seed}
[models]
SPIP_670 = 4
SPIP_321 = 1
SSIP_7000 = 1
[faults]
share = {share}
"""


def population(folder: Path, *, count: int, seed: int, share: float, boot: str = "") -> Path:
    """The file of a population with all kinds of faults."""
    file = folder / "storm.toml"
    file.write_text(PHONES.format(count=count, seed=seed, share=share) + boot)
    return file


@cache
def license_of(number: int, mac: MacAddress) -> tuple[bytes | None, date | None]:
    """The license file of each phone, and its last day: of four one has none, one the site's, two one for ever."""
    if number % 4 == 0:
        return None, None
    if number % 4 == 1:
        return _SITE_FILE, LAST_DAY
    key = new_key(serial=mac.serial, license_type=LicenseType.PHONE, grants={LDAP: NEVER})
    return write([test_signing_key().sign(key)]), None


_SITE_KEY = new_key(serial=SITE_SERIAL, license_type=LicenseType.SITE, grants={LDAP: Expiry.on(LAST_DAY)})
_SITE_FILE = write([test_signing_key().sign(_SITE_KEY)])


def files(found: FleetFile) -> dict[str, bytes]:
    """What the boot server of the storm holds: for one phone in three its own master configuration file, too."""
    held = dict(SITE)
    for number in range(found.population.count):
        mac = found.population.phone(number).mac
        data, _ = license_of(number, mac)
        if data is not None:
            held[f"{mac}-license.cfg"] = data
        if number % 3 == 0:
            held[f"{mac}.cfg"] = SITE["000000000000.cfg"]
    return held


def predicted(found: FleetFile, held: dict[str, bytes], start: datetime, end: datetime, scheme: str) -> Iterator[Fate]:
    """What the plain model says of each phone."""
    for number in range(found.population.count):
        planned = found.population.phone(number)
        rebooted = planned.rebooted
        case = Case(
            mac=planned.mac.digits,
            model=planned.model,
            files=held,
            last_day=license_of(number, planned.mac)[1],
            rebooted=start + timedelta(seconds=rebooted) if rebooted < math.inf else None,
            failing=_failing(found, planned.mac, scheme),
        )
        yield fate(case, start, end)


def _failing(found: FleetFile, mac: MacAddress, scheme: str) -> Callable[[int, bool], Failing | None]:
    population, over_tftp = found.population, scheme == "tftp"

    def failing(count: int, is_upload: bool) -> Failing | None:
        assert population.faults is not None
        method: Method = ("WRQ" if is_upload else "RRQ") if over_tftp else ("PUT" if is_upload else "GET")
        fault = population.faults.drawn(population.seed, mac, count, method)
        return None if fault is None else _in_words(fault, over_tftp)

    return failing


def _in_words(fault: Fault, over_tftp: bool) -> Failing:
    """A fault in the words of the model."""
    match fault.kind:
        case Status(status=404) | TftpError(code=1):
            return Failing(answer=MISSING)
        case Status() | TftpError():
            return Failing(answer=REFUSED)
        case Down():
            return Failing(answer=SILENT)
        case Reset():
            return Failing(end=REFUSED) if over_tftp else Failing(answer=SILENT)
        case Stall():
            return Failing(end=BROKEN)
        case Truncate(size=size):
            return Failing(bytes=lambda data: data[:size])
    return Failing(bytes=fault.corrupted)


def found_fates(fleet: Fleet, requests: Counter[str]) -> Iterator[Fate]:
    """What became of each phone."""
    for _, phone in sorted(fleet.switched_on.items()):
        service = phone.service
        directory = "" if service is None else next(g.reason for g in service.gates if g.feature.key == "LDAP")
        yield Fate(
            state=phone.state.value,
            directory=directory,
            problem="" if service is None else service.configuration.problem,
            boots=1 + phone.reboots,
            requests=requests[phone.mac.digits],
        )


def run(server: str, file: Path) -> list[Fate]:
    """Let the phones of a file boot on a real server, twice where they are rebooted; returns when all of them have."""
    # First, since it replaces the sockets.
    from phone_sim.fleet.on_locust.users import transports  # isort: skip
    import gevent

    from phone_sim.fleet.fleet import Listeners
    from phone_sim.fleet.on_locust.live_fleet import LiveFleet
    from phone_sim.fleet.phone_clock import clock_of
    from phone_sim.runtime.transport import Limits, Tls
    from phone_sim.runtime.trust_file import load_anchor

    found = read_fleet_file(file)
    phones, clock, limits = range(found.population.count), clock_of(found.population), Limits(answer=60, transfer=120)
    asked: Counter[str] = Counter()
    booted: list[object] = []
    fleet = Fleet(
        found.population,
        boot_server=server,
        clock=clock,
        transport=transports(limits, Tls()),
        anchor=load_anchor(),
        patience=0.1,
        listeners=Listeners(on_exchange=lambda mac, _: asked.update((mac.digits,)), on_boot=booted.append),
    )
    live = LiveFleet(fleet, clock, at_once=100)
    live.switch_on(phones)
    boots = 2 if found.population.pattern is Pattern.ROLLING else 1
    while len(booted) < boots * len(phones):
        gevent.sleep(0.1)
    live.stop()
    return list(found_fates(fleet, asked))


if __name__ == "__main__":
    print(json.dumps([asdict(each) for each in run(sys.argv[1], Path(sys.argv[2]))]))
