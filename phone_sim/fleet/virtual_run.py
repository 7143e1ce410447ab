"""Runs a fleet on virtual time, without sockets, until a given day.

The boot server is a function: it answers with the files of the population, and signs a phone's license with the test
pair when the phone asks for it (D5). This module does not know the rules of licensing.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from phone_sim.authority.orders import SITE_SERIAL
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.effects import Fetch, FetchReply, Stream, StreamReply, Upload, Uploaded, UploadReply
from phone_sim.fleet.census import census
from phone_sim.fleet.fleet import CompletedBoot, Fleet, Listeners
from phone_sim.fleet.population.phones import Pattern, Population
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.licensing.license_file import FILE_ENDING, write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport.memory import NOT_FOUND, found
from phone_sim.runtime.transport.streamed_file import streamed_from

_BOOT_SERVER = "http://boot.example/"
_TAKEN = Uploaded(204)


class FleetFileServer:
    """A boot server in memory with the files of a population file, and every phone's own activation file."""

    def __init__(self, fleet_file: FleetFile) -> None:
        self._files = fleet_file.files
        self._licenses = fleet_file.licenses
        self._site_key = lru_cache(_site_key)
        self._number_of = _numbers(fleet_file.population)

    def fetch(self, request: Fetch) -> FetchReply:
        """A file, or an activation file that is made now."""
        url = request.location.url
        path = url[len(_BOOT_SERVER) :] if url.startswith(_BOOT_SERVER) else urlsplit(url).path.lstrip("/")
        data = self._files.get(path) or self._activation_file(path.rpartition("/")[2])
        return NOT_FOUND if data is None else found(request, data)

    def stream(self, request: Stream) -> StreamReply:
        """The same, without keeping it."""
        return streamed_from(request, self.fetch)

    def upload(self, _: Upload) -> UploadReply:
        """Accept a log, and drop it."""
        return _TAKEN

    def close(self) -> None:
        """Nothing is held open."""

    def _activation_file(self, name: str) -> bytes | None:
        mac = name.removesuffix(FILE_ENDING)
        if not name.endswith(FILE_ENDING) or (number := self._number_of(mac)) is None:
            return None
        keys = [self._key(share, mac) for share in self._licenses if share.is_of(number)]
        return write(keys) if keys else None

    def _key(self, share: LicenseShare, mac: str) -> LicenseKey:
        if share.type is LicenseType.SITE:
            return self._site_key(share)
        grants = dict.fromkeys(share.bits, share.expiry)
        return test_signing_key().sign(new_key(serial=mac.upper(), license_type=share.type, grants=grants))


class Tally:
    """Counts the boots of a fleet, and the requests of its phones by the minute of the clock."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Count from zero."""
        self._boots = 0
        self._minutes: Counter[datetime] = Counter()

    def on_exchange(self, _: MacAddress, __: Exchange) -> None:
        """Count a request."""
        self._minutes[self._clock.instant().replace(second=0, microsecond=0)] += 1

    def on_boot(self, _: CompletedBoot) -> None:
        """Count a boot."""
        self._boots += 1

    def result(self) -> dict[str, Any]:
        """The counts; the busiest minute is the first one with the most requests."""
        busiest = self._minutes.most_common(1)
        return {
            "boots": self._boots,
            "requests": self._minutes.total(),
            "busiest_minute": {"begins": busiest[0][0].isoformat(), "requests": busiest[0][1]} if busiest else None,
        }


def run_virtual(
    fleet_file: FleetFile,
    *,
    start: datetime,
    end: datetime,
    anchor: TrustAnchor,
    expectation: BootExpectation = BootExpectation.CONFIGURED,
    watched: tuple[MacAddress, ...] = (),
    on_line: Callable[[MacAddress, str], None] = lambda _mac, _line: None,
    is_over: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Run a population from `start` to `end`; the result has its census in the end, and how fast the run was.

    Once `is_over`, no more phones are run, and the result is that of the time so far.

    Raises:
        UsageError: the end is not after the start.
    """
    population = fleet_file.population
    if end <= start:
        raise UsageError(f"{end.isoformat()} is not after the start, {start.isoformat()}")
    server, clock = FleetFileServer(fleet_file), ManualClock(start)
    tally = Tally(clock)
    fleet = Fleet(
        population,
        boot_server=_BOOT_SERVER,
        clock=clock,
        transport=lambda _: server,
        anchor=anchor,
        expectation=expectation,
        listeners=Listeners(on_exchange=tally.on_exchange, on_boot=tally.on_boot, on_line=on_line),
        watched=watched,
    )
    fleet.plan(range(population.count))
    began = time.perf_counter()
    if population.pattern is Pattern.DAY:
        run_until(fleet, clock, start, is_over)
        tally.begin()  # the phones are up: only the day counts
    run_until(fleet, clock, end, is_over)
    seconds = max(time.perf_counter() - began, 0.001)  # a coarse or frozen clock may not have moved
    days = population.count * (clock.instant() - start).total_seconds() / 86400
    return {
        **census(fleet, population.count),
        **tally.result(),
        "phone_days": round(days),
        "seconds": round(seconds, 3),
        "phone_days_per_second": round(days / seconds),
    }


def run_until(fleet: Fleet, clock: ManualClock, end: datetime, is_over: Callable[[], bool] = lambda: False) -> None:
    """Let time pass until the clock shows `end`, or it `is_over`, and run whatever is due on the way."""
    last = (clock.elapsed() + (end - clock.instant())).total_seconds()
    while (due := fleet.next_due()) <= last:
        wait = due - clock.elapsed().total_seconds()
        if wait > 0:
            clock.pass_to(clock.instant() + timedelta(seconds=wait))
        while (number := fleet.take_due(due)) is not None:
            fleet.run_due(number)
            if is_over():
                return
    clock.pass_to(end)


def _site_key(share: LicenseShare) -> LicenseKey:
    grants = dict.fromkeys(share.bits, share.expiry)
    return test_signing_key().sign(new_key(serial=SITE_SERIAL, license_type=share.type, grants=grants))


def _numbers(population: Population) -> Callable[[str], int | None]:
    """The number of the phone with a MAC address in lower case."""
    if population.macs:
        of = {mac.digits: number for number, mac in enumerate(population.macs[: population.count])}
        return of.get
    first = int(population.first_mac.digits, 16)

    def number(mac: str) -> int | None:
        try:
            found = int(mac, 16) - first
        except ValueError:
            return None
        return found if 0 <= found < population.count else None

    return number
