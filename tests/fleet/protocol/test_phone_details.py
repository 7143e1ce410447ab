"""The details of one phone, and how strictly a master reads a worker's message with them."""

from datetime import UTC, datetime
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.effects import Fetch, FetchReply, LogContents, Stream, StreamReply, Upload, UploadReply
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.fleet_phone import NOT_SWITCHED_ON
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.population.population_file import FleetFile
from phone_sim.fleet.protocol.message import read_message
from phone_sim.fleet.protocol.phone_details import LOG_LIMIT, PhoneDetails, PhoneDetailsError, planned_phone
from phone_sim.fleet.virtual_run import FleetFileServer
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet.test_fleet import FILES, UNLICENSED

POPULATION = Population(count=3)
PHONE = POPULATION.phone(0)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class PulledPlug:
    """A transport on which every request breaks off the phone's run."""

    def fetch(self, _: Fetch) -> FetchReply:
        raise SystemExit

    def stream(self, _: Stream) -> StreamReply:
        raise SystemExit

    def upload(self, _: Upload) -> UploadReply:
        raise SystemExit

    def close(self) -> None:
        """Nothing is held open."""


def fleet(*later: Transport) -> Fleet:
    """A fleet whose first phone is on, without the license that it needs; its next runs get the transports `later`."""
    transports = iter((FleetFileServer(FleetFile(population=POPULATION, files=FILES)), *later))
    found = Fleet(
        POPULATION,
        boot_server="http://boot.example/",
        clock=ManualClock(NOON),
        transport=lambda _phone: next(transports),
        anchor=load_anchor(),
        expectation=BootExpectation.LICENSED,
    )
    found.run_due(0)
    return found


def sent(details: PhoneDetails) -> Any:
    """The message as it arrives."""
    return msgpack.loads(msgpack.dumps(details.message()), strict_map_key=False)


def read(message: Any) -> PhoneDetails:
    """The details as the master reads them."""
    return PhoneDetails.read(read_message("what a worker says", message), PHONE)


def test_details_name_the_missing_license_and_have_the_log() -> None:
    details = PhoneDetails.of(fleet(), 0)
    assert (details.state, details.shortcoming, details.reboots) == ("idle", UNLICENSED, 0)
    [ldap] = [feature for feature in details.features if feature.key == "LDAP"]
    assert (ldap.is_on, ldap.reason) == (False, "no license")
    assert "License: feature LDAP is not available\n" in details.log
    assert details.result()["log"] == details.log.splitlines()


def test_details_have_the_parameters_and_which_file_set_each() -> None:
    found = PhoneDetails.of(fleet(), 0)
    assert found.result()["parameters"]["feature.corporateDirectory.enabled"] == {
        "value": "1",
        "source": "site.cfg, line 1",
        "masked": "",
    }


def test_details_survive_their_message() -> None:
    details = PhoneDetails.of(fleet(), 0)
    assert read(sent(details)) == details


def test_details_of_a_phone_that_is_off_say_so() -> None:
    details = PhoneDetails.of(fleet(), 1)
    assert (details.is_off, details.shortcoming, details.log) == (True, NOT_SWITCHED_ON, "")
    assert details.result()["log"] == []


def test_long_log_loses_its_beginning() -> None:
    found = fleet()
    line = b"line \xff of a log\n"
    found.switched_on[0].log = LogContents(pending=b"last\n", on_server=line * (LOG_LIMIT // len(line)))
    details = PhoneDetails.of(found, 0)
    assert details.is_cut
    assert details.log.startswith("line \ufffd of a log\n")
    assert details.log.endswith("\nlast\n")
    assert read(sent(details)) == details


def test_boot_that_is_broken_off_leaves_its_log() -> None:
    found = fleet(PulledPlug())
    before = found.log(found.switched_on[0])
    with pytest.raises(SystemExit):
        found.reboot(0)
    assert found.log(found.switched_on[0]).removeprefix(before).count(b"firmware 3.3.0.0000 started") == 1


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("mac", "0004f2000002", "this is not 0004f2000001, which was asked for"),
        ("mac", None, "mac: missing; expected a text"),
        ("log", b"bytes", "log: b'bytes' is not a text"),
        ("log", "x" * (LOG_LIMIT + 1), f"log: the text has more than {LOG_LIMIT} characters"),
        ("is_cut", 0, "is_cut: 0 is not true or false"),
        ("state", "x" * 101, "state: the text has more than 100 characters"),
        ("shortcoming", ["many"], r"shortcoming: \['many'\] is not a table"),
        (
            "shortcoming",
            {"no_kind": "no license"},
            "shortcoming.no_kind: unknown key; expected one of: no_configuration",
        ),
        ("shortcoming", {"no_license": 1}, "shortcoming.no_license: 1 is not a text"),
        ("reboots", -1, "reboots: -1 is not a whole number"),
        ("features", [], r"features: \[\] is not a table"),
        ("features", {"LDAP": "on"}, "features.LDAP: 'on' is not a table"),
        ("features", {"LDAP": {"on": "yes", "reason": ""}}, "features.LDAP.on: 'yes' is not true or false"),
        ("features", {7: {"on": True, "reason": ""}}, "features.7: the key is not a text"),
        ("features", {str(n): {} for n in range(6000)}, "features: it has more than 5000 entries"),
        ("parameters", [], r"parameters: \[\] is not a table"),
        ("parameters", {"a.b": {"value": "1", "source": 1, "masked": ""}}, 'parameters."a.b".source: 1 is not a text'),
    ],
)
def test_broken_message_of_a_worker_is_refused(key: str, value: Any, complaint: str) -> None:
    message = {**sent(PhoneDetails.of(fleet(), 0)), key: value}
    with pytest.raises(UsageError, match=complaint):
        read(message)


@pytest.mark.parametrize("population", [POPULATION, Population(count=2, macs=(MacAddress("00aa00000001"), PHONE.mac))])
def test_phone_is_found_by_its_address(population: Population) -> None:
    for number in range(population.count):
        phone = population.phone(number)
        assert planned_phone(population, phone.mac) == (number, phone)
    with pytest.raises(PhoneDetailsError, match="00bb00000001: no phone has this address; the first has"):
        planned_phone(population, MacAddress("00bb00000001"))
