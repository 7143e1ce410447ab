"""Which log lines are syslog messages, and what those look like (field notes 4.1)."""

from typing import Any

import pytest

from phone_sim.firmware.effects import Log
from phone_sim.firmware.host import Host
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.parameters.reader import BadParameter
from phone_sim.firmware.settings import Settings
from phone_sim.firmware.syslog import SyslogServer
from tests.make import MAC, Service, of, settings_of

PREFIX = "device.syslog"
LINE = "0302160000|lic |4|03|License: feature LDAP is not available"
SERVER = SyslogServer(host=Host(name="log.example", port=514))


def settings(told: str = "", device_set: str = "1", **values: str) -> Settings:
    """Settings from `device.syslog` parameters that are all in effect."""
    parameters = {f"{PREFIX}.{name}": value for name, value in values.items()}
    in_effect = {f"{name}.set": "1" for name in parameters}
    found = of(parameters | in_effect | {"device.set": device_set})
    return settings_of(found, LeaseInfo(log_server=told))


def in_effect(**values: str) -> dict[str, Any]:
    """Parameters for `Service`, in effect."""
    given: dict[str, Any] = {f"device_syslog_{name}": value for name, value in values.items()}
    return given | {f"{name}_set": "1" for name in given} | {"device_set": "1"}


@pytest.mark.parametrize(
    ("level", "severity"), [("0", 7), ("1", 7), ("2", 6), ("3", 6), ("4", 3), ("5", 2), ("6", 0), ("*", 5)]
)
def test_level_gives_the_severity(level: str, severity: int) -> None:
    assert SERVER.message(level, LINE, MAC) == f"<{16 * 8 + severity}>{LINE}"


@pytest.mark.parametrize(("facility", "priority"), [(0, "<3>"), (1, "<11>"), (23, "<187>")])
def test_facility_is_in_the_priority(facility: int, priority: str) -> None:
    server = SyslogServer(host=SERVER.host, facility=facility)
    assert server.message("4", LINE, MAC) == priority + LINE


def test_mac_stands_before_the_line() -> None:
    server = SyslogServer(host=SERVER.host, prepends_mac=True)
    assert server.message("4", LINE, MAC) == f"<131>0004f2aabbcc|{LINE}"


@pytest.mark.parametrize("lowest", range(7))
def test_lines_are_sent_from_the_render_level_on(lowest: int) -> None:
    server = SyslogServer(host=SERVER.host, render_level=lowest)
    assert [server.takes(str(level)) for level in range(7)] == [level >= lowest for level in range(7)]
    assert server.takes("*")


def test_server_is_read_with_its_defaults() -> None:
    found = settings(serverName="log.example")
    assert (found.syslog, found.problems) == (SERVER, ())


def test_all_parameters_are_read() -> None:
    found = settings(serverName="192.0.2.9:5514", transport="UDP", facility="23", renderLevel="0", prependMac="1")
    host = Host(name="192.0.2.9", port=5514)
    assert found.syslog == SyslogServer(host=host, facility=23, render_level=0, prepends_mac=True)
    assert found.problems == ()


def test_without_device_set_nothing_is_in_effect() -> None:
    assert settings(device_set="0", serverName="log.example").syslog is None
    assert settings(device_set="", serverName="log.example").syslog is None


def test_parameter_without_its_own_set_is_not_in_effect() -> None:
    values = {
        "device.set": "1",
        f"{PREFIX}.serverName": "log.example",
        f"{PREFIX}.serverName.set": "1",
        f"{PREFIX}.facility": "3",
        f"{PREFIX}.facility.set": "0",
        f"{PREFIX}.renderLevel": "nonsense",
        f"{PREFIX}.transport": "None",
    }
    found = settings_of(of(values))
    assert (found.syslog, found.problems) == (SERVER, ())


def test_log_server_of_the_network_counts_where_none_is_set() -> None:
    assert settings("log.example").syslog == SERVER
    assert settings("log.example", device_set="0").syslog == SERVER
    other = settings("log.example", serverName="192.0.2.9").syslog
    assert other is not None
    assert other.host.name == "192.0.2.9"
    assert settings("log.example", transport="None").syslog is None


@pytest.mark.parametrize("transport", ["None", "none", "0"])
def test_transport_can_switch_it_off(transport: str) -> None:
    found = settings(serverName="log.example", transport=transport)
    assert (found.syslog, found.problems) == (None, ())


@pytest.mark.parametrize("transport", ["UDP", "udp", "1"])
def test_udp_is_spoken(transport: str) -> None:
    assert settings(serverName="log.example", transport=transport).problems == ()


@pytest.mark.parametrize("transport", ["TCP", "TLS", "2", "3"])
def test_other_transport_is_reported_and_udp_used(transport: str) -> None:
    found = settings(serverName="log.example", transport=transport)
    assert found.syslog == SERVER
    (problem,) = found.problems
    assert problem == BadParameter(name=f"{PREFIX}.transport", value=transport, expected="", used="UDP")
    assert problem.objection == "not performed here"
    assert settings(transport=transport).problems == ()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("facility", ["0", "23"], ["24", "-1", "local0"]),
        ("renderLevel", ["0", "6"], ["7", "*"]),
        ("prependMac", ["0", "1"], ["2", "yes"]),
    ],
)
def test_each_number_has_its_range(name: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert settings(serverName="log.example", **{name: value}).problems == ()
    for value in bad:
        found = settings(serverName="log.example", **{name: value})
        assert found.syslog == SERVER
        assert [(one.name, one.value) for one in found.problems] == [(f"{PREFIX}.{name}", value)]


@pytest.mark.parametrize("name", ["two hosts", "log.example:99999", "udp://log.example", "\0"])
def test_server_that_is_no_host_is_reported(name: str) -> None:
    found = settings(serverName=name)
    assert found.syslog is None
    assert [(one.name, one.used) for one in found.problems] == [(f"{PREFIX}.serverName", "none")]


@pytest.mark.parametrize("name", ["", "0.0.0.0"])
def test_empty_address_is_no_server(name: str) -> None:
    found = settings(serverName=name)
    assert (found.syslog, found.problems) == (None, ())


def test_every_line_of_the_level_carries_the_server() -> None:
    service = Service(
        "LDAP", "UsbAudio", log_level_change_copy="3", **in_effect(serverName="log.example", renderLevel="4")
    )
    service.effects.clear()
    service.run(service.phone.reboot())
    service.run(service.phone.restart())
    lines = [effect for effect in service.effects if isinstance(effect, Log)]
    assert {line.level for line in lines} == {"*", "3", "4"}
    assert all(line.syslog == (None if line.level == "3" else SERVER) for line in lines)


def test_transport_that_is_not_performed_is_logged_as_such() -> None:
    service = Service(**in_effect(serverName="log.example", transport="TLS"))
    said = "Parameter device.syslog.transport is TLS (site.cfg, line 1): not performed here, UDP is used"
    assert said in service.log_of("cfg")
    assert service.phone.service is not None
    assert service.phone.service.parameters["device.syslog.transport"].objection == "not performed here"


def test_phone_without_a_server_sends_nothing() -> None:
    service = Service()
    assert {effect.syslog for effect in service.effects if isinstance(effect, Log)} == {None}
