"""Virtual phones on the system's time, which freezegun sets: what they show, log and judge is by the frozen time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from freezegun import freeze_time

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone_life import LICENSE_REBOOT
from phone_sim.licensing.license_file import write
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.sntp import SntpClient
from phone_sim.runtime.system_time import SystemTime
from phone_sim.runtime.transport import Limits, network_transport
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import LDAP, SITE_FILE, configured, master, signed_key, until, utc
from tests.runtime.hostile_http import HostileHttpServer, stalling
from tests.runtime.hostile_sntp import HostileSntpServer, telling
from tests.runtime.hostile_tftp import HostileTftpServer, silent
from tests.runtime.phones import CONFIGURATION, within

NEW_YEARS_EVE = utc("2026-12-31T12:00")
DAY = timedelta(days=1)
FILES = CONFIGURATION | {SITE_FILE: write([signed_key({LDAP: until("2026-12-31")})])}


@pytest.fixture
def phone() -> Iterator[VirtualPhone]:
    """A phone that was made before anybody has frozen the time; its license ends with the year."""
    with VirtualPhone("http://boot.example/", time=SystemTime(), transport=serve(dict(FILES))) as phone:
        yield phone


def test_phone_shows_logs_and_judges_by_the_frozen_time(phone: VirtualPhone) -> None:
    with freeze_time(NEW_YEARS_EVE):
        phone.boot()
        assert phone.time.now == NEW_YEARS_EVE
        assert phone.log.splitlines()[-1].startswith("1231120000|")
        assert phone.feature("LDAP").is_enabled
    with freeze_time(NEW_YEARS_EVE + DAY):
        phone.boot()
        assert phone.feature("LDAP").reason == "license expired, last day 2026-12-31"


def test_tick_brings_the_daily_check_and_the_reboot_about(phone: VirtualPhone) -> None:
    with freeze_time(NEW_YEARS_EVE) as frozen:
        phone.boot()
        frozen.tick(timedelta(hours=12))
        assert not phone.reboots
        frozen.tick(timedelta(hours=12))
        assert phone.reboots == (LICENSE_REBOOT,)
        assert (phone.state, phone.feature("LDAP").is_enabled) == (State.IDLE, False)
        found, *_, rebooted = [line[:10] for line in phone.log.splitlines() if "has expired" in line]
        assert (found, rebooted) == ("0101020000", "0101020005")


def test_every_day_that_was_skipped_has_its_check(phone: VirtualPhone) -> None:
    with freeze_time(NEW_YEARS_EVE - 100 * DAY) as frozen:
        phone.boot()
        frozen.move_to(NEW_YEARS_EVE - DAY)
        assert not phone.reboots
        assert phone.driver.phone.next_check == utc("2026-12-31T02:00")
        frozen.move_to(NEW_YEARS_EVE + 100 * DAY)
        assert phone.reboots == (LICENSE_REBOOT,)
        assert phone.driver.phone.next_check == utc("2027-04-11T01:00")  # daylight saving time


def test_time_that_is_moved_back_is_a_clock_that_was_set_back(phone: VirtualPhone) -> None:
    with freeze_time(NEW_YEARS_EVE) as frozen:
        phone.boot()
        frozen.move_to(NEW_YEARS_EVE - 10 * DAY)
        assert phone.time.now == NEW_YEARS_EVE - 10 * DAY
        assert phone.driver.phone.next_check == utc("2026-12-22T02:00")
        frozen.move_to(NEW_YEARS_EVE + DAY)
        assert phone.reboots == (LICENSE_REBOOT,)


def test_phones_share_the_time_and_its_reboots() -> None:
    with freeze_time(NEW_YEARS_EVE) as frozen:
        time = SystemTime()
        phones = [VirtualPhone("http://boot.example/", time=time, transport=serve(dict(FILES))) for _ in range(2)]
        for phone in phones:
            phone.boot()
        frozen.tick(DAY)
        assert [phone.reboots for phone in phones] == [(LICENSE_REBOOT,)] * 2


def test_clock_that_sntp_has_set_keeps_its_difference() -> None:
    with freeze_time(NEW_YEARS_EVE) as frozen, HostileSntpServer(telling(NEW_YEARS_EVE - DAY)) as server:
        site = configured("LDAP", tcpIpApp_sntp_address=server.name)
        files = FILES | {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": site}
        network = Network(time=SntpClient().tell)
        with VirtualPhone("http://b.example/", time=SystemTime(), transport=serve(files), network=network) as phone:
            phone.boot()
            assert phone.time.now == NEW_YEARS_EVE - DAY
            frozen.tick(timedelta(hours=1))
            assert phone.time.now == NEW_YEARS_EVE - DAY + timedelta(hours=1)
            phone.cut_power()
            frozen.move_to(NEW_YEARS_EVE - DAY)
            assert phone.time.now is None


def test_time_that_passes_by_itself_needs_nobody_to_freeze_it(phone: VirtualPhone) -> None:
    phone.boot()
    before = phone.time.now
    while phone.time.now == before:
        continue
    assert phone.state is State.IDLE


def test_unplugging_makes_up_for_nothing() -> None:
    with freeze_time(NEW_YEARS_EVE):
        phone = VirtualPhone("http://boot.example/", time=SystemTime(), transport=serve(dict(FILES)))
        phone.boot()
    with freeze_time(NEW_YEARS_EVE + DAY):
        phone.close()
    assert phone.driver.reboots == []


def test_real_boot_server_and_its_journal_are_in_the_frozen_time() -> None:
    with freeze_time(NEW_YEARS_EVE) as frozen, BootServer(MemorySite(FILES)) as server:
        with VirtualPhone(server.url, time=SystemTime()) as phone:
            phone.boot()
            assert phone.feature("LDAP").is_enabled
            frozen.tick(DAY)
            assert phone.reboots == (LICENSE_REBOOT,)
        assert {request.at for request in server.journal.requests} == {NEW_YEARS_EVE, NEW_YEARS_EVE + DAY}


@pytest.mark.slow
def test_server_that_never_answers_is_given_up_in_frozen_time() -> None:
    limits = Limits(answer=0.3, transfer=60)
    with freeze_time(NEW_YEARS_EVE), HostileHttpServer(stalling()) as http, HostileTftpServer(silent) as tftp:
        for url in (http.url, tftp.url):
            with VirtualPhone(url, time=SystemTime(), transport=network_transport(limits=limits)) as phone:
                within(phone.boot)
                assert phone.state is State.IDLE
