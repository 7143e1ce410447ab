"""A file of the phone's own switches a feature off that the site switches on: whatever is run names file and line."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main

pytest_plugins = ["pytester"]

MAC = "0004f2000001"
SWITCH = "feature.corporateDirectory.enabled"
SITE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- What all phones have in common. -->
<site>
  <license license.polling.time="02:00"/>
  <tcpIpApp
    tcpIpApp.sntp.gmtOffset="25200"
    tcpIpApp.sntp.daylightSavings.enable="0"/>
  <log
    log.render.level="4"
    log.level.change.lic="3"/>
  <feature
    {SWITCH}="1"/>
</site>
"""
WEB = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<WEB_CONFIG>
  <OVERRIDES {SWITCH}="0"/>
</WEB_CONFIG>
"""
FILES = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>',
    "site.cfg": SITE.encode(),
    f"{MAC}-web.cfg": WEB.encode(),
}
WORDS = f"{SWITCH} is 0 in {MAC}-web.cfg, line 3; site.cfg, line 12, says 1"
SCENARIO = """
title = "The directory is on"
start = "2026-03-02T08:00"
[phones.desk]
[server]
url = "{url}"
[[steps]]
boot = true
expect.features = {{ LDAP = "on" }}
"""
TEST = """
def test_directory_is_on(phone):
    desk = phone(mac="0004f2000001")
    desk.boot()
    assert desk.feature("LDAP").is_enabled
"""


def run(*words: str | Path) -> str:
    """What a verb prints."""
    return CliRunner().invoke(main, list(map(str, words)), prog_name="phone-sim").output


@pytest.mark.slow
def test_all_that_look_at_a_phone_name_the_file_and_line_that_switch_a_feature_off(
    tmp_path: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    scenario, junit = tmp_path / "directory.phone.toml", tmp_path / "junit.xml"
    pytester.makepyfile(TEST)
    with BootServer(MemorySite(FILES)) as server:
        scenario.write_text(SCENARIO.format(url=server.url))
        said = {
            "boot": run("boot", "--server", server.url),
            "audit": run("audit", server.url),
            "scenario": run("scenario", scenario, "--junit", junit),
        }
        for name, data in FILES.items():
            (tmp_path / name).write_bytes(data)
        checked = run("check", tmp_path, "--model", "SPIP_670", "--mac", MAC)
        parameters = run("parameters", "--server", server.url, SWITCH)
        options = ("-p", "phone_sim", f"--phone-boot-server={server.url}")
        failed = pytester.runpytest_subprocess(*options, pytester.path, scenario)
    assert [name for name, text in said.items() if WORDS not in text] == []
    assert (
        f"site.cfg:12: value-masked {SWITCH} is '1' here and not in force: it is '0' in {MAC}-web.cfg, line 3"
        in checked
    )
    failed.assert_outcomes(failed=2)
    assert str(failed.stdout).count(WORDS) >= failed.parseoutcomes()["failed"]
    (failure,) = etree.parse(junit).iterfind(".//failure")
    assert WORDS in str(failure.get("message"))
    assert WORDS in str(failure.text)
    assert parameters == f"{SWITCH}\t0\t{MAC}-web.cfg\t3\toverride\t\tsite.cfg, line 12=1\n"
