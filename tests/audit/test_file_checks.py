"""What is in the files that phones were given, found by the rules about files, with the lines of the log beside it."""

import gzip
from dataclasses import replace

import pytest

from phone_sim.audit.finding import AuditFinding, Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.observe import observe
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import SITE, audited, bad_ones, plan, verdict
from tests.make import MAC, master

SWITCH = "feature.corporateDirectory.enabled"
SITE_FILE = f"""<site
  {SWITCH}="1"
  feature.callRecording.enabled="maybe"
  device.sntp.serverName="ntp.example"
  feature.16.name="nway-conference" />"""
BAD = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg, cut.cfg, none.cfg" license.polling.time="03:00"/>',
    "site.cfg": SITE_FILE.encode(),
    "cut.cfg": gzip.compress(b"<a/>", mtime=0),
    "none.cfg": b"",
    f"{MAC}-phone.cfg": f"<phone\n{SWITCH}=''/>".encode(),
    f"{MAC}-directory.xml": b"<directory><item_list>",
}


def places(findings: tuple[AuditFinding, ...]) -> dict[str, str]:
    """The place of each fault that is in a file."""
    return {one.check.name: str(one.place) for one in findings if one.place is not None}


@pytest.mark.slow
def test_faults_in_files_have_their_place_and_the_lines_that_phones_logged() -> None:
    with BootServer(MemorySite(BAD)) as server:
        findings = audit(observe(plan(server.url)))
    assert places(findings) == {
        "parameters-in-master-file": "000000000000.cfg:1",
        "value-not-usable": "site.cfg:3",
        "device-parameter-not-set": "site.cfg:4",
        "pre-3-3-parameters": "site.cfg:5",
        "config-not-accepted": "cut.cfg",
        "config-empty": "none.cfg",
        "directory-not-well-formed": f"{MAC}-directory.xml:1",
    }
    logged = {one.check.name for one in findings if any("logged in 4 boots" in line for line in one.judgment.evidence)}
    assert logged >= places(findings).keys() - {"device-parameter-not-set"}
    by_name = {one.check.name: one for one in findings}
    assert by_name["config-not-accepted"].judgment.evidence == (
        "cut.cfg: gzip, not XML",
        "logged in 4 boots: cfg 4: Configuration file cut.cfg cannot be used: gzip, not XML",
    )
    # The override is judged once, by what comes of it.
    assert by_name["overrides"].judgment.evidence == (
        f"Corporate Directory is off: {SWITCH} is 0 by default; {MAC}-phone.cfg, line 2, says nothing "
        "(empty means the default); site.cfg, line 2, says 1",
    )
    assert verdict(by_name, "other-complaints") is Verdict.GOOD


@pytest.mark.slow
def test_master_that_the_address_names_is_checked_under_its_name() -> None:
    files = {"branch.cfg": b'<APPLICATION CONFIG_FILE="x.cfg" CONFIG_FILES="site.cfg"/>', "site.cfg": SITE["site.cfg"]}
    with BootServer(MemorySite(files)) as server:
        asked = plan(f"{server.url}branch.cfg", models=plan(server.url).models[:1])
        seen = observe(replace(asked, models_are_chosen=True))
    assert seen.files.names == ("branch.cfg", "site.cfg")
    assert places(audit(seen)) == {"master-attribute-misspelled": "branch.cfg:1"}


@pytest.mark.slow
def test_file_of_one_model_that_is_missing_is_no_error() -> None:
    own = {"000000000000.cfg": master(CONFIG_FILES="site.cfg, [PHONE_MAC_ADDRESS]-line.cfg"), "site.cfg": b"<a/>"}
    with BootServer(MemorySite(own)) as server:
        _, findings = audited(server.url)
    assert "configuration-files" in bad_ones(findings)
    assert findings["configuration-files"].severity.value == "info"
