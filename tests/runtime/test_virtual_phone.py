"""A virtual phone in plain Python, without a network, and virtual time."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

import pytest

from phone_sim.errors import LifecycleError, MacAddressError, UsageError
from phone_sim.firmware.effects import Fetch, Fetched
from phone_sim.firmware.keypad import Key
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import AskDirectory, DirectoryAnswered
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.transfer_facts import HttpHead, Redirect
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import MemoryFlash
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from phone_sim.runtime.virtual_phone import VirtualPhone, mac_addresses, request_line
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import LDAP, MAC, PHONE_FILE, SIGNING_KEY, SITE_FILE, configured, master, signed_key, until
from tests.runtime.phones import fetch

URL = "http://boot.example/"


def site(**parameters: str) -> dict[str, bytes]:
    """A boot server that configures the corporate directory for use and polling at 02:00, at GMT."""
    parameters = {"license_polling_time": "02:00", "tcpIpApp_sntp_daylightSavings_enable": "0"} | parameters
    return {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP", **parameters),
    }


def asked(transport: MemoryTransport) -> list[str]:
    """The names of the files that were asked for."""
    return [request.location.name for request in transport.requests if isinstance(request, Fetch)]


def test_phone_is_off_until_it_boots() -> None:
    transport = serve(site())
    with VirtualPhone(URL, mac="00:04:F2:AA:BB:CC", transport=transport) as phone:
        assert (phone.state, str(phone.mac), phone.log, phone.requests) == (State.OFF, "0004f2aabbcc", "", ())
        with pytest.raises(LifecycleError, match="a phone that is off has no features"):
            phone.feature("LDAP")
        phone.boot()
        assert phone.state is State.IDLE
        assert asked(transport)[:3] == ["0004f2aabbcc.cfg", "000000000000.cfg", "site.cfg"]


@pytest.mark.parametrize(("now", "stamp"), [("2021-06-15T12:00", "0615130000"), ("2021-12-15T12:00", "1215120000")])
def test_stamps_are_gmt_by_the_stock_daylight_saving_rule_unless_configured(now: str, stamp: str) -> None:
    files = {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": b"<a log.level.change.lic='0'/>"}
    with VirtualPhone(URL, firmware="4.0.11", transport=serve(files), time=VirtualTime(now)) as phone:
        phone.boot()
        assert {line.partition("|")[0] for line in phone.log.splitlines()} == {stamp}


def test_reboot_brings_the_license() -> None:
    files = site()
    with VirtualPhone(URL, mac=MAC, transport=serve(files)) as phone:
        phone.boot()
        assert not phone.feature("LDAP").is_enabled
        assert phone.feature("LDAP").reason == "no license"
        assert phone.licenses().lines == ("No license installed.",)
        files[PHONE_FILE] = write([signed_key({LDAP: NEVER})])
        phone.boot()
        assert phone.feature("LDAP").is_enabled
        assert phone.licenses().lines == ("Corporate Directory: Does not expire",)
        assert phone.reboots == ("by hand",)


@pytest.mark.parametrize(("model", "is_enabled"), [("VVX_1500", True), ("SPIP_670", False)])
def test_built_in_feature_is_enabled(model: str, is_enabled: bool) -> None:
    with VirtualPhone(URL, model=model, transport=serve(site())) as phone:
        phone.boot()
        assert phone.feature("LDAP").is_enabled is is_enabled


def test_unknown_feature_is_named_with_those_there_are() -> None:
    with VirtualPhone(URL, transport=serve(site())) as phone:
        phone.boot()
        with pytest.raises(UsageError, match=r"'tea' is no feature; those there are: UsbAudio .*LDAP \(Corporate Dir"):
            phone.feature("tea")


@pytest.mark.parametrize("name", ["LDAP", "ldap", "Corporate Directory", " corporate directory"])
def test_feature_goes_by_key_and_full_name(name: str) -> None:
    with VirtualPhone(URL, transport=serve(site())) as phone:
        phone.boot()
        assert phone.feature(name).feature.key == "LDAP"


def test_trust_may_be_a_file(tmp_path: Path) -> None:
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(SIGNING_KEY.anchor.pem())
    files = site() | {PHONE_FILE: write([signed_key({LDAP: NEVER})])}
    with VirtualPhone(URL, mac=MAC, trust=anchor, transport=serve(files)) as phone:
        phone.boot()
        assert phone.feature("LDAP").is_enabled


def test_later_firmware_asks_always() -> None:
    for rule, firmware, names in ((None, "4.0.1", 2), (None, "3.3.0", 0), (True, "3.3.0", 2)):
        transport = serve({"000000000000.cfg": master()})
        with VirtualPhone(URL, firmware=firmware, always_fetches_license=rule, transport=transport) as phone:
            phone.boot()
        assert len([name for name in asked(transport) if name.endswith("-license.cfg")]) == names


def test_flash_outlives_the_phone() -> None:
    flash = MemoryFlash()
    files = site() | {PHONE_FILE: write([signed_key({LDAP: NEVER})])}
    with VirtualPhone(URL, mac=MAC, flash=flash, transport=serve(files)) as phone:
        phone.boot()
    with VirtualPhone(mac=MAC, flash=flash, transport=serve(site())) as phone:
        phone.boot()
        assert phone.feature("LDAP").is_enabled


def test_changes_are_uploaded_and_outlive_the_phone() -> None:
    flash, transport = MemoryFlash(), serve(site())
    with VirtualPhone(URL, mac=MAC, flash=flash, transport=transport) as phone:
        with pytest.raises(LifecycleError, match="boot it first"):
            phone.change("log.render.level", "2")
        phone.boot()
        phone.change("log.render.level", "2", by="web")
        phone.add_contact("1001", first_name="Ann")
        with pytest.raises(UsageError, match="'tr069' is not where changes are made; expected one of: phone, web"):
            phone.change("log.render.level", "2", by="tr069")
        assert [one.method for one in phone.asked("*-web.cfg")] == ["GET", "PUT"]
        assert len(phone.asked("*-directory.xml")) == 3  # the phone's own, the seed, and the upload
    with VirtualPhone(URL, mac=MAC, flash=flash, transport=serve(site())) as phone:
        phone.boot()
        assert phone.parameter("log.render.level").value == "2"
        assert phone.press("directories", "1").shows("Ann")


def test_log_and_requests_outlive_the_plug() -> None:
    phone = VirtualPhone(URL, transport=serve(site()))
    phone.boot()
    phone.close()
    assert phone.state is State.OFF
    assert "ldap: Not Licensed" in phone.log
    assert request_line(phone.requests[1]) == "GET http://boot.example/000000000000.cfg: 38 bytes"
    assert request_line(phone.requests[0]) == "GET http://boot.example/0004f2000001.cfg: HTTP 404 Not Found"
    phone.boot()
    assert phone.log.count("started") == 2


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(UsageError):
        VirtualPhone("boot.example")
    with pytest.raises(UsageError, match="unknown model"):
        VirtualPhone(model="SPIP_1")
    with pytest.raises(MacAddressError):
        VirtualPhone(mac="4f2000001")
    with pytest.raises(UsageError, match=r"firmware 9\.0"):
        VirtualPhone(firmware="9.0")


def test_expired_key_reboots_the_phone_at_the_polling_time() -> None:
    time = VirtualTime("2026-03-10T12:00")
    files = site() | {SITE_FILE: write([signed_key({LDAP: until("2026-03-10")})])}
    with VirtualPhone(URL, time=time, transport=serve(files)) as phone:
        phone.boot()
        time.run_until("2026-03-11T01:59:59")
        assert phone.feature("LDAP").is_enabled
        time.run(timedelta(seconds=1))
        assert phone.screen.lines == ("Reconfiguring network, please wait.",)
        time.run(timedelta(minutes=1))
        assert phone.reboots == ("a license has expired",)
        assert not phone.feature("LDAP").is_enabled


def test_phone_notices_that_the_clock_was_set() -> None:
    time = VirtualTime()
    files = site() | {SITE_FILE: write([signed_key({LDAP: until("2026-03-10")})])}
    with VirtualPhone(URL, time=time, transport=serve(files)) as phone:
        phone.boot()
        time.run(timedelta(days=30))
        assert phone.feature("LDAP").is_enabled
        time.set("2026-03-11T01:00")
        time.run(timedelta(hours=2))
        assert phone.reboots == ("a license has expired",)


def test_call_keeps_the_phone_from_rebooting() -> None:
    time = VirtualTime("2026-03-10T12:00")
    files = site() | {SITE_FILE: write([signed_key({LDAP: until("2026-03-10")})])}
    with VirtualPhone(URL, time=time, transport=serve(files)) as phone:
        phone.boot()
        phone.start_call()
        time.run(timedelta(days=2))
        assert phone.state is State.WAITING_FOR_IDLE
        phone.end_call()
        time.run(timedelta(minutes=1))
        assert phone.reboots == ("a license has expired",)


def test_keys_show_the_licenses() -> None:
    files = site() | {PHONE_FILE: write([signed_key({LDAP: NEVER})])}
    with VirtualPhone(URL, mac=MAC, transport=serve(files)) as phone:
        assert phone.press("menu") == Frame()
        phone.boot()
        page = phone.press("menu", Key.SELECT, "4")
        assert (page.title, page.lines) == ("Licenses", ("Corporate Directory: Does not expire",))
        assert phone.screen == page
        with pytest.raises(UsageError, match="'back' is no key"):
            phone.press("menu", "back")
        assert phone.screen == page


def test_time_is_utc_without_an_offset() -> None:
    time = VirtualTime(datetime(2026, 3, 10, 12))  # noqa: DTZ001 - that is the case
    assert time.now == datetime(2026, 3, 10, 12, tzinfo=UTC)
    time.set("2026-03-10T12:00+07:00")
    assert time.now == datetime(2026, 3, 10, 5, tzinfo=UTC)
    time.run_until(datetime(2026, 3, 10, 13, tzinfo=timezone(timedelta(hours=7))))
    assert time.now == datetime(2026, 3, 10, 6, tzinfo=UTC)


def test_unset_clock_stays_unset_while_time_passes() -> None:
    time = VirtualTime()
    time.run(timedelta(days=1))
    assert time.now is None


def test_time_does_not_pass_backward() -> None:
    time = VirtualTime("2026-03-10")
    with pytest.raises(UsageError, match="time does not pass"):
        time.run_until("2026-03-09")
    with pytest.raises(UsageError, match="time does not pass"):
        time.run(timedelta(seconds=-1))
    with pytest.raises(UsageError, match="'tomorrow' is not a time"):
        time.set("tomorrow")
    assert time.now == datetime(2026, 3, 10, tzinfo=UTC)


def test_mac_addresses_differ_and_repeat_with_the_seed() -> None:
    once, again, other = (list(islice(mac_addresses(seed), 5000)) for seed in ("a", "a", "b"))
    assert len(set(once)) == 5000
    assert once == again
    assert once[:10] != other[:10]


def test_phone_without_a_network_speaks_to_its_boot_server_only() -> None:
    files = site(dir_corp_address="127.0.0.1", dir_corp_attribute_1_name="sn") | {PHONE_FILE: write([signed_key()])}
    with VirtualPhone(URL, mac=MAC, transport=serve(files)) as phone:
        phone.boot()
        assert phone.search_corporate_directory("a").lines == ("The phone has no network.",)
        assert "ldap: " not in phone.log


def test_network_of_the_callers_own_is_asked() -> None:
    asked: list[AskDirectory] = []

    def answer(request: AskDirectory) -> DirectoryAnswered:
        asked.append(request)
        return DirectoryAnswered(entries=({"sn": "Smith"},))

    files = site(dir_corp_address="ldap.example", dir_corp_attribute_1_name="sn") | {PHONE_FILE: write([signed_key()])}
    with VirtualPhone(URL, mac=MAC, transport=serve(files), network=Network(corporate_directory=answer)) as phone:
        phone.boot()
        assert phone.search_corporate_directory("s").lines == phone.screen.lines == ("Smith",)
        phone.cut_power()
        with pytest.raises(LifecycleError, match="off cannot search"):
            phone.search_corporate_directory("s")
    assert [request.search is None for request in asked] == [True, False]


def test_directory_is_searched_from_the_menu_and_read_whole() -> None:
    asked: list[str] = []

    def answer(request: AskDirectory) -> DirectoryAnswered:
        if request.search is None:
            return DirectoryAnswered(entries=())
        asked.append(request.search.filter)
        return DirectoryAnswered(entries=tuple({"sn": f"Smith{number:02}"} for number in range(30)))

    files = site(dir_corp_address="ldap.example", dir_corp_attribute_1_name="sn") | {PHONE_FILE: write([signed_key()])}
    with VirtualPhone(URL, mac=MAC, transport=serve(files), network=Network(corporate_directory=answer)) as phone:
        phone.boot()
        first = phone.press("directories", "2", "S", "m", "select")
        assert (first.title, first.lines[0], first.below) == ("Corporate Directory", "Smith00", True)
        assert len(asked) == 1
        assert "Sm" in asked[0]
        last = phone.press(*["down"] * 40)
        assert (last.lines[-1], last.below) == ("Smith29", False)
        assert phone.press("left").lines == ("Search: Sm_",)
        assert phone.press("delete", "delete", "left").selected == 1
        assert phone.press("menu").title == ""


def test_authorities_are_for_a_transport_that_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give the transport its authorities"):
        VirtualPhone(URL, transport=serve({}), ca_file=tmp_path / "ca.pem")
    with pytest.raises(UsageError, match=r"ca\.pem: No such file or directory"):
        VirtualPhone(URL, ca_file=f"{tmp_path / 'ca.pem'}")


def test_line_of_a_request_shows_where_it_was_redirected() -> None:
    redirect = Redirect(source="http://a.example/x.cfg", target="http://b.example/x.cfg", status=302)
    reply = Fetched(b"<a/>", 200, HttpHead(redirects=(redirect,)))
    line = request_line(Exchange(request=fetch("http://a.example/x.cfg"), reply=reply, seconds=0.1))
    assert line == "GET http://a.example/x.cfg -> 302 http://b.example/x.cfg: 4 bytes"
