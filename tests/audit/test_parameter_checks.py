"""Checks of parameters: each value that is not in force is named with its file and line, and why."""

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import audited, verdict
from tests.make import MAC, master

SWITCH = "feature.corporateDirectory.enabled"
SITE = f"""<site
  {SWITCH}="1"
  feature.callRecording.enabled="maybe"
  log.render.level="nine"
  device.sntp.serverName="ntp.example"
  device.set="0" device.prov.user="me" device.prov.user.set="1"
  feature.16.name="nway-conference" />"""
BAD = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg" license.polling.time="03:00"/>',
    "site.cfg": SITE.encode(),
    f"{MAC}-phone.cfg": f"<phone\n{SWITCH}=''/>".encode(),
}
_LACKS = "(not in force without device.set and device.sntp.serverName.set)"
_LATER = "only firmware before 3.3.0 reads it"
BY_PARAMETER = {
    "parameter-values": (
        "feature.callRecording.enabled is 0 by default; site.cfg, line 3, says maybe (not 0, 1, true or false)",
        "log.render.level is 1 by default; site.cfg, line 4, says nine (not 0 to 6)",
    ),
    "ignored-parameters": (
        "license.polling.time stands beside APPLICATION in a master configuration file",
        f"device.sntp.serverName is empty by default; site.cfg, line 5, says ntp.example {_LACKS}",
        f"feature.16.name is nway-conference in site.cfg, line 7: {_LATER}",
    ),
    "overrides": (
        f"Corporate Directory is off: {SWITCH} is 0 by default; {MAC}-phone.cfg, line 2, says nothing "
        "(empty means the default); site.cfg, line 2, says 1",
    ),
}


@pytest.mark.slow
def test_what_is_not_in_force_is_found_bad() -> None:
    with BootServer(MemorySite(BAD)) as server:
        _, findings = audited(server.url)
    assert {name: findings[name].judgment.evidence for name in BY_PARAMETER} == BY_PARAMETER
    assert {verdict(findings, name) for name in BY_PARAMETER} == {Verdict.BAD}


@pytest.mark.slow
def test_parameter_that_no_table_has_is_not_judged() -> None:
    """D22."""
    site = b"<site feature.corporateDirectory.enable='1'/>"
    files = {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": site}
    with BootServer(MemorySite(files | {f"{MAC}-web.cfg": site})) as server:
        _, findings = audited(server.url)
    assert [verdict(findings, name) for name in BY_PARAMETER] == [Verdict.GOOD, Verdict.UNKNOWN, Verdict.GOOD]
    assert findings["ignored-parameters"].judgment.evidence == (
        f"feature.corporateDirectory.enable in {MAC}-web.cfg, line 1: UC Software 4.0.15 has no such parameter",
    )
