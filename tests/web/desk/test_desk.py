"""A desk of phones: what they go through is what is written down, and the licenses are an authority's real ones."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time

from phone_sim.authority.license_authority import open_authority
from phone_sim.errors import UsageError
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.screen import RECONFIGURING
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_models
from phone_sim.web.desk import views
from phone_sim.web.desk.desk import PHONES_LIMIT, Desk
from phone_sim.web.desk.events import KEPT, EventLog
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.desk.server import DeskServer
from tests.web.desks import NOW, desk_at, desk_server, eventually

LAST_DAY = date(2026, 3, 5)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desk_at() as desk:
        yield desk


@pytest.fixture
def phone(desk: Desk) -> DeskPhone:
    phone = desk.do(lambda: desk.put("SPIP_670"))
    desk.do(phone.switch_power)
    return phone


def features_on(desk: Desk, phone: DeskPhone) -> set[str]:
    view = desk.do(lambda: views.phone_view(desk, phone))
    return {one["key"] for one in view["features"] if one["on"]}


def kinds(phone: DeskPhone) -> list[str]:
    return [one.kind for one in phone.events.after(0)]


@pytest.mark.slow
def test_desk_begins_at_the_present_second() -> None:
    with freeze_time(NOW + timedelta(microseconds=5)), desk_server() as server, Desk(server, speed=0) as desk:
        assert desk.time.now == NOW


@pytest.mark.slow
def test_boot_is_written_down(phone: DeskPhone) -> None:
    events = phone.events.after(0)
    assert [one.values["state"] for one in events if one.kind == "state"] == ["booting", "idle"]
    asked = [one.values["path"] for one in events if one.kind == "request"]
    assert asked[:2] == [f"{phone.mac}.cfg", "000000000000.cfg"]
    assert f"{phone.mac}-license.cfg" in asked
    lines = [one.values["text"] for one in events if one.kind == "line"]
    assert "License: feature LDAP is not available" in lines
    assert events[-1].number == phone.events.last == len(events)
    assert {one.at for one in events} == {NOW}


@pytest.mark.slow
def test_phone_license_is_fetched_at_the_next_boot(desk: Desk, phone: DeskPhone) -> None:
    number = desk.do(lambda: desk.license(phone.mac, None))
    assert features_on(desk, phone) == set()
    desk.do(phone.boot)
    assert features_on(desk, phone) == {"UsbAudio", "NwayConference", "LDAP", "VoiceQualityMetrics"}
    with open_authority(desk.server.authority_folder) as authority:
        order = authority.ledger.order(number)
        assert order is not None
        assert [one.serial for one in authority.ledger.redemptions(number=number)] == [phone.mac.serial]


@pytest.mark.slow
def test_license_forged_twice_gives_nothing(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.license(phone.mac, None))
    for _ in range(2):
        desk.do(lambda: desk.server.forge(phone.mac))
    desk.do(phone.boot)
    assert "cfgCfsXmlKeyValidate: Key signature is not valid" in str(phone.events.after(0))
    assert features_on(desk, phone) == set()


@pytest.mark.slow
def test_forged_license_gives_nothing(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.license(phone.mac, None))
    desk.do(lambda: desk.server.forge(phone.mac))
    desk.do(phone.boot)
    assert features_on(desk, phone) == set()
    assert any("Key signature is not valid" in str(one.values.get("text")) for one in phone.events.after(0))


@pytest.mark.slow
def test_license_that_ends_reboots_the_phone_in_real_time(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.license(None, LAST_DAY))
    desk.do(phone.boot)
    eve, check = desk.do(lambda: desk.expiry_of(phone.mac))
    assert eve < check
    desk.do(lambda: desk.time.go_to(eve))
    assert eventually(lambda: desk.time.goal is None)
    assert features_on(desk, phone)
    view = desk.do(lambda: views.phone_view(desk, phone))
    assert view["licenses"][0]["days_left"] == 1
    desk.do(lambda: desk.time.go_to(check + timedelta(minutes=1)))
    assert eventually(lambda: desk.time.goal is None)
    assert features_on(desk, phone) == set()
    assert phone.driver.reboots[-1] == "a license has expired"
    frames = [one.values["frame"] for one in phone.events.after(0, "frame")]
    assert any(frame["lines"] == [RECONFIGURING] for frame in frames)


@pytest.mark.slow
def test_server_that_is_down_is_met_and_comes_back(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.server.switch(up=False))
    desk.do(phone.boot)
    assert any("No configuration from the boot server" in str(one.values.get("text")) for one in phone.events.after(0))
    desk.do(lambda: desk.server.switch(up=True))
    before = phone.events.last
    desk.do(phone.boot)
    assert any(one.values["outcome"] == "ok" for one in phone.events.after(before, "request"))


@pytest.mark.slow
def test_faults_are_set_whole_or_not_at_all(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.server.set_faults(["503 file=*-license.cfg"]))
    with pytest.raises(UsageError, match="nonsense"):
        desk.do(lambda: desk.server.set_faults(["404", "nonsense"]))
    assert desk.do(lambda: views.server_view(desk))["faults"] == ["503 file=*-license.cfg"]
    desk.do(phone.boot)
    asked = [one.values for one in phone.events.after(0, "request")]
    assert any(one["status"] == 503 and not one["missing"] for one in asked if "license" in one["path"])
    assert any(one["status"] == 404 and one["missing"] for one in asked)


def test_cut_power_turns_the_display_off(desk: Desk, phone: DeskPhone) -> None:
    desk.do(phone.switch_power)
    assert phone.state is State.OFF
    assert phone.events.after(0, "frame")[-1].values["frame"] is None
    assert desk.do(lambda: views.tile_view(phone))["frame"] is None


@pytest.mark.parametrize("model", [model.token for model in load_models()])
def test_every_model_boots_on_the_desk(desk: Desk, model: str) -> None:
    phone = desk.do(lambda: desk.put(model))
    desk.do(phone.switch_power)
    view = desk.do(lambda: views.phone_view(desk, phone))
    assert view["state"] == "idle"
    assert view["frame"]["lines"]


def test_full_desk_takes_no_more(desk: Desk) -> None:
    phones = [desk.do(lambda: desk.put("SPIP_320")) for _ in range(PHONES_LIMIT)]
    assert len({phone.mac for phone in phones}) == PHONES_LIMIT
    with pytest.raises(UsageError, match="all that it holds"):
        desk.do(lambda: desk.put("SPIP_320"))
    desk.do(lambda: desk.take(phones[0].mac))
    desk.do(lambda: desk.put("SPIP_320"))


def test_unknown_phone_and_model_are_said(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no phone"):
        desk.do(lambda: desk.take(MacAddress("0004f2ffffff")))
    with pytest.raises(UsageError):
        desk.do(lambda: desk.put("SPIP_999"))


@pytest.mark.slow
def test_clear_takes_phones_licenses_and_faults_away(desk: Desk, phone: DeskPhone) -> None:
    desk.do(lambda: desk.license(phone.mac, None))
    desk.do(lambda: desk.server.set_faults(["404"]))
    desk.do(lambda: desk.server.switch(up=False))
    desk.do(desk.clear)
    view = desk.do(lambda: views.desk_view(desk))
    assert view["phones"] == []
    assert view["server"] | {"url": ""} == {"url": "", "ours": True, "up": True, "faults": [], "license_files": []}


@pytest.mark.slow
def test_files_of_somebodys_own_site_are_never_changed(tmp_path: Path) -> None:
    own = f"{MacAddress('0004f2000001')}-license.cfg"
    (tmp_path / own).write_bytes(b"somebody's own")
    mac, other = MacAddress("0004f2000001"), MacAddress("0004f2000002")
    with DeskServer(folder=tmp_path) as server:
        with pytest.raises(UsageError, match="was not put there by the desk"):
            server.license(mac, "LDAP")
        with pytest.raises(UsageError, match="was not put there by the desk"):
            server.forge(mac)
        server.license(other, "LDAP")
        assert server.forge(other) == f"{other}-license.cfg"
        assert server.remove_licenses() == (f"{other}-license.cfg",)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(own, b"somebody's own")]


def test_events_are_kept_in_number() -> None:
    log = EventLog()
    for number in range(KEPT + 10):
        log.add(NOW, "line", line=str(number))
    kept = log.after(0)
    assert len(kept) == KEPT
    assert kept[0].number == 11
    assert [one.number for one in log.after(KEPT + 8)] == [KEPT + 9, KEPT + 10]
