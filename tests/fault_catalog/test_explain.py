"""Explaining whole logs: the conclusion is about the last boot of one phone, and claims only what lines show."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.explain import explain
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import DEFAULT_MAC
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import SITE_FILE, configured, forged, master, signed_key, until
from tests.sample_log import SAMPLE_LOG

REAL = """\
1015152006|lldp |4|00|Ignoring corrupt LLDP packet.
1015152457|log  |4|00|UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = 17
0202115811|tickt|*|00|m_validUntil [0]
"""
# A boot whose master configuration file is behind a login.
NO_CONFIGURATION = """\
1129103200|app1 |*|03|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started
1129103200|copy |4|03|Failed to download file 0004f2000001.cfg: HTTP 401 Unauthorized
1129103200|copy |4|03|Failed to download file 000000000000.cfg: HTTP 401 Unauthorized
1129103200|cfg |4|03|No configuration from the boot server, and none from before: it has no master configuration file \
that can be used
1129103200|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank
"""
# A UC Software phone without a usable master configuration file (field notes 14).
REAL_NO_CONFIGURATION = """\
1014151419|cfg  |*|00|Prov|Starting to provision
1014151420|copy |*|00|Server '192.0.2.1' said 'prov/0004f2000001-app.log' is not present
1014151421|copy |4|00|Configuration of URL failed
1014151421|cfg  |4|00|Prov|Download of master configuration file failed
1014151421|cfg  |4|00|Prov|Trying to boot from existing configuration
1014151424|app1 |4|00|Could not load time from 192.0.2.50(192.0.2.50).
1014151430|log  |*|00|---------- Final log entry ----------
"""
TWO_LINES = """\
0101070000|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank
0101070000|lic |4|03|License: feature LDAP is not available
"""


def told(text: str) -> tuple[Cause, ...]:
    return explain(text).conclusion.causes


def booted(files: dict[str, bytes], *, always: bool = False, now: datetime | None = None) -> str:
    """The log of a phone that boots from these files."""
    with VirtualPhone(
        "http://boot.example/", always_fetches_license=always, transport=serve(files), time=VirtualTime(now)
    ) as phone:
        phone.boot()
        return phone.log


def test_no_configuration_is_decisive_and_blamed_on_what_the_server_said() -> None:
    explanation = explain(NO_CONFIGURATION)
    (found,) = explanation.conclusion.found
    assert found.cause is causes.LOGIN
    assert found.lines == tuple(NO_CONFIGURATION.splitlines()[1:4])
    assert explanation.conclusion.text.startswith("The phone got no configuration from a boot server.")
    assert "license" not in explanation.conclusion.text
    assert explanation.mac == "0004f2000001"


def test_real_phone_without_configuration_keeps_its_last_one() -> None:
    conclusion = explain(REAL_NO_CONFIGURATION).conclusion
    assert conclusion.causes == (causes.ADDRESS, causes.NO_TIME)
    assert conclusion.state.endswith("It uses the last one that it had.")
    without_reason = REAL_NO_CONFIGURATION.replace("Configuration of URL failed", "something else")
    assert told(without_reason) == (causes.NO_CONFIGURATION, causes.NO_TIME)


@pytest.mark.parametrize("prefix", ["", "Nov 29 10:31:00 192.0.2.14 ", "<131>0004f2000001|"])
def test_prefix_of_a_syslog_server_changes_nothing(prefix: str) -> None:
    explanation = explain("".join(f"{prefix}{line}\n" for line in TWO_LINES.splitlines()))
    assert explanation.conclusion == explain(TWO_LINES).conclusion
    # No line is about a license file, so no reason is claimed.
    assert explanation.conclusion.causes == (causes.REASON_NOT_SHOWN,)


def test_of_several_phones_the_last_one_is_explained() -> None:
    log = f"Nov 29 10:31:00 192.0.2.14 {SAMPLE_LOG.splitlines()[6]}\n"
    log += "".join(f"Nov 29 10:31:00 192.0.2.15 {line}\n" for line in TWO_LINES.splitlines())
    explanation = explain(log)
    assert explanation.phones == ("192.0.2.14", "192.0.2.15")
    assert explanation.conclusion == explain(TWO_LINES).conclusion


def test_sample_log_is_a_signature_with_the_line_that_shows_it() -> None:
    conclusion = explain(SAMPLE_LOG).conclusion
    (found,) = conclusion.found
    assert found.cause is causes.SIGNATURE
    assert found.lines == (SAMPLE_LOG.splitlines()[6],)
    assert conclusion.state == "Off for lack of a license: LDAP."
    assert "a vendor's key can never verify here" in conclusion.text


def test_lines_without_licensing_tell_nothing_about_licenses() -> None:
    conclusion = explain(REAL).conclusion
    assert conclusion.state == causes.NOTHING_SAID.what
    assert conclusion.causes == (causes.LOG_UPLOAD, causes.NETWORK_SWITCH)
    assert told("1015152006|sip  |*|00|x") == (causes.NOTHING_SAID,)


def test_refused_site_license_is_told_where_the_phone_has_its_own() -> None:
    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP"),
        SITE_FILE: write([forged(signed_key(serial="000000012345"))]),
        f"{DEFAULT_MAC}-license.cfg": write([signed_key(serial=DEFAULT_MAC.serial)]),
    }
    conclusion = explain(booted(files)).conclusion
    assert conclusion.causes == (causes.SIGNATURE,)
    assert conclusion.state == (
        "All that is configured is licensed. But the site license was refused, so phones without one of their own have "
        "these features off."
    )
    files[SITE_FILE] = b"<html></html>"
    conclusion = explain(booted(files)).conclusion
    assert conclusion.causes == (causes.WEB_PAGE,)
    assert "But the site license could not be used" in conclusion.state


def test_expired_site_license_is_not_told_where_the_phone_has_its_own() -> None:
    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": configured("LDAP"),
        SITE_FILE: write([signed_key({2: until("2026-01-01")})]),
        f"{DEFAULT_MAC}-license.cfg": write([signed_key(serial=DEFAULT_MAC.serial)]),
    }
    assert told(booted(files, now=datetime(2026, 3, 1, tzinfo=UTC))) == (causes.LICENSED,)


def test_license_files_that_were_asked_for_without_need_are_not_denied() -> None:
    files = {"000000000000.cfg": master(CONFIG_FILES="")}
    assert told(booted(files)) == (causes.NOT_CONFIGURED,)
    log = booted(files, always=True)
    assert "-license.cfg" in log
    conclusion = explain(log).conclusion
    assert conclusion.causes == (causes.ASKED_WITHOUT_NEED,)
    assert "asked for no license file" not in conclusion.text


def test_configuration_that_cannot_be_read_comes_before_what_is_not_configured() -> None:
    site = b'<s feature.corporateDirectory.enabled="1" reg.1.displayName="Sales &amp Support"/>\n'
    conclusion = explain(booted({"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": site})).conclusion
    assert conclusion.causes == (causes.CONFIGURATION,)
    assert conclusion.state.endswith("But the phone could not use all of its configuration.")
    assert "site.cfg cannot be used: line 1" in conclusion.found[0].lines[0]


def test_only_the_last_boot_counts() -> None:
    first = "0101000000|app1 |*|03|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started\n" + SAMPLE_LOG
    second = "\n".join(
        [
            "0302160000|app1 |*|03|SoundPoint IP 670 0004f2000001 firmware 3.3.0 started",
            "0302160000|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank",
            "0302160000|lic |*|03|License: new key for LDAP expiry THU JAN 01 06:59:58 1970 added",
            "0302160000|lic |3|03|cfgCfsKeysUpdate: 1 keys updated",
        ]
    )
    assert told(first)[0] is causes.SIGNATURE
    assert told(first + second) == (causes.LICENSED,)


def test_boots_of_a_real_phone_are_told_apart_by_parts_that_open_again() -> None:
    later = SAMPLE_LOG.replace("0101070000", "0302160000").splitlines()
    licensed = "\n".join(line for line in later if "not" not in line.lower() and "Failed" not in line)
    assert told(SAMPLE_LOG + licensed) == (causes.LICENSED,)
    assert causes.ADDRESS not in told(REAL_NO_CONFIGURATION + REAL_NO_CONFIGURATION.splitlines()[0])


def test_boot_on_new_years_day_is_not_a_clock_that_was_never_set() -> None:
    boot = SAMPLE_LOG.splitlines()[1:4]
    assert told("\n".join(boot)) == (causes.CLOCK_UNSET,)
    at_nine = "\n".join(line.replace("0101070000", "0101091542") for line in boot)
    assert told(at_nine) == (causes.LICENSED,)


def test_line_of_a_feature_that_is_off_leads_to_the_cause() -> None:
    explanation = explain(SAMPLE_LOG)
    off = next(line for line in explanation.lines if "is not available" in line.line)
    assert [one.cause for one in explanation.causes_of(off)] == [causes.SIGNATURE]
    assert off.causes[0] is causes.NO_FILE


@pytest.mark.slow
@given(st.text())
def test_any_text_can_be_explained(text: str) -> None:
    conclusion = explain(text).conclusion
    assert conclusion.causes
    assert conclusion.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["x\n" * 300_000, SAMPLE_LOG + "and more\n" * 300_000, "0101070000|lic |*|03|License: " + "expiry " * 200_000],
)
def test_long_input_is_read_in_passing(text: str) -> None:
    assert len(explain(text).lines) <= 15
