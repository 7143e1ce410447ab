"""What is found in the parameters in force on a phone."""

from datetime import date

import pytest

from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.finding import Finding
from phone_sim.findings.site import check_site
from phone_sim.findings.subject import make_subject
from tests.make import element, master

DST = "tcpIpApp.sntp.daylightSavings"


def findings(*layers: dict[str, str], model: str = "", firmware: str = "3.3.0") -> list[Finding]:
    """What is found on a phone that reads files with these parameters, the first of which wins."""
    files = {f"{number}.cfg": element("x", values) for number, values in enumerate(layers)}
    files["000000000000.cfg"] = master(CONFIG_FILES=",".join(files))
    subject = make_subject(firmware, models=[model] if model else [], on=date(2026, 3, 2))
    return list(check_site(MemorySite(files), subject).findings)


def said(*layers: dict[str, str], model: str = "", firmware: str = "3.3.0") -> list[str]:
    """File and rule of each finding."""
    return [f"{one.place.file} {one.rule.code}" for one in findings(*layers, model=model, firmware=firmware)]


@pytest.mark.parametrize(
    ("parameters", "off"),
    [
        ({"device.sntp.serverName": "a"}, "device.set and device.sntp.serverName.set"),
        ({"device.sntp.serverName": "a", "device.set": "1"}, "device.sntp.serverName.set"),
        ({"device.sntp.serverName": "a", "device.sntp.serverName.set": "1"}, "device.set"),
        ({"device.sntp.serverName": "a", "device.sntp.serverName.set": "1", "device.set": "0"}, "device.set"),
    ],
)
def test_device_parameter_wants_both_switches(parameters: dict[str, str], off: str) -> None:
    (finding,) = findings(parameters)
    assert finding.message == f"device.sntp.serverName is not in force without {off}"


def test_device_parameter_with_both_switches_or_switched_off_by_name_is_no_finding() -> None:
    both = {"device.set": "1", "device.sntp.serverName": "a", "device.sntp.serverName.set": "true"}
    off = {"device.set": "0", "device.sntp.serverName": "a", "device.sntp.serverName.set": "0"}
    assert said(both) == said(off) == said({"device.set": "1"}, {"device.sntp.serverName": ""}) == []
    assert said({"device.set": "1"}, {"device.sntp.serverName": "a", "device.sntp.serverName.set": "1"}) == []


@pytest.mark.parametrize(
    "more", [{f"{DST}.fixedDayEnable": "1"}, {f"{DST}.stop.dayOfWeek.lastInMonth": "1"}, {f"{DST}.enable": "0"}]
)
def test_day_of_daylight_saving_selects_a_week_unless_something_else_does(more: dict[str, str]) -> None:
    day = {f"{DST}.stop.date": "3"}
    assert said({}, day) == ["1.cfg daylight-saving-day"]
    assert said(more, day) == []
    assert said({f"{DST}.start.date": "22"}) == []


def test_value_that_the_dictionary_admits_and_the_phone_rejects_is_found_once() -> None:
    (finding,) = findings({"license.polling.time": "4:00"}, {"license.polling.time": "02:00"})
    assert str(finding) == "0.cfg:1: value-rejected license.polling.time is '4:00', not 00:00 to 23:59: 02:00 is used"
    assert said({"dir.corp.scope": "all", "dir.corp.attribute.1.name": "a b"}) == ["0.cfg value-rejected"] * 2
    assert said({"log.render.level": "9"}) == ["0.cfg value-not-usable"]


def test_what_is_not_performed_here_is_not_wrong() -> None:
    name = "device.syslog.transport"
    server = "device.syslog.serverName"
    values = {"device.set": "1", f"{name}.set": "1", name: "TCP", f"{server}.set": "1", server: "192.0.2.1"}
    (finding,) = findings(values)
    assert (finding.rule.code, finding.rule.severity.value) == ("not-performed-here", "info")
    assert said(values | {name: "UDP"}) == []


def test_feature_on_a_model_that_lacks_it_is_found_for_chosen_models_only() -> None:
    on = {"feature.callRecording.enabled": "1"}
    assert said(on) == said(on, model="SPIP_670") == []
    (finding,) = findings(on, model="SPIP_320")
    assert finding.message == "Recording and Playback of Audio Calls is configured for use, and is not on SPIP_320"
    assert finding.place.parameter == "feature.callRecording.enabled"
    numbered = {"feature.3.name": "call-recording", "feature.3.enabled": "1"}
    assert said(numbered, model="SPIP_320", firmware="3.2.3") == ["0.cfg feature-not-on-model"]


def test_values_that_mean_the_same_are_no_conflict() -> None:
    stock = {"feature.corporateDirectory.enabled": "0", "log.render.level": "1", "dir.corp.baseDN": ""}
    own = {"feature.corporateDirectory.enabled": "true", "log.render.level": "4", "dir.corp.baseDN": "o=x"}
    assert said(own, stock) == []
    assert said(own, own | {"feature.corporateDirectory.enabled": "1"}) == []


def test_masked_value_says_which_file_goes_before_it() -> None:
    (finding,) = findings({"log.render.level": "3"}, {"log.render.level": "4"}, {"log.render.level": "1"})
    assert (
        str(finding)
        == "1.cfg:1: value-masked log.render.level is '4' here and not in force: it is '3' in 0.cfg, line 1"
    )
    (secret,) = findings({"reg.1.auth.password": "one"}, {"reg.1.auth.password": "two"})
    assert "****" in secret.message


def test_empty_value_that_masks_another_is_a_warning_where_it_stands() -> None:
    (finding,) = findings({"feature.corporateDirectory.enabled": ""}, {"feature.corporateDirectory.enabled": "1"})
    assert str(finding) == (
        "0.cfg:1: empty-value-masks feature.corporateDirectory.enabled is empty and masks '1' in 1.cfg:1"
    )
    assert finding.rule.severity.value == "warning"
