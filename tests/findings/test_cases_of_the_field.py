"""Faults of configurations that people have reported, each reduced to a site, and what is to be said of it."""

from datetime import date

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.site import check_site
from phone_sim.findings.subject import make_subject

MASTER = b'<APPLICATION CONFIG_FILES="site.cfg"/>'
OWN = "0004f2000001"
CASES = {
    "booleans in words": ({"site.cfg": b'<c><ALL feature.corporateDirectory.enabled="true"/></c>'}, []),
    "an override of nothing but a declaration": (
        {"site.cfg": b"<c/>", f"{OWN}-phone.cfg": b'<?xml version="1.0" encoding="UTF-8"?>\n'},
        [],
    ),
    "device parameters with their switches": (
        {
            "site.cfg": b'<c device.set="1" device.sntp.gmtOffset="-21600" device.sntp.gmtOffset.set="1"'
            b' device.sntp.serverName="192.0.2.9" device.sntp.serverName.set="1"/>'
        },
        [],
    ),
    "a corporate directory by its URL": (
        {"site.cfg": b'<c dir.corp.address="ldap://127.0.0.1" dir.corp.port="38999" dir.corp.transport="TCP"/>'},
        [],
    ),
    "a log level of 0": ({"site.cfg": b'<c log.level.change.lic="0"/>'}, []),
    "parameter files in place of masters": (
        {
            "000000000000.cfg": b'<PHONE_CONFIG><ALL log.level.change.sip="3"/></PHONE_CONFIG>',
            f"{OWN}.cfg": b"<PHONE_CONFIG><ALL/></PHONE_CONFIG>",
            f"{OWN}-phone.cfg": b'<PHONE_CONFIG><ALL tcpIpApp.sntp.gmtOffset="-25200"/></PHONE_CONFIG>',
        },
        ["000000000000.cfg parameter-file-as-master", f"{OWN}.cfg not-a-master-file"],
    ),
    "parameters beside APPLICATION": (
        {"000000000000.cfg": b'<d>\n<APPLICATION CONFIG_FILES=""/>\n<A feature.corporateDirectory.enabled="1"/>\n</d>'},
        ["000000000000.cfg:3 parameters-in-master-file"],
    ),
    "misspelled names and a day of no week": (
        {
            "site.cfg": b'<s feature.corporatedirectory.enabled="1"\n feature.callRecording.enable="1"\n'
            b' license.poling.time="03:00"\n tcpIpApp.sntp.daylightSavings.stop.date="3"/>'
        },
        [
            "site.cfg:1 parameter-misspelled",
            "site.cfg:2 parameter-misspelled",
            "site.cfg:3 parameter-misspelled",
            "site.cfg:4 daylight-saving-day",
        ],
    ),
    "several top-level elements": (
        {"site.cfg": b'<phone1>\n<reg reg.1.address="201"/>\\n";\n</phone1>\n<efk/>'},
        ["site.cfg:4 config-not-well-formed"],
    ),
    "a bare ampersand": ({"site.cfg": b'<s reg.1.displayName="A &amp B"/>'}, ["site.cfg:1 config-not-well-formed"]),
    "an override that masks": (
        {
            "site.cfg": b'<s feature.corporateDirectory.enabled="1" license.polling.time="03:30"/>',
            f"{OWN}-phone.cfg": b'<O feature.corporateDirectory.enabled="" license.polling.time="4:00"/>',
        },
        [
            f"{OWN}-phone.cfg:1 empty-value-masks",
            f"{OWN}-phone.cfg:1 value-rejected",
            "site.cfg:1 value-masked",
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case_of_the_field_gives_just_these_findings(case: str) -> None:
    files, expected = CASES[case]
    if "000000000000.cfg" not in files:
        files = files | {"000000000000.cfg": MASTER}
    report = check_site(MemorySite(files), make_subject("4.0.11", on=date(2026, 3, 2)))
    assert [f"{one.place} {one.rule.code}" for one in report.findings] == expected
