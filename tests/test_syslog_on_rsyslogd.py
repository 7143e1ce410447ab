"""A phone that logs to a real syslog server: what arrived is held against the phone's own log."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.syslog import SyslogSender
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import configured, element, master
from tests.real_servers.rsyslogd import Message, Rsyslogd, rsyslogd

pytestmark = [pytest.mark.real, pytest.mark.server("rsyslogd", "syslog")]

# By rsyslogd's own names (field notes 4.1).
SEVERITIES = {"*": "notice", "3": "info", "4": "err"}
PRIORITIES = {"*": 16 * 8 + 5, "3": 16 * 8 + 6, "4": 16 * 8 + 3}
LEVELS = {"log.level.change.copy": "3"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Rsyslogd]:
    with rsyslogd(tmp_path / "rsyslog") as running:
        yield running


def files(server: str, **values: str) -> dict[str, bytes]:
    """A boot server's files that tell phones to log to a server."""
    parameters = {f"device.syslog.{name}": value for name, value in {"serverName": server, **values}.items()}
    in_effect = {f"{name}.set": "1" for name in parameters} | {"device.set": "1"}
    return {
        "000000000000.cfg": master(CONFIG_FILES="log.cfg, site.cfg"),
        "log.cfg": element("device", parameters | in_effect | LEVELS),
        "site.cfg": configured("LDAP", "UsbAudio"),
    }


def second_boot(server: Rsyslogd, source: str = "127.0.0.1", **values: str) -> list[str]:
    """The phone's log of the boot after the one that brought the configuration, all of which the server may have."""
    network = Network(syslog=SyslogSender(source))
    with VirtualPhone("http://boot.example/", transport=serve(files(server.name, **values)), network=network) as phone:
        phone.boot()
        first = len(phone.log.splitlines())
        phone.boot()
        lines = phone.log.splitlines()[first:]
    assert {level(line) for line in lines} == {"*", "3", "4"}
    return lines


def level(line: str) -> str:
    return line.split("|")[2]


@pytest.mark.shows("log by syslog")
def test_every_line_of_a_boot_arrives_as_it_was_logged(server: Rsyslogd) -> None:
    lines = second_boot(server, "127.0.0.7", renderLevel="0")
    expected = [
        Message(
            sender="127.0.0.7",
            facility="local0",
            severity=SEVERITIES[level(line)],
            raw=f"<{PRIORITIES[level(line)]}>{line}",
        )
        for line in lines
    ]
    assert server.messages()[-len(lines) :] == expected


def test_lines_below_the_render_level_are_kept_back(server: Rsyslogd) -> None:
    lines = [line for line in second_boot(server, renderLevel="4") if level(line) != "3"]
    found = [message.raw.partition(">")[2] for message in server.messages()]
    assert found[-len(lines) :] == lines
    assert not any(level(line) == "3" for line in found)


def test_mac_and_a_bar_stand_before_the_line(server: Rsyslogd) -> None:
    lines = second_boot(server, renderLevel="0", prependMac="1")
    found = [message.raw for message in server.messages()]
    assert found[-len(lines) :] == [f"<{PRIORITIES[level(line)]}>0004f2000001|{line}" for line in lines]


@pytest.mark.parametrize(("facility", "name"), [("0", "kern"), ("1", "user"), ("23", "local7")])
def test_facility_is_the_one_that_is_set(server: Rsyslogd, facility: str, name: str) -> None:
    second_boot(server, facility=facility)
    assert {message.facility for message in server.messages()} == {name}


def test_first_boot_logs_there_from_the_configuration_on(server: Rsyslogd) -> None:
    network = Network(syslog=SyslogSender())
    with VirtualPhone(
        "http://boot.example/", transport=serve(files(server.name, renderLevel="0")), network=network
    ) as phone:
        phone.boot()
        lines = phone.log.splitlines()
    found = [message.raw.partition(">")[2] for message in server.messages()]
    assert found == lines[-len(found) :]
    assert "cfgCfsFlashKeyScratchLoad: key is blank" in found[0]


def test_transport_none_sends_nothing(server: Rsyslogd) -> None:
    second_boot(server, renderLevel="0", transport="None")
    assert server.messages() == []


def test_boot_verb_logs_there(server: Rsyslogd) -> None:
    with BootServer(MemorySite(files(server.name, renderLevel="0"))) as boot_server:
        words = ["boot", "--server", boot_server.url, "--now", "2026-03-02", "--log-style", "phone"]
        done = CliRunner().invoke(main, words, prog_name="phone-sim")
    lines = done.stdout.splitlines()
    found = [message.raw.partition(">")[2] for message in server.messages()]
    assert done.exit_code == 0
    assert found == lines[-len(found) :]
    assert any("|lic  |4|00|" in line for line in found)
