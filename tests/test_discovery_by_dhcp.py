"""Phones that find their boot server by DHCP, on a network of the test's own; what dnsmasq logged is the judge."""

import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phone_sim.licensing.license_file import write
from tests.make import configured, master, signed_key
from tests.real_servers.dhcp import dnsmasq
from tests.real_servers.namespaces import SECONDS, Cable, cable_between, needs_namespaces

pytestmark = [pytest.mark.real, pytest.mark.server("dnsmasq", "DHCP"), needs_namespaces]

MACS = ("0004f2000001", "0004f2000002", "0004f2000003")
NEW_YORK = ":".join(f"{byte:02x}" for byte in struct.pack("!i", -18000))
TFTP = 'dhcp-option=66,"tftp://10.77.0.1/"'


@pytest.fixture
def cable() -> Iterator[Cable]:
    with cable_between() as cable:
        yield cable


@pytest.fixture
def work(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP", tcpIpApp_sntp_daylightSavings_enable="0"),
    }
    for name, data in files.items():
        (site / name).write_bytes(data)
    for mac in MACS:
        (site / f"{mac}-license.cfg").write_bytes(write([signed_key(serial=mac.upper())]))
    return tmp_path


def start(cable: Cable, mac: str, *options: str) -> subprocess.Popen[str]:
    boot = [sys.executable, "-m", "phone_sim", "boot", "--dhcp", cable.interface, "--mac", mac, "--timeout", "1"]
    command = cable.within(cable.phone, *boot, "--now", "2026-03-02T08:00", "--json", *options)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def report(boot: subprocess.Popen[str]) -> dict[str, Any]:
    said, complained = boot.communicate(timeout=SECONDS)
    assert said, complained
    return dict(json.loads(said))


def booted(cable: Cable, *options: str) -> dict[str, Any]:
    return report(start(cable, MACS[0], *options))


def servers(found: dict[str, Any]) -> set[str]:
    return {one["url"].rpartition("/")[0] for one in found["requests"]}


def colons(mac: str) -> str:
    return ":".join(mac[at : at + 2] for at in range(0, 12, 2))


def licensed(found: dict[str, Any]) -> bool:
    return any(one["key"] == "LDAP" and one["on"] for one in found["features"])


@pytest.mark.shows("discovery")
def test_phones_of_one_interface_have_leases_of_their_own(cable: Cable, work: Path) -> None:
    with dnsmasq(cable, work, TFTP) as server:
        reports = [report(boot) for boot in [start(cable, mac) for mac in MACS]]
        assert all(licensed(one) for one in reports)
        assert {mac: name for mac, (_, name) in server.leases.items()} == {
            colons(mac): f"Polycom_{mac}" for mac in MACS
        }
        addresses = {address for address, _ in server.leases.values()}
        assert len(addresses) == len(MACS)
        for mac, one in zip(MACS, reports, strict=True):
            address = server.leases[colons(mac)][0]
            assert any(f"DHCP: address {address}, boot server tftp://10.77.0.1/" in line for line in one["log"])
            assert server.asked_by(colons(mac)) == ["DHCPDISCOVER", "DHCPREQUEST"]
        assert [name for name in server.sent if "license" in name] == [f"{mac}-license.cfg" for mac in MACS]


def test_server_heard_the_words_of_a_real_phone(cable: Cable, work: Path) -> None:
    with dnsmasq(cable, work, TFTP) as server:
        booted(cable)
        assert "vendor class: Polycom-SPIP670" in server.log
        assert f"client provides name: Polycom_{MACS[0]}" in server.log
        asked = "".join(re.findall(r"requested options: (.*)", server.log.partition("DHCPREQUEST")[0]))
        numbers = [int(number) for number in re.findall(r"\b(\d+)\b", asked)]
        assert numbers == [1, 28, 160, 66, 43, 3, 4, 42, 2, 6, 15, 7]


@pytest.mark.shows("discovery")
@pytest.mark.parametrize(
    ("told", "options", "expected"),
    [
        ('dhcp-option-force=160,"tftp://10.77.0.1/one/"\ndhcp-option=66,"tftp://10.77.0.1/two/"', (), "one"),
        (
            'dhcp-option-force=160,"tftp://10.77.0.1/one/"\ndhcp-option=66,"tftp://10.77.0.1/two/"',
            ("--dhcp-options", "66"),
            "two",
        ),
        ('dhcp-option-force=200,"tftp://10.77.0.1/own/"', ("--dhcp-options", "200,66"), "own"),
        ('dhcp-option=66,"tftp://10.77.0.1/named/000000000000.cfg"', (), "named"),
        ('dhcp-option=vendor:Polycom,66,"tftp://10.77.0.1/inside/"', (), "inside"),
    ],
    ids=["160-first", "66-only", "custom-number", "master-named", "inside-43"],
)
def test_option_names_the_boot_server(
    cable: Cable, work: Path, told: str, options: tuple[str, ...], expected: str
) -> None:
    with dnsmasq(cable, work, told):
        assert servers(booted(cable, *options)) == {f"tftp://10.77.0.1/{expected}"}


def test_offset_of_option_2_is_the_phones(cable: Cable, work: Path) -> None:
    with dnsmasq(cable, work, f"{TFTP}\ndhcp-option=2,{NEW_YORK}"):
        log = booted(cable)["log"]
    assert log[0].startswith("0302080000|")  # before the lease it is GMT
    assert log[-1].startswith("0302030000|")


def test_phone_without_a_dhcp_server_goes_by_its_flash(cable: Cable, work: Path, tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    with dnsmasq(cable, work, TFTP):
        assert licensed(booted(cable, *state))
    found = booted(cable, *state)
    assert any("DHCP: no lease: no answer" in line for line in found["log"])
    assert servers(found) == {"tftp://10.77.0.1"}
    assert licensed(found)


def test_interface_that_is_not_there_is_said(cable: Cable) -> None:
    boot = [sys.executable, "-m", "phone_sim", "boot", "--dhcp", "absent0"]
    done = subprocess.run(
        cable.within(cable.phone, *boot), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 2
    assert "absent0" in done.stderr
