"""A fleet against the same phones one by one, and against what the bulletin says becomes of them."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import inf

import pytest

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.effects import Fetch, FetchReply, Refused, TransferFailed, Upload, UploadReply
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.census import Census
from phone_sim.fleet.fleet import CompletedBoot, Fleet, Listeners
from phone_sim.fleet.fleet_phone import FleetPhone, Shortcoming, ShortcomingKind
from phone_sim.fleet.population.phones import Pattern, Population
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.fleet.virtual_run import FleetFileServer, run_until
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseType
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport.memory import MemoryTransport
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.runtime.virtual_phone import VirtualPhone, request_line
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import LDAP, VOICE_QUALITY

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAST_DAY = date(2026, 3, 20)
FILES = {
    **{f"0004f2{number:06x}-own.cfg": b"<own/>" for number in range(1, 41)},
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="[PHONE_MAC_ADDRESS]-own.cfg, site.cfg"/>',
    "site.cfg": b'<site feature.corporateDirectory.enabled="1" tcpIpApp.sntp.daylightSavings.enable="0"'
    b' log.level.change.copy="4"/>',
    "0004f2000002-own.cfg": b'<own license.polling.time="23:30" tcpIpApp.sntp.gmtOffset="25200"/>',
    "0004f2000003-own.cfg": b'<own license.polling.time="nonsense" log.render.file.upload.append="0"/>',
    "0004f2000004-own.cfg": b'<own prov.polling.enabled="1" prov.polling.time="02:00" log.level.change.cfg="3"/>',
    "0004f2000005-own.cfg": b'<own prov.polling.enabled="1" prov.polling.mode="rel" prov.polling.period="90000"/>',
    "0004f2000006-own.cfg": b'<own prov.polling.enabled="1" prov.polling.mode="random" prov.polling.period="180000"'
    b' prov.polling.timeRandomEnd="06:00"/>',
}
SITE_LICENSE = LicenseShare(type=LicenseType.SITE, share=0.5, bits=(LDAP,), expiry=Expiry.on(LAST_DAY))
OWN_LICENSE = LicenseShare(type=LicenseType.PHONE, share=0.25, bits=(LDAP, VOICE_QUALITY), expiry=NEVER)
POPULATION = Population(
    count=40, seed=5, models={"SPIP_670": 1.0, "SSIP_7000": 1.0}, pattern=Pattern.RAMP, seconds=4000.0
)
UNLICENSED = Shortcoming(ShortcomingKind.NO_LICENSE, "LDAP: no license")
FILE = FleetFile(population=POPULATION, files=FILES, licenses=(SITE_LICENSE, OWN_LICENSE))


class Lived:
    """A fleet that has lived for so many days, and all that its phones asked, logged and booted."""

    def __init__(self, found: FleetFile = FILE, days: int = 60) -> None:
        self.server = FleetFileServer(found)
        self.clock = ManualClock(START)
        self.exchanges: dict[MacAddress, list[str]] = {}
        self.lines: dict[MacAddress, list[str]] = {}
        self.boots: list[CompletedBoot] = []
        phones = range(found.population.count)
        self.fleet = Fleet(
            found.population,
            boot_server="http://boot.example/",
            clock=self.clock,
            transport=lambda _: self.server,
            anchor=load_anchor(),
            expectation=BootExpectation.LICENSED,
            listeners=Listeners(on_exchange=self._asked, on_boot=self.boots.append, on_line=self._logged),
            watched=[found.population.phone(number).mac for number in phones],
        )
        self.fleet.plan(phones)
        run_until(self.fleet, self.clock, START + timedelta(days=days))

    def fleet_phone(self, number: int) -> FleetPhone:
        return self.fleet.switched_on[number]

    def _asked(self, mac: MacAddress, exchange: Exchange) -> None:
        self.exchanges.setdefault(mac, []).append(request_line(exchange))

    def _logged(self, mac: MacAddress, line: str) -> None:
        self.lines.setdefault(mac, []).append(line)


def alone(number: int, days: int = 60) -> VirtualPhone:
    """The same phone by itself, as everything else in this project runs it."""
    planned = POPULATION.phone(number)
    server = FleetFileServer(FILE)
    time = VirtualTime(START)
    time.run(timedelta(seconds=planned.switched_on))
    phone = VirtualPhone(
        "http://boot.example/",
        model=planned.model,
        mac=planned.mac,
        time=time,
        transport=MemoryTransport(server.fetch, server.upload),
    )
    phone.boot()
    time.run_until(START + timedelta(days=days))
    return phone


@pytest.fixture(scope="module")
def lived() -> Lived:
    return Lived()


@pytest.mark.slow
def test_fleet_does_what_single_phones_do(lived: Lived) -> None:
    for number in range(POPULATION.count):
        phone, fleet_phone = alone(number), lived.fleet_phone(number)
        assert lived.lines[phone.mac] == phone.log.splitlines()
        assert lived.exchanges[phone.mac] == [request_line(exchange) for exchange in phone.requests]
        assert fleet_phone.reboots == len(phone.reboots)
        assert fleet_phone.service is not None
        assert [gate.reason for gate in fleet_phone.service.gates] == [
            phone.feature(gate.feature.key).reason for gate in fleet_phone.gates
        ]


def test_site_licenses_end_as_the_bulletin_says(lived: Lived) -> None:
    """The plain model: who depends on a license that ends reboots once, the night after its last day (B12)."""
    for number in range(POPULATION.count):
        planned = POPULATION.phone(number)
        needs_license = planned.model == "SPIP_670"
        has_site, has_own = number % 2 == 1, number % 4 == 3
        loses = needs_license and has_site and not has_own
        assert lived.fleet_phone(number).reboots == int(loses), planned
        expired = [line for line in lived.lines[planned.mac] if "License: key for LDAP" in line]
        at = "0321233000" if number == 1 else "0321020000"
        assert [line.split("|")[0] for line in expired] == [at] * int(loses)
    assert sum(lived.fleet_phone(number).reboots for number in range(POPULATION.count)) >= 3


def test_boots_tell_why_they_are_not_as_expected(lived: Lived) -> None:
    reasons = {boot.shortcoming for boot in lived.boots}
    expired = Shortcoming(ShortcomingKind.NO_LICENSE, "LDAP: license expired, last day 2026-03-20")
    assert reasons == {None, UNLICENSED, expired}
    assert len(lived.boots) == POPULATION.count + sum(phone.reboots for phone in lived.fleet.switched_on.values())
    assert all(boot.seconds > 0 for boot in lived.boots)


def test_idle_phones_share_what_they_have_alike(lived: Lived) -> None:
    alike = [
        phone.service
        for number, phone in lived.fleet.switched_on.items()
        if POPULATION.phone(number).model == "SPIP_670" and number % 4 == 0
    ]
    services = [service for service in alike if service is not None]
    assert len(services) > 2
    for one, other in pairwise(services):
        assert one.session.settings is other.session.settings
        assert one.gates is other.gates
        assert one.configuration.parameters is other.configuration.parameters


def test_own_parameters_stay_a_phones_own(lived: Lived) -> None:
    own, others = lived.fleet_phone(1).service, lived.fleet_phone(4).service
    assert own is not None
    assert others is not None
    assert own.session.settings.polling_time.hour == 23
    assert others.session.settings.polling_time.hour == 2
    assert own.configuration.parameters.layers[-1] is others.configuration.parameters.layers[-1]


def test_ramp_switches_phones_on_one_by_one() -> None:
    lived = Lived(days=0)
    assert set(lived.fleet.switched_on) == {0}
    run_until(lived.fleet, lived.clock, START + timedelta(seconds=1000))
    assert set(lived.fleet.switched_on) == set(range(11))


def test_reboot_by_hand_fetches_a_new_license() -> None:
    lived = Lived(FleetFile(population=Population(count=1), files=FILES), days=1)
    phone = lived.fleet_phone(0)
    assert lived.fleet.shortcoming(phone) == UNLICENSED
    lived.server._licenses = (LicenseShare(type=LicenseType.PHONE, share=1.0, bits=(LDAP,), expiry=NEVER),)
    lived.fleet.reboot(0)
    assert phone.state is State.IDLE
    assert lived.fleet.shortcoming(phone) is None


def test_log_that_nobody_took_is_sent_later() -> None:
    """The upload period is one day (D22); nothing is woken for it where nothing is unsent."""
    lived = Lived(FleetFile(population=POPULATION.of(1), files=FILES), days=1)
    assert lived.fleet_phone(0).log.pending == b""
    assert lived.fleet.next_due() == float("inf")
    down = [True]

    class Failing(FleetFileServer):
        def fetch(self, request: Fetch) -> FetchReply:
            if down[0]:
                return TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
            return super().fetch(request)

    lived.server = Failing(FILE)
    lived.fleet.reboot(0)
    phone = lived.fleet_phone(0)
    no_configuration = Shortcoming(ShortcomingKind.NO_CONFIGURATION, "no configuration: it gives no answer")
    assert lived.fleet.shortcoming(phone) == no_configuration
    assert b"no answer" in phone.log.pending
    down[0] = False
    uploads = len(lived.exchanges[phone.mac])
    run_until(lived.fleet, lived.clock, START + timedelta(days=1, hours=23))
    assert len(lived.exchanges[phone.mac]) == uploads
    run_until(lived.fleet, lived.clock, START + timedelta(days=2, hours=1))
    assert phone.log.pending == b""
    assert lived.exchanges[phone.mac][-1].startswith("PUT http://boot.example/0004f2000001-app.log")


@pytest.mark.slow
def test_reboots_do_not_fill_the_scheduler() -> None:
    fleet = Lived(days=1).fleet
    for _ in range(10):
        for number in range(POPULATION.count):
            fleet.reboot(number)
    assert len(fleet._schedule) < 5 * POPULATION.count
    fleet._drop_stale_entries()
    assert sorted(number for _, number in fleet._schedule) == sorted(
        number for number, phone in fleet.switched_on.items() if phone.due < inf
    )
    assert fleet.next_due() == min(phone.due for phone in fleet.switched_on.values())


def test_phones_with_a_boot_rom_ask_for_the_image_before_they_boot() -> None:
    population = Population(count=3, firmwares={"3.2.4.0267": 1.0}, boot_rom=True)
    files = {"000000000000.cfg": b'<APPLICATION APP_FILE_PATH="sip.ld"/>', "sip.ld": bytes(2000)}
    lived = Lived(FleetFile(population=population, files=files), days=1)
    for number in range(3):
        mac = population.phone(number).mac
        methods = [line.partition(":")[0] for line in lived.exchanges[mac][:7]]
        assert methods == ["GET http"] * 4 + ["PUT http"] + ["GET http"] * 2
        names = [re.sub(r": .*", "", line).rpartition("/")[2] for line in lived.exchanges[mac][:7]]
        stage = ["bootrom.ld", f"{mac}.cfg", "000000000000.cfg", "sip.ld", f"{mac}-boot.log"]
        assert names == [*stage, f"{mac}.cfg", "000000000000.cfg"]
        assert lived.fleet_phone(number).service is not None
    assert len(lived.boots) == 3


class WithoutUploads(FleetFileServer):
    """A boot server that takes no logs."""

    def upload(self, _: Upload) -> UploadReply:
        return Refused("Method Not Allowed", 405)


@pytest.mark.parametrize(
    ("site", "expectation", "kind", "text"),
    [
        (None, "booted", None, ""),
        (None, "configured", ShortcomingKind.FILE_NOT_READ, "site.cfg is not there (HTTP 404 Not Found)"),
        (b"<s>", "configured", ShortcomingKind.FILE_NOT_READ, "site.cfg:1: not well-formed XML: "),
        (b'<s license.polling.time="26:00"/>', "configured", None, ""),
        (
            b'<s license.polling.time="26:00"/>',
            "clean",
            ShortcomingKind.FINDING,
            "site.cfg:1: license.polling.time is ",
        ),
        (b"<s/>", "clean", ShortcomingKind.LOG_NOT_UPLOADED, "the log was not uploaded: HTTP 405 Method Not Allowed"),
    ],
)
def test_phones_with_the_same_files_fall_short_alike(
    site: bytes | None, expectation: str, kind: ShortcomingKind | None, text: str
) -> None:
    master = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>'}
    found = FleetFile(population=Population(count=3), files=master | ({} if site is None else {"site.cfg": site}))
    clock, server = ManualClock(START), WithoutUploads(found)
    fleet = Fleet(
        found.population,
        boot_server="http://boot.example/",
        clock=clock,
        transport=lambda _: server,
        anchor=load_anchor(),
        expectation=BootExpectation(expectation),
    )
    fleet.plan(range(3))
    run_until(fleet, clock, START + timedelta(minutes=30))
    result = Census.of(fleet, range(3)).result()
    assert result["failed_log_uploads"] == 3
    assert result["shortcoming_kinds"] == ({} if kind is None else {kind.value: 3})
    assert [one[: len(text)] for one in result["shortcomings"]] == ([] if kind is None else [text])
