"""Phones that get the time from a real time server; what it counted is held against what the phones asked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ntplib
import pytest
from click.testing import CliRunner

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import AskTime, NoTime, TimeTold
from phone_sim.licensing.license_file import write
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.sntp import SntpClient
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import LDAP, SITE_FILE, SITE_SERIAL, configured, master, signed_key, until
from tests.real_servers.chronyd import Chronyd, chronyd
from tests.runtime.phones import within

pytestmark = [pytest.mark.real, pytest.mark.server("chronyd", "SNTP")]

SLACK = timedelta(seconds=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Chronyd]:
    with chronyd(tmp_path / "chrony") as running:
        yield running


def files(address: str, last_day: datetime, **parameters: str) -> dict[str, bytes]:
    """A boot server's files, with a site license for the corporate directory."""
    parameters |= {"tcpIpApp_sntp_address": address, "tcpIpApp_sntp_daylightSavings_enable": "0"}
    return {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP", **parameters),
        SITE_FILE: write([signed_key({LDAP: until(f"{last_day:%Y-%m-%d}")}, serial=SITE_SERIAL)]),
    }


def phone(address: str, last_day: datetime, source: str = "127.0.0.1", **parameters: str) -> VirtualPhone:
    """A phone on time of its own that asks from an address of its own."""
    network = Network(time=SntpClient(source_address=source).tell)
    return VirtualPhone(
        "http://boot.example/", transport=serve(files(address, last_day, **parameters)), network=network
    )


def now() -> datetime:
    return datetime.now(UTC)


def test_server_tells_the_machines_time(server: Chronyd) -> None:
    before = now()
    reply = within(lambda: SntpClient().tell(AskTime((server.name,))))
    assert isinstance(reply, TimeTold)
    assert before - SLACK <= reply.instant <= now() + SLACK
    host, _, port = server.name.rpartition(":")
    other = ntplib.NTPClient().request(host, version=4, port=int(port), timeout=60)
    assert abs(datetime.fromtimestamp(other.tx_time, UTC) - reply.instant) < timedelta(seconds=10)
    assert server.questions == {"127.0.0.1": 2}


@pytest.mark.shows("clock")
def test_boot_sets_the_clock_with_one_question(server: Chronyd) -> None:
    before = now()
    with phone(server.name, before + timedelta(days=30), "127.0.0.7") as one:
        one.boot()
        assert one.time.now is not None
        assert before - SLACK <= one.time.now <= now() + SLACK
        assert isinstance(one.feature("LDAP"), Enabled)
        assert f"GMT by {server.name}" in one.log
        assert one.driver.phone.next_check is not None
        assert timedelta() < one.driver.phone.next_check - before <= timedelta(days=1, seconds=10)
    assert server.questions == {"127.0.0.7": 1}


def test_license_that_is_over_by_the_servers_time_is_not_granted(server: Chronyd) -> None:
    with phone(server.name, now() - timedelta(days=2)) as one:
        one.boot()
        assert isinstance(one.feature("LDAP"), NotLicensed)


@pytest.mark.shows("clock")
def test_phone_asks_again_each_period_and_is_put_right(server: Chronyd) -> None:
    period = {"tcpIpApp_sntp_resyncPeriod": "3600"}
    with phone(server.name, now() + timedelta(days=300), "127.0.0.8", **period) as one:
        one.boot()
        one.time.run(timedelta(hours=24, minutes=30))  # the phone's clock runs ahead, and is set back each hour
        assert one.time.now is not None
        assert one.time.now - now() < timedelta(minutes=31)
        assert one.log.count("SNTP: the clock is set to") == 25
        assert one.state is State.IDLE
    assert server.questions == {"127.0.0.8": 25}


def test_server_that_is_not_synchronized_is_passed_over(server: Chronyd, tmp_path: Path) -> None:
    with chronyd(tmp_path / "unsynchronized", "") as other:
        reply = within(lambda: SntpClient().tell(AskTime((other.name,))))
        assert reply == NoTime(f"{other.name}: it is not synchronized")
        reply = within(lambda: SntpClient().tell(AskTime((other.name, server.name))))
        assert isinstance(reply, TimeTold)
        assert reply.server == server.name
        with phone(other.name, now() - timedelta(days=2)) as one:
            one.boot()
            assert one.time.now is None
            assert isinstance(one.feature("LDAP"), Enabled)  # an unset clock expires nothing (D12)
        assert other.questions == {"127.0.0.1": 3}


def test_boot_verb_sets_its_clock(server: Chronyd) -> None:
    with BootServer(MemorySite(files(server.name, now() - timedelta(days=2)))) as boot_server:
        words = ("boot", "--server", boot_server.url, "--json")
        told = CliRunner().invoke(main, [*words, "--sntp"], prog_name="phone-sim")
        unset = CliRunner().invoke(main, [*words, "--unset-clock"], prog_name="phone-sim")
    assert [told.exit_code, unset.exit_code] == [0, 0]
    features = [
        next(one for one in json.loads(done.stdout)["features"] if one["key"] == "LDAP") for done in (told, unset)
    ]
    assert [feature["on"] for feature in features] == [False, True]
    assert server.questions == {"127.0.0.1": 1}


def test_run_verb_goes_by_the_servers_time(server: Chronyd) -> None:
    with BootServer(MemorySite(files(server.name, now() + timedelta(days=30)))) as boot_server:
        until_soon = (now() + timedelta(seconds=2)).isoformat()
        words = ["run", "--server", boot_server.url, "--sntp", "--until", until_soon]
        done = within(lambda: CliRunner().invoke(main, words, prog_name="phone-sim"))
    assert done.exit_code == 0
    assert "SNTP: the clock is set to" in done.stdout
    assert server.questions["127.0.0.1"] >= 1
