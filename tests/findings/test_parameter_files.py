"""What is found in one configuration file, whatever other files say."""

from datetime import date

import pytest

from phone_sim.findings.finding import Finding
from phone_sim.findings.parameter_files import FINDINGS_LIMIT, check_parameter_file
from phone_sim.findings.subject import make_subject
from tests.make import element

DAY = date(2026, 3, 2)


def findings(data: bytes | dict[str, str], firmware: str = "3.3.0") -> tuple[Finding, ...]:
    """What is found in a file, or in one of these parameters."""
    text = element("x", data) if isinstance(data, dict) else data
    return check_parameter_file("site.cfg", text, make_subject(firmware, on=DAY).known)


def one(data: bytes | dict[str, str], code: str, firmware: str = "3.3.0") -> Finding:
    """The only finding, which is of this rule."""
    (finding,) = findings(data, firmware)
    assert finding.rule.code == code
    assert finding.place.file == "site.cfg"
    return finding


@pytest.mark.parametrize(
    "data",
    [
        b"<PHONE_CONFIG><OVERRIDES/></PHONE_CONFIG>",
        b'<a><feature.corporateDirectory feature.corporateDirectory.enabled="true"/></a>',
        b'<a tcpIpApp.sntp.daylightSavings.enable="false" reg.34.address=""/>',
        b'<a feature.nwayConference.enabled="1" version="3" xmlns:x="y" x:a.b="1"><b xmlns:x="y" x:a.b="2"/></a>',
        b'<a dir.corp.address="ldap://192.0.2.1" dir.corp.transport="tcp"/>',
    ],
)
def test_what_phones_read_well_is_no_finding(data: bytes) -> None:
    assert findings(data) == ()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("feature.corporatedirectory.enabled", "feature.corporateDirectory.enabled"),
        ("feature.callRecording.enable", "feature.callRecording.enabled"),
        ("license.poling.time", "license.polling.time"),
        ("reg.12.adress", "reg.12.address"),
    ],
)
def test_misspelled_name_is_told_with_the_nearest_one(name: str, nearest: str) -> None:
    finding = one({name: "1"}, "parameter-misspelled")
    assert finding.message == f"UC Software 4.0.15 has no parameter {name}; the nearest name is {nearest}"
    assert finding.what_to_do == f"Write {nearest}, if that is meant."
    assert finding.place.line == 1


def test_unknown_name_is_no_more_than_an_information() -> None:
    assert one({"up.x": "1"}, "parameter-unknown").rule.severity.value == "info"


def test_number_out_of_range_is_told_with_the_range() -> None:
    assert one({"reg.35.address": "1"}, "parameter-index-out-of-range").message.endswith("the number is 1 to 34")


def test_value_is_held_against_type_and_range_and_passwords_are_not_shown() -> None:
    values = {"log.render.level": "9", "tcpIpApp.sntp.daylightSavings.enable": "True"}
    assert [each.message for each in findings(values)] == [
        "log.render.level is '9', not 0 to 6: '1' is used",
        "tcpIpApp.sntp.daylightSavings.enable is 'True', not 0, 1, true or false: '1' is used",
    ]
    (secret,) = findings({"reg.1.auth.password": "s3cret" * 100})
    assert "s3cret" not in str(secret)


def test_what_is_set_twice_is_told_with_its_lines() -> None:
    data = (
        b'<a>\n<b log.render.level="1"/>\n<c log.render.level="2"/>\n<d up.mwiVisible="1"/><e up.mwiVisible="1"/></a>'
    )
    different, same = findings(data)
    assert different.message == "log.render.level is set 2 times, in the lines 2, 3; the first counts here"
    assert (different.rule.code, same.rule.code) == ("parameter-duplicate", "parameter-repeated")


def test_names_of_other_firmware_are_one_finding_each_kind() -> None:
    numbered = {"feature.1.name": "presence", "feature.1.enabled": "1", "no.such.name": "1"}
    assert [each.rule.code for each in findings(numbered)] == ["parameter-unknown", "pre-3-3-parameters"]
    assert findings(numbered)[1].message.startswith("feature.1.name and 1 more are of SIP 3.x")
    named = {"feature.corporateDirectory.enabled": "1", "device.set": "1"}
    assert [each.rule.code for each in findings(named, "3.2.3")] == [
        "named-features-before-3-3",
        "parameters-of-other-firmware",
    ]


def test_parameters_outside_of_attributes_are_pointed_out_with_their_lines() -> None:
    data = b'<a>\n<log.render.level>1</log.render.level>\n<b>x\n dir.corp.port="389"</b> up.mwiVisible = "1"\n</a>'
    assert [(each.rule.code, each.place.line, each.place.parameter) for each in findings(data)] == [
        ("parameter-as-element", 2, "log.render.level"),
        ("parameter-as-text", 4, "dir.corp.port"),
        ("parameter-as-text", 4, "up.mwiVisible"),
    ]


@pytest.mark.parametrize("data", [b"<directory><item_list/></directory>", b"<a><b>text</b></a>"])
def test_another_document_sets_nothing(data: bytes) -> None:
    one(data, "no-parameters")


@pytest.mark.parametrize("offset", ["1", "-5", "3599"])
def test_offset_in_hours_is_suspicious(offset: str) -> None:
    one({"tcpIpApp.sntp.gmtOffset": offset}, "gmt-offset-unusual")
    assert findings({"tcpIpApp.sntp.gmtOffset": "20700"}) == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe<\0a\0/\0>\0", "UTF-16"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "document type"),
        (b"<a>" * 300 + b"</a>" * 300, "depth"),
    ],
)
def test_document_that_is_refused_is_told_with_the_reason(data: bytes, reason: str) -> None:
    (finding,) = findings(data)
    assert finding.rule.severity.value == "error"
    assert reason in finding.message


def test_hostile_file_gives_few_findings_whose_texts_are_short_and_plain() -> None:
    many = "".join(f' a{number}.b="1"' for number in range(3000))
    data = f"<x{many} {'n' * 40_000}.b='1' log.render.level='{'9' * 100_000}&#x202e;'>".encode()
    found = findings(data + b'c.d="' * 3000 + b"</x>")
    assert len(found) <= 4 * FINDINGS_LIMIT
    assert found[-1].message.startswith("and ")
    assert all(len(each.message) < 300 and each.message.isprintable() for each in found)
    assert all(len(each.place.parameter) <= 255 for each in found)
