"""One file is checked by itself: nothing is said that other files would decide."""

from datetime import date
from pathlib import Path

import pytest

from phone_sim.findings.single_file import check_file, is_activation_file
from phone_sim.findings.subject import make_subject
from phone_sim.mac_address import MacAddress
from tests.make import element, master

SUBJECT = make_subject(on=date(2026, 3, 2))
LICENSES = Path(__file__).parents[2] / "fixtures/licenses"


def found(name: str, data: bytes) -> list[str]:
    """Place and rule of each finding."""
    return [f"{one.place} {one.rule.code}" for one in check_file(name, data, SUBJECT).findings]


def test_parameters_are_checked_alone_and_in_force() -> None:
    data = b'<a>\n<b log.render.levle="1"/>\n<c license.polling.time="4:00"/></a>'
    assert found("x/site.cfg", data) == ["x/site.cfg:2 parameter-misspelled", "x/site.cfg:3 value-rejected"]


def test_device_parameter_may_be_switched_on_by_another_file() -> None:
    device = {"device.sntp.serverName": "a", "device.sntp.serverName.set": "1"}
    assert found("site.cfg", element("a", device)) == []
    assert found("site.cfg", element("a", device | {"device.set": "0"})) == ["site.cfg:1 device-parameter-not-set"]


def test_master_is_told_by_its_attributes_or_its_name() -> None:
    assert found("any.cfg", master(CONFIG_FILES="a.cfg,[PHONE_MAC_ADDRESS].cfg")) == []
    assert found("any.cfg", master(CONFIG_FILE="a.cfg", MISC_FILES="")) == ["any.cfg:1 master-attribute-misspelled"]
    assert found("0004F2000001.cfg", b'<a a.b="1"/>') == [
        "0004F2000001.cfg parameter-file-as-master",
        "0004F2000001.cfg:1 parameter-unknown",
    ]
    assert found("site.cfg", b"<a/>") == []


def test_overrides_are_told_by_their_name() -> None:
    declaration = b"<?xml version='1.0'?>\n"
    assert found("0004F2000009-phone.cfg", declaration) == []
    assert found("0004f2000009-phone.cfg", b"") == ["0004f2000009-phone.cfg override-empty"]
    assert found("000000000000-phone.cfg", declaration) == ["000000000000-phone.cfg:2 config-empty"]
    assert found("site.cfg", b"") == ["site.cfg config-empty"]


def test_list_is_cut_for_the_phone_that_is_asked_for() -> None:
    data = master(CONFIG_FILES="[PHONE_MAC_ADDRESS]" + "n" * 244)
    report = check_file("m.cfg", data, SUBJECT, only=MacAddress("0004f2000009"))
    assert [one.rule.code for one in report.findings] == ["config-files-cut"]


@pytest.mark.parametrize(("name", "expected"), [("x.cfg", False), ("0004f2000001-license.cfg", True)])
def test_activation_file_is_told_by_its_name_or_root(name: str, expected: bool) -> None:
    assert is_activation_file(name, b"<html>", is_expected=False) is expected
    assert is_activation_file(name, b"<html>", is_expected=True)
    assert is_activation_file(name, b"<a/>", is_expected=True) is expected


def test_every_activation_file_of_the_fixtures_is_one() -> None:
    files = [path for path in LICENSES.rglob("*.cfg") if path.stem not in ("empty", "web-page")]
    assert len(files) > 15
    assert all(is_activation_file(path.name, path.read_bytes(), is_expected=False) for path in files)
