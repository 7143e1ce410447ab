"""The fixtures of the pytest plugin, as tests of this project have them; runs of pytest are in `test_pytest_plugin`."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from phone_sim.authority.license_authority import LicenseAuthority
from phone_sim.errors import BootNotAsExpectedError, LicenseFileError, UsageError
from phone_sim.file_request import FileRequest
from phone_sim.pytest_plugin.boot_servers import EmbeddedBootServer
from phone_sim.pytest_plugin.phone_factory import PhoneFactory
from phone_sim.runtime.virtual_time import VirtualTime

pytestmark = pytest.mark.slow

MASTER = '<APPLICATION CONFIG_FILES="site.cfg"/>'
DIRECTORY = '<site feature.corporateDirectory.enabled="1"/>'


def serve(boot_server: EmbeddedBootServer) -> None:
    """A site without licenses."""
    boot_server.put("000000000000.cfg", MASTER)
    boot_server.put("site.cfg", DIRECTORY)


def test_server_gives_the_license(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, license_authority: LicenseAuthority
) -> None:
    boot_server.put("000000000000.cfg", MASTER)
    boot_server.put("site.cfg", '<site voIpProt.H323.enable="1"/>')
    desk = phone(model="VVX_1500", trust=license_authority.anchor)
    boot_server.put(f"{desk.mac}-license.cfg", license_authority.license(desk.mac, "H323"))
    desk.boot()
    assert desk.feature("H323").is_enabled
    assert "License: new key for H323" in desk.log
    assert "0 keys updated" not in desk.log
    assert [r.path for r in boot_server.requests][:2] == [f"{desk.mac}.cfg", "000000000000.cfg"]
    assert f"{desk.mac}-license.cfg" in [r.path for r in boot_server.requests if r.status == 200]


def test_boot_with_a_file_that_cannot_be_read_fails_the_test(
    phone: PhoneFactory, boot_server: EmbeddedBootServer
) -> None:
    serve(boot_server)
    boot_server.put("site.cfg", "<site")
    desk = phone()
    with pytest.raises(BootNotAsExpectedError, match=r"is not configured as expected:\n  site\.cfg:1: "):
        desk.boot()
    desk.boot(expect="booted")
    boot_server.remove("000000000000.cfg")
    desk.boot(expect=None)
    assert desk.shortcomings("booted")


def test_forged_license_leaves_the_feature_off(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, license_authority: LicenseAuthority
) -> None:
    serve(boot_server)
    desk = phone(trust=license_authority.anchor)
    file = license_authority.license(desk.mac, "LDAP")
    boot_server.put(f"{desk.mac}-license.cfg", license_authority.forge(file))
    desk.boot()
    assert not desk.feature("LDAP").is_enabled
    assert "Key signature is not valid" in desk.log


def test_test_pair_is_not_the_authority(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, license_authority: LicenseAuthority
) -> None:
    serve(boot_server)
    desk = phone()
    boot_server.put(f"{desk.mac}-license.cfg", license_authority.license(desk.mac, "LDAP"))
    desk.boot()
    assert desk.feature("LDAP").reason == "no license"


def test_phones_share_the_clock(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, license_authority: LicenseAuthority, phone_clock: VirtualTime
) -> None:
    serve(boot_server)
    boot_server.put("000000000000-license.cfg", license_authority.site_license("2026-12-31", "Productivity Suite"))
    idle, busy = phone(trust=license_authority.anchor), phone(trust=license_authority.anchor)
    phone_clock.set("2026-12-31T12:00")
    idle.boot()
    busy.boot()
    busy.start_call()
    phone_clock.run(timedelta(hours=13))
    assert idle.feature("LDAP").is_enabled
    phone_clock.run_until("2027-01-02")
    assert idle.reboots
    assert not idle.feature("LDAP").is_enabled
    assert not busy.reboots
    busy.end_call()
    phone_clock.run(timedelta(minutes=1))
    assert busy.reboots
    assert not busy.feature("LDAP").is_enabled


def test_boot_server_serves_by_tftp_and_takes_files_away(phone: PhoneFactory, boot_server: EmbeddedBootServer) -> None:
    serve(boot_server)
    boot_server.put("folder/logo.bin", bytes(3))
    phone(url=boot_server.tftp_url).boot()
    assert {r.protocol for r in boot_server.requests} == {"tftp"}
    boot_server.remove("site.cfg")
    names = sorted(path.name for path in boot_server.folder.rglob("*.*") if path.suffix != ".log")
    assert names == ["000000000000.cfg", "logo.bin"]


def test_boot_server_is_empty_for_each_test(boot_server: EmbeddedBootServer) -> None:
    assert not boot_server.requests
    assert not list(boot_server.folder.iterdir())


@pytest.mark.parametrize("address", ["url", "tftp_url"])
def test_boot_server_spoils_answers_of_one_test(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, license_authority: LicenseAuthority, address: str
) -> None:
    serve(boot_server)
    boot_server.put("000000000000-license.cfg", license_authority.site_license(None, "LDAP"))
    boot_server.faults.add("503 file=*-license.cfg nth=1-2")
    desk = phone(url=getattr(boot_server, address), trust=license_authority.anchor)
    desk.boot()
    assert desk.feature("LDAP").reason == "no license"
    assert [r.path for r in boot_server.requests if r.fault] == ["000000000000-license.cfg", f"{desk.mac}-license.cfg"]
    desk.boot()
    assert desk.feature("LDAP").is_enabled
    boot_server.faults.add("down")


def test_boot_server_of_the_next_test_spoils_nothing(phone: PhoneFactory, boot_server: EmbeddedBootServer) -> None:
    serve(boot_server)
    assert not boot_server.faults.rules
    desk = phone()
    desk.boot()
    assert desk.feature("LDAP").reason == "no license"
    assert "No configuration" not in desk.log


@pytest.mark.parametrize("path", ["../secret", "", "folder/"])
def test_boot_server_refuses_paths_that_lead_nowhere(boot_server: EmbeddedBootServer, path: str) -> None:
    with pytest.raises(UsageError, match="cannot be put on"):
        boot_server.put(path, "")
    with pytest.raises(UsageError, match="cannot be removed from"):
        boot_server.remove(path)


def test_boot_server_removes_no_file_that_is_not_there(boot_server: EmbeddedBootServer) -> None:
    with pytest.raises(UsageError, match=r"'a\.cfg' is not on the boot server"):
        boot_server.remove("a.cfg")


def test_boot_server_takes_no_file_over_the_limit(boot_server: EmbeddedBootServer) -> None:
    with pytest.raises(UsageError, match="over the limit"):
        boot_server.put("a.cfg", bytes(17 * 1024 * 1024))


def test_trust_may_be_a_path_as_text(phone: PhoneFactory, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.pem"):
        phone(trust=str(tmp_path / "no.pem"))


def test_license_authority_names_what_it_cannot_sign(license_authority: LicenseAuthority) -> None:
    refusals: tuple[Callable[[], bytes], ...] = (
        lambda: license_authority.license("0004f2000001"),
        lambda: license_authority.license("0004f2000001", "Telepathy"),
        lambda: license_authority.license("4f2000001", "LDAP"),
        lambda: license_authority.site_license("soon", "LDAP"),
        lambda: license_authority.site_license(date(1999, 1, 1), "LDAP"),
        lambda: license_authority.site_license(None, "LDAP", serial="a place"),
    )
    for refused in refusals:
        with pytest.raises(UsageError):
            refused()
    with pytest.raises(LicenseFileError):
        license_authority.forge(b"<html/>")
    file = license_authority.site_license(None, "LDAP")
    with pytest.raises(UsageError, match="malformed key cannot be forged: Options"):
        license_authority.forge(file.replace(b"Options='00000004'", b"Options='4'"))


@pytest.mark.parametrize("phone_model", ["VVX_1500", "SPIP_320"])
@pytest.mark.parametrize("firmware", ["3.2.3", "4.0.1"])
def test_models_and_firmware_are_parameters(phone: PhoneFactory, phone_model: str, firmware: str) -> None:
    desk, other = phone(), phone(model="SPIP_670", firmware="3.3.1")
    assert desk.identity.model.token == phone_model
    assert desk.identity.profile.version.startswith(firmware)
    assert (other.identity.model.token, other.identity.profile.version) == ("SPIP_670", "3.3.1.0000")


@pytest.mark.parametrize("address", ["url", "https_url", "tftp_url"])
def test_phone_and_server_tell_the_same_of_a_request(
    phone: PhoneFactory, boot_server: EmbeddedBootServer, address: str
) -> None:
    serve(boot_server)
    desk = phone(url=getattr(boot_server, address), ca_file=boot_server.ca_file)
    desk.boot()
    told: tuple[Sequence[FileRequest], ...] = (desk.requests, boot_server.requests)
    names = ("method", "url", "path", "headers", "body", "user_agent")
    of_phone, of_server = ([[getattr(one, name) for name in names] for one in each] for each in told)
    assert of_phone == of_server
    assert all(one.seconds > 0 for each in told for one in each)
    failed = [[one.path for one in each if one.status not in (None, 0, 200, 201)] for each in told]
    assert failed[0] == failed[1]
    assert {one.path for one in desk.asked("*-license.cfg")} < set(failed[0])


def test_lines_of_the_log_by_component_and_level(phone: PhoneFactory, boot_server: EmbeddedBootServer) -> None:
    serve(boot_server)
    desk = phone()
    assert desk.lines(component="lic", level=4) == ()
    desk.boot()
    assert [line.rpartition("|")[2] for line in desk.lines(component="lic", level=4)] == [
        "cfgCfsFlashKeyScratchLoad: key is blank",
        "License: feature LDAP is not available",
    ]
    assert "\n".join(desk.lines()) == desk.log
    assert all("|*|" in line for line in desk.lines(level="*"))
    with pytest.raises(UsageError, match="7 is not a level of a phone's log; expected one of: 0, 1"):
        desk.lines(level=7)
    with pytest.raises(UsageError, match=r"'licence' is not a component .*; expected one of: app1, .*lic, "):
        desk.lines(component="licence")
