"""`--expect`: how `boot` and `run` end, and what their last line says."""

import json
from pathlib import Path

import pytest

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.cli.test_verbs import phone_sim

MASTER = b'<APPLICATION CONFIG_FILES="site.cfg"/>'
LDAP_ON = b'<s feature.corporateDirectory.enabled="1"/>'
NOT_XML = b'<s reg.1.displayName="Sales &amp Support"/>'
NOT_GIVEN = "000000000000.cfg:1: site.cfg"


def test_choices_of_the_option_are_explained() -> None:
    text = " ".join(phone_sim("boot", "--help").stdout.split())
    assert "--expect [booted|configured|clean|licensed]" in text
    for word in ("booted", "configured", "clean", "licensed"):
        assert f"{word} " in text
    assert "Deprecated: the same as --expect licensed." in text


@pytest.mark.parametrize(
    ("site", "fault", "line"),
    [
        (None, "", f"not configured as expected: {NOT_GIVEN} is not there (HTTP 404 Not Found)"),
        (LDAP_ON, "500 file=site.cfg", f"not configured as expected: {NOT_GIVEN} was not given: HTTP 500 "),
        (LDAP_ON, "reset file=site.cfg", f"not configured as expected: {NOT_GIVEN} did not come whole: "),
        (NOT_XML, "", "not configured as expected: site.cfg:1: not well-formed XML: EntityRef: expecting ';'"),
        (b"<!DOCTYPE html><html></html>", "", "not configured as expected: site.cfg:1: the file is a web page"),
    ],
)
def test_boot_without_the_promised_configuration_ends_with_1(site: bytes | None, fault: str, line: str) -> None:
    files = {"000000000000.cfg": MASTER} | ({} if site is None else {"site.cfg": site})
    with BootServer(MemorySite(files), faults=FaultPlan([fault] if fault else [])) as server:
        done = phone_sim("boot", "--server", server.url)
        lenient = phone_sim("boot", "--server", server.url, "--expect", "booted")
    assert (done.exit_code, lenient.exit_code) == (1, 0)
    assert done.stderr.splitlines()[-1].startswith(f"Error: {line}")


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ((), 0, ""),
        (("--expect", "licensed"), 4, "Error: not licensed as expected: LDAP: no license"),
        (("--require-licensed",), 4, "Error: not licensed as expected: LDAP: no license"),
        (("--expect", "clean"), 1, "Error: not clean as expected: site.cfg:2: license.polling.time is '26:00', "),
        (("--expect", "booted", "--require-licensed"), 2, "Error: --require-licensed is --expect licensed, and "),
    ],
)
def test_warnings_and_licenses_count_where_they_are_asked_for(words: tuple[str, ...], code: int, line: str) -> None:
    site = b'<s feature.corporateDirectory.enabled="1"\n license.polling.time="26:00"/>'
    with BootServer(MemorySite({"000000000000.cfg": MASTER, "site.cfg": site})) as server:
        done = phone_sim("boot", "--server", server.url, *words)
    assert done.exit_code == code
    assert not line or done.stderr.splitlines()[-1].startswith(line)


def test_parameter_file_as_master_is_configured_but_not_clean() -> None:
    with BootServer(MemorySite({"000000000000.cfg": LDAP_ON})) as server:
        assert phone_sim("boot", "--server", server.url).exit_code == 0
        assert phone_sim("boot", "--server", server.url, "--expect", "clean").exit_code == 1


def test_json_has_what_falls_short_and_the_findings() -> None:
    with BootServer(MemorySite({"000000000000.cfg": MASTER, "site.cfg": NOT_XML})) as server:
        done = phone_sim("boot", "--server", server.url, "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["expected"] == "configured"
    (shortcoming,), (finding,) = report["shortcomings"], report["findings"]
    assert (shortcoming["kind"], shortcoming["file"], shortcoming["line"]) == ("file_not_read", "site.cfg", 1)
    assert (finding["rule"], finding["file"], finding["line"]) == ("config-not-well-formed", "site.cfg", 1)


def test_run_ends_as_its_last_boot(tmp_path: Path) -> None:
    site = MemorySite({"000000000000.cfg": MASTER, "site.cfg": LDAP_ON})
    words = ("--now", "2026-01-01", "--until", "2026-01-02", "--speed", "max", "--state-dir", str(tmp_path))
    with BootServer(site) as server:
        assert phone_sim("run", "--server", server.url, *words).exit_code == 0
        site.write("site.cfg", NOT_XML)
        done = phone_sim("run", "--server", server.url, *words)
        lenient = phone_sim("run", "--server", server.url, *words, "--expect", "booted")
        off = phone_sim("run", "--server", server.url, *words, "--at", "2026-01-01T12:00", "power-cut")
    assert (done.exit_code, lenient.exit_code, off.exit_code) == (1, 0, 0)
    assert done.stderr.splitlines()[-1].startswith("Error: not configured as expected: site.cfg:1: not well-formed")
    on_a_page = phone_sim("run", "--server", server.url, "--web", "0", "--expect", "clean")
    assert (on_a_page.exit_code, "--expect or --speed max: the page" in on_a_page.stderr) == (2, True)
