"""What is found of a whole site: which phones read what, and what is wrong there."""

from collections.abc import Mapping
from datetime import date

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.finding import Finding, Severity
from phone_sim.findings.site import SiteReport, check_site
from phone_sim.findings.subject import make_subject
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from tests.make import element, forged, master, signed_key

DAY = date(2026, 3, 2)
OWN = "0004f2000001"
DEFAULT = "000000000000.cfg"


def checked(files: Mapping[str, bytes], *models: str, firmware: str = "3.3.0", only: str | None = None) -> SiteReport:
    """The report on a site of these files."""
    subject = make_subject(firmware, models=models, on=DAY)
    return check_site(MemorySite(files), subject, only=None if only is None else MacAddress.parse(only))


def found(files: Mapping[str, bytes], *models: str, firmware: str = "3.3.0") -> list[str]:
    """File, line and rule of each finding."""
    report = checked(files, *models, firmware=firmware)
    return [f"{one.place} {one.rule.code}" for one in report.findings]


def site(**parameters: str) -> dict[str, bytes]:
    """A site of one configuration file; a `_` in a parameter stands for a point."""
    values = {name.replace("_", "."): value for name, value in parameters.items()}
    return {DEFAULT: master(CONFIG_FILES="site.cfg"), "site.cfg": element("x", values)}


def one(report: SiteReport, code: str) -> Finding:
    """The only finding of a rule."""
    (finding,) = (each for each in report.findings if each.rule.code == code)
    return finding


def test_nothing_found_says_what_was_looked_at() -> None:
    report = checked(site(log_level_change_sip="3") | {f"{OWN}-phone.cfg": b"<?xml version='1.0'?>\n"}, "SPIP_670")
    assert report.findings == ()
    assert report.as_json()["checked"] == {
        "files_read": 3,
        "files_there": 3,
        "files_elsewhere": 0,
        "phones": 2,
        "models": ["SPIP_670"],
        "firmware": "3.3.0",
    }


def test_file_that_is_no_xml_is_an_error_with_file_line_and_reason() -> None:
    report = checked(site() | {"site.cfg": b'<a\n b.c="1 & 2"/>'})
    (finding,) = report.findings
    assert str(finding).startswith("site.cfg:2: config-not-well-formed not well-formed XML: ")
    assert finding.rule.severity is Severity.ERROR


@pytest.mark.parametrize("data", [b"<html><body/></html>", b"<!DOCTYPE html><html><br></html>"])
def test_web_page_is_told_from_a_damaged_file(data: bytes) -> None:
    assert found(site() | {"site.cfg": data}) == ["site.cfg:1 web-page-as-file"]
    assert found({DEFAULT: data}) == [f"{DEFAULT} no-master-file", f"{DEFAULT}:1 web-page-as-file"]


def test_parameter_files_in_place_of_masters_are_read_and_pointed_out() -> None:
    files = {
        DEFAULT: b'<PHONE_CONFIG><ALL log.levle.change.sip="3"/></PHONE_CONFIG>',
        f"{OWN}.cfg": b"<PHONE_CONFIG><ALL/></PHONE_CONFIG>",
        f"{OWN}-phone.cfg": b'<o tcpIpApp.sntp.gmtOffset="-25201"/>',
    }
    assert found(files) == [
        f"{DEFAULT} parameter-file-as-master",
        f"{DEFAULT}:1 parameter-misspelled",
        f"{OWN}-phone.cfg:1 gmt-offset-unusual",
        f"{OWN}.cfg not-a-master-file",
    ]


def test_listed_file_that_is_missing_is_a_warning_but_a_phone_s_own_one_is_not() -> None:
    listed = "[PHONE_MAC_ADDRESS]-user.cfg, [PHONE_MODEL].cfg, common.cfg, http://192.0.2.1/other.cfg"
    files = {DEFAULT: b"<APPLICATION\n CONFIG_FILES='%s'/>" % listed.encode(), f"{OWN}-phone.cfg": b"<o/>"}
    report = checked(files)
    assert report.checked.files_elsewhere == 1
    assert one(report, "listed-file-missing").message == "common.cfg is not there"
    own = [each for each in report.findings if each.rule.code == "own-file-missing"]
    assert own[0].message == f"{OWN}-user.cfg is not there (1 of 2 phones)"
    assert len(own) == 1 + len(report.checked.models)
    assert {each.place.line for each in report.findings} == {2}
    chosen = checked(files, "SPIP_670")
    assert sum(each.rule.code == "listed-file-missing" for each in chosen.findings) == 2


def test_file_that_no_phone_asks_for_is_pointed_out() -> None:
    files = site() | {
        "old/site.cfg": b"<a/>",
        "0004f2000009-license.cfg": b"<licenses/>",
        "licenses/0004f2000009-license.cfg": b"<licenses/>",
        "001565000001.cfg": b"#!version:1.0.0.1",
        "00156500000A.cfg": b"#!version:1.0.0.1",
        "phone1_212.cfg": b"<a/>",
        "0004F2000002.cfg": master(CONFIG_FILES="site.cfg"),
    }
    lists = {"CONFIG_FILES": "site.cfg", "CONFIG_FILES_SPIP300": "phone1_212.cfg"}
    files[DEFAULT] = master(LICENSE_DIRECTORY="licenses", **lists)
    assert found(files) == [
        "0004F2000002.cfg mac-in-upper-case",
        "0004f2000009-license.cfg file-not-used",
        "licenses/0004f2000009-license.cfg:1 license-no-keys",
        "old/site.cfg file-not-used",
    ]


def test_licenses_and_directories_are_looked_into_where_phones_find_them() -> None:
    wrong = b"<directory><item_list><item/></item_list></directory>"
    files = {
        f"{OWN}.cfg": master(LICENSE_DIRECTORY="lic", CONTACTS_DIRECTORY="dir", CONFIG_FILES="a.cfg"),
        "a.cfg": b"<a/>",
        f"lic/{OWN}-license.cfg": write([signed_key(serial=OWN.upper())]),
        "lic/000000000000-license.cfg": write([signed_key(serial="0004F2000009")]),
        "lic/4f2000001-license.cfg": b"<licenses/>",
        f"dir/{OWN}-directory.xml": wrong,
        "dir/000000000000-directory.xml": wrong,
    }
    of_licenses = [
        "lic/000000000000-license.cfg:2 license-phone-key-in-site-file",
        "lic/000000000000-license.cfg:2 license-phone-not-in-site",
        "lic/4f2000001-license.cfg license-name-not-asked-for",
    ]
    of_directories = ["000000000000", OWN]
    assert found(files) == [
        *(f"dir/{name}-directory.xml:1 directory-entry-without-number" for name in of_directories),
        *of_licenses,
    ]
    files[DEFAULT] = files[f"{OWN}.cfg"]
    assert "license-phone-not-in-site" not in str(found(files)), "any phone can come to a site with a file for all"


def test_activation_file_among_the_configuration_files_is_looked_into() -> None:
    """A well-known server lists it there (field notes 2)."""
    files = site() | {DEFAULT: master(CONFIG_FILES="000000000000-license.cfg, site.cfg")}
    files["000000000000-license.cfg"] = write([forged(signed_key(serial=OWN.upper()))])
    assert [one for one in found(files) if "license-signature" in one] == [
        "000000000000-license.cfg:2 license-signature-not-valid"
    ]


def test_phone_without_a_master_has_no_configuration() -> None:
    report = checked({f"{OWN}-phone.cfg": b"<o/>"})
    assert str(one(report, "no-master-file")).startswith(f"{DEFAULT}: no-master-file phones have no configuration")


def test_only_one_phone_is_looked_at() -> None:
    files = site() | {f"{OWN}.cfg": b"<", "0004f2000002.cfg": b"<"}
    report = checked(files, only=OWN)
    assert {each.place.file for each in report.findings} == {f"{OWN}.cfg"}
    assert report.checked.phones == 1


def test_finding_of_many_phones_is_said_once_with_their_number() -> None:
    files = site(log_level_change_sip="3", log_level_change_cfg="2")
    files |= {f"0004f20000{number:02x}-phone.cfg": b'<o log.level.change.sip="4" a="1"/>' for number in range(16)}
    files["0004f2000000-phone.cfg"] = b'<o log.level.change.sip="2"/>'
    masked = [finding for finding in checked(files).findings if finding.rule.code == "value-masked"]
    here = "site.cfg:1: value-masked log.level.change.sip is '3' here and not in force: it is"
    assert [str(finding) for finding in masked] == [
        f"{here} '2' in 0004f2000000-phone.cfg, line 1 (1 of 17 phones)",
        f"{here} '4' in <mac>-phone.cfg, line 1 (15 of 17 phones)",
    ]
    assert masked[0].what_to_do == "Compare with 0004f2000000-phone.cfg:1."


def test_limits_of_config_files_are_pointed_out() -> None:
    report = checked({DEFAULT: master(CONFIG_FILES=f"site.cfg,{'n' * 256}.cfg"), "site.cfg": b"<a/>"})
    assert "longer than 255 characters" in one(report, "config-files-cut").message


def test_name_in_other_letters_is_told() -> None:
    files = {DEFAULT: master(CONFIG_FILES="Site.cfg"), "site.cfg": b"<a/>"}
    assert (
        one(checked(files), "listed-file-missing").what_to_do == "The site has site.cfg: the case of letters matters."
    )


def test_file_that_cannot_be_given_is_an_error() -> None:
    files = {DEFAULT: master(CONFIG_FILES="../site.cfg")}
    assert found(files) == ["../site.cfg file-not-readable"]


def test_file_of_one_phone_that_is_listed_for_all_and_not_there_is_missed() -> None:
    missing = one(checked({DEFAULT: master(CONFIG_FILES=f"{OWN}-own.cfg")}), "listed-file-missing")
    assert missing.message == f"{OWN}-own.cfg is not there"


def test_files_of_a_phone_have_their_names_and_those_of_several_a_common_one() -> None:
    files = {
        DEFAULT: master(CONFIG_FILES="site.cfg"),
        "site.cfg": element("x", {"log.render.level": "4"}),
        f"{OWN}-web.cfg": element("x", {"log.render.level": "3"}),
        "0004f2000002-web.cfg": element("x", {"log.render.level": "3"}),
    }
    alone = one(checked(files, only=OWN), "value-masked")
    assert alone.message.endswith(f"it is '3' in {OWN}-web.cfg, line 1")
    several = one(checked(files), "value-masked")
    assert several.message.endswith("it is '3' in <mac>-web.cfg, line 1 (2 of 3 phones)")
    assert several.remedy == "Compare with <mac>-web.cfg:1."
