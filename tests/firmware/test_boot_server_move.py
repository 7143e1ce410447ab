"""The move to the boot server that `device.prov.*` name: one reboot, no password told, and no circles (D21)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby

import pytest

from phone_sim.firmware.effects import Fetch, FetchReply, TransferFailed, Uploaded
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import Leased
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.flash_file import Flash, MemoryFlash
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.firmware.parameters.test_device_parameters import switched_on
from tests.make import MAC, element, master

SILENT = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


def sites(**parameters: Mapping[str, str]) -> dict[str, dict[str, bytes]]:
    """Boot servers by host, `one` for `one.example`, with the parameters of their phones."""
    return {
        f"{name}.example": {"000000000000.cfg": master(CONFIG_FILES=f"{name}.cfg"), f"{name}.cfg": element("a", values)}
        for name, values in parameters.items()
    }


def to(name: str, **more: str) -> dict[str, str]:
    """Parameters that send a phone to a boot server."""
    return switched_on(prov_serverName=f"http://{name}.example/", **more)


@contextmanager
def phone_of(
    servers: Mapping[str, dict[str, bytes]],
    url: str = "http://one.example/",
    *,
    flash: Flash | None = None,
    network: Network | None = None,
    dhcp: DhcpSettings | None = None,
) -> Iterator[VirtualPhone]:
    def fetch(request: Fetch) -> FetchReply:
        files = servers.get(request.location.url.split("/")[2])
        return SILENT if files is None else serve(files).fetch(request)

    transport = MemoryTransport(fetch, lambda _: Uploaded())
    with VirtualPhone(url, mac=MAC, transport=transport, flash=flash, network=network, dhcp=dhcp) as phone:
        yield phone


def hosts(phone: VirtualPhone) -> list[str]:
    """The boot servers in the order in which they were asked, each once in a row."""
    return [host for host, _ in groupby(one.url.split("/")[2].partition(".")[0] for one in phone.requests)]


def test_phone_reboots_once_and_stays_there() -> None:
    with phone_of(sites(one=to("two"), two={})) as phone:
        phone.boot()
        assert hosts(phone) == ["one", "two"]
        assert phone.reboots == ("the boot server has changed",)
        assert "Boot server is now http://two.example/ (one.cfg, line 1): the phone reboots to use it" in phone.log
        assert [str(move) for move in phone.moves] == ["http://one.example/ to http://two.example/ (one.cfg, line 1)"]
        assert phone.state is State.IDLE
        phone.boot()
        phone.cut_power()
        phone.boot()
        assert hosts(phone) == ["one", "two"]


def test_flash_alone_leads_to_the_new_server_and_a_hand_back_to_the_old_one() -> None:
    flash, servers = MemoryFlash(), sites(one=to("two"), two={}, three={})
    with phone_of(servers, flash=flash) as phone:
        phone.boot()
    with phone_of(servers, "", flash=flash) as phone:
        phone.boot()
        assert hosts(phone) == ["two"]
    servers["one.example"]["one.cfg"] = element("a", {})
    with phone_of(servers, flash=flash) as phone:
        phone.boot()
        assert hosts(phone) == ["one"]
    with phone_of(servers, "", flash=flash) as phone:
        phone.boot()
        assert hosts(phone) == ["one"]


def test_server_that_is_named_already_costs_no_reboot() -> None:
    with phone_of(sites(one=to("one"))) as phone:
        phone.boot()
        assert phone.reboots == ()


def test_new_server_is_not_told_the_password_of_the_old_one() -> None:
    servers = sites(one=to("one", prov_user="u", prov_password="secret"), two={})
    with phone_of(servers, "http://me:hand@one.example/") as phone:
        phone.boot()
        servers["one.example"]["one.cfg"] = element("a", to("two"))
        phone.boot()
        told = {one.url.split("/")[2]: one.request.location.credentials for one in phone.requests}
        assert told["two.example"] is None
        assert told["one.example"] is not None
        assert told["one.example"].user == "u"
        assert "secret" not in phone.log
        assert "hand@" not in phone.log


def test_password_given_by_hand_stays_with_its_own_server() -> None:
    with phone_of(sites(one=to("one")), "http://me:hand@one.example/") as phone:
        phone.boot()
        assert phone.reboots == ()
        assert all(one.request.location.credentials is not None for one in phone.requests)


def test_new_password_alone_is_a_move_to_the_same_server() -> None:
    with phone_of(sites(one=to("one", prov_user="u", prov_password="new"))) as phone:
        phone.boot()
        assert phone.reboots == ("the boot server has changed",)
        assert phone.requests[-1].request.location.credentials is not None


def test_two_servers_that_send_the_phone_to_each_other_are_left_alone() -> None:
    with phone_of(sites(one=to("two"), two=to("one"))) as phone:
        phone.boot()
        assert hosts(phone) == ["one", "two"]
        assert phone.state is State.IDLE
        assert "(two.cfg, line 1) is not used: the phone came from there" in phone.log
        endless = phone.driver.moves.endless
        assert str(endless) == (
            "boot servers send the phone to each other: http://one.example/ to http://two.example/ (one.cfg, line 1), "
            "http://two.example/ to http://one.example/ (two.cfg, line 1)"
        )
        phone.boot()
        assert len(phone.reboots) == 3


def test_long_way_ends_after_eight_moves() -> None:
    names = [chr(ord("a") + number) for number in range(12)]
    servers = sites(**{name: to(following) for name, following in zip(names, [*names[1:], "a"], strict=True)})
    with phone_of(servers, "http://a.example/") as phone:
        phone.boot()
        assert hosts(phone) == names[:9]
        assert "is not used: the phone has moved 8 times already" in phone.log


def test_phone_with_one_boot_server_says_that_it_stays() -> None:
    with phone_of(sites(one=to("two"), two={}), network=Network(other_boot_servers=False)) as phone:
        phone.boot()
        assert hosts(phone) == ["one"]
        assert (
            "Boot server http://two.example/ (one.cfg, line 1) is not used: the phone is set to keep its boot server"
            in (phone.log)
        )


@pytest.mark.parametrize(("use", "expected"), [({}, ["one"]), ({"dhcp_bootSrvUseOpt": "Static"}, ["one", "two"])])
def test_server_of_dhcp_goes_before_unless_the_phone_is_set_to_static(use: dict[str, str], expected: list[str]) -> None:
    network = Network(lease=lambda _: Leased(address="10.0.0.9", options={66: b"http://one.example/"}))
    with phone_of(sites(one=to("two", **use), two={}), "", network=network, dhcp=DhcpSettings()) as phone:
        phone.boot()
        phone.boot()
        assert hosts(phone) == expected
        assert ("is not used: DHCP names another" in phone.log) is (expected == ["one"])


def test_silent_new_server_leaves_the_last_configuration_in_force() -> None:
    with phone_of(sites(one=to("two", sntp_gmtOffset="3600"))) as phone:
        phone.boot()
        assert hosts(phone) == ["one", "two"]
        service = phone.driver.phone.service
        assert service is not None
        assert not service.configuration.answered
        assert phone.parameter("device.sntp.gmtOffset").value == "3600"
        assert len(phone.reboots) == 1


def test_name_that_is_no_address_is_said_without_it() -> None:
    with phone_of(sites(one=switched_on(prov_serverName="http:/u:secret@two.example/"))) as phone:
        phone.boot()
        assert phone.reboots == ()
        assert (
            "Parameter device.prov.serverName is **** (one.cfg, line 1), not the address of a boot server" in phone.log
        )
        assert "secret" not in phone.log


def test_site_that_drops_what_it_set_changes_nothing() -> None:
    values = switched_on(sntp_gmtOffset="-21600", syslog_serverName="two hosts", prov_tagSerialNo="1")
    servers = sites(one=values | {"tcpIpApp.sntp.daylightSavings.enable": "0"})
    with phone_of(servers) as phone:
        phone.boot()
        servers["one.example"]["one.cfg"] = element("a", {})
        phone.boot()
        service = phone.driver.phone.service
        assert service is not None
        assert service.session.settings.zone.gmt_offset == -21600
        assert phone.parameter("device.sntp.gmtOffset").source_text == "kept in flash from an earlier boot (one.cfg)"
        said = "Parameter device.syslog.serverName is two hosts (kept in flash from an earlier boot), not a host name"
        assert said in phone.log
        kept = phone.flash.read()
        assert isinstance(kept, FlashContents)
        assert len(kept.device.values) == 3
