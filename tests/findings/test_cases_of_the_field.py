"""Faults of configurations that people have reported, each reduced to a site: what a check and a boot say of it."""

from datetime import UTC, date, datetime

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.site import check_site
from phone_sim.findings.subject import make_subject
from phone_sim.findings.virtual_phone import VirtualPhone
from phone_sim.firmware.log_line import parse_line
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_time import VirtualTime

MASTER = b'<APPLICATION CONFIG_FILES="site.cfg"/>'
OWN = "0004f2000001"
CASES = {
    "booleans in words": (
        {
            "site.cfg": b'<c><ALL feature.corporateDirectory.enabled="true" tcpIpApp.sntp.gmtOffset="-18000"'
            b' tcpIpApp.sntp.daylightSavings.enable="false"/></c>'
        },
        [],
    ),
    "an override of nothing but a declaration": (
        {"site.cfg": b"<c/>", f"{OWN}-phone.cfg": b'<?xml version="1.0" encoding="UTF-8"?>\n'},
        [],
    ),
    "device parameters with their switches": (
        {
            "site.cfg": b'<c device.set="1" device.sntp.gmtOffset="-21600" device.sntp.gmtOffset.set="1"'
            b' device.sntp.serverName="192.0.2.9" device.sntp.serverName.set="1"'
            b' tcpIpApp.sntp.daylightSavings.enable="0"/>'
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
            f"{OWN}-phone.cfg": b'<PHONE_CONFIG><ALL tcpIpApp.sntp.gmtOffset="-25200"'
            b' tcpIpApp.sntp.daylightSavings.enable="0" feature.corporateDirectory.enabled="1"/></PHONE_CONFIG>',
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


NOT_CONFIGURED = "0615130000"
"""What a phone stamps at noon, UTC, until it has read another rule than the stock one: GMT with daylight saving."""
CANNOT = "Configuration file site.cfg cannot be used: "
MAY_TAKE = "; a real phone may take the part before the fault"
BOOTS: dict[str, tuple[str, list[str], bool]] = {
    "booleans in words": ("0615070000", [], True),
    "device parameters with their switches": ("0615060000", [], False),
    "parameter files in place of masters": (
        "0615050000",
        [
            f"Master configuration file {OWN}.cfg cannot be used: the root element is PHONE_CONFIG, "
            "and no attribute is one of a master file",
            "No master configuration file: parameters of 000000000000.cfg have the lowest priority",
        ],
        True,
    ),
    "parameters beside APPLICATION": (
        NOT_CONFIGURED,
        [
            "Parameters in master configuration file 000000000000.cfg are ignored, "
            "such as feature.corporateDirectory.enabled"
        ],
        False,
    ),
    "several top-level elements": (
        NOT_CONFIGURED,
        [f"{CANNOT}line 4: not well-formed XML: Extra content at the end of the document{MAY_TAKE}"],
        False,
    ),
    "a bare ampersand": (
        NOT_CONFIGURED,
        [f"{CANNOT}line 1: not well-formed XML: EntityRef: expecting ';'{MAY_TAKE}"],
        False,
    ),
    "an override that masks": (
        NOT_CONFIGURED,
        [
            f"Parameter license.polling.time is 4:00 ({OWN}-phone.cfg, line 1), not 00:00 to 23:59: 02:00 is used",
        ],
        False,
    ),
}
"""The stamp in the end, what the phone complains of in its configuration, and whether it misses a license.

The phones of the other cases complain of nothing."""


def site(case: str) -> dict[str, bytes]:
    """The files of a case; most have the usual master configuration file."""
    return {"000000000000.cfg": MASTER, **CASES[case][0]}


@pytest.mark.parametrize("case", CASES)
def test_case_of_the_field_gives_just_these_findings(case: str) -> None:
    report = check_site(MemorySite(site(case)), make_subject("4.0.11", on=date(2026, 3, 2)))
    assert [f"{one.place} {one.rule.code}" for one in report.findings] == CASES[case][1]


@pytest.mark.parametrize("case", CASES)
def test_phone_boots_on_case_of_the_field_and_says_so_in_its_log(case: str) -> None:
    stamp, complaints, misses_license = BOOTS.get(case, (NOT_CONFIGURED, [], False))
    noon = VirtualTime(datetime(2021, 6, 15, 12, tzinfo=UTC))
    with VirtualPhone("http://boot.example/", firmware="4.0.11", time=noon, transport=serve(site(case))) as phone:
        phone.boot()
        lines = [line for text in phone.log_lines if (line := parse_line(text)) is not None]
        misses = [str(one.kind) for one in phone.shortcomings("licensed") if one.kind == "no_license"]
    assert (lines[0].stamp, lines[-1].stamp) == (NOT_CONFIGURED, stamp)
    assert [line.text for line in lines if line.component == "cfg" and line.level == "4"] == complaints
    assert bool(misses) is misses_license
