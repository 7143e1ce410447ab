"""Each message that a phone complains with belongs to one check, or to rules about files."""

from dataclasses import replace

import pytest

from phone_sim.audit.checks import CHECKS
from phone_sim.audit.complaint_owners import OTHER_COMPLAINTS, OWNERS, owner_of
from phone_sim.audit.complaints import Complaint, is_complaint
from phone_sim.audit.finding import Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.observations import ObservedBoot
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.rules import RULES
from phone_sim.firmware import messages
from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.messages import MESSAGE_CATALOG
from phone_sim.firmware.parameters.layers import Parameters
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.audit.audited import MODELS, SITE, audited, bad_ones, probed, verdict
from tests.make import MAC


def test_each_complaint_of_the_catalog_has_one_owner() -> None:
    assert OWNERS.keys() == {message for message in MESSAGE_CATALOG if is_complaint(message.level)}
    checks = {check.name for check in CHECKS}
    for owner in OWNERS.values():
        of_checks = [name for name in owner.names if name in checks]
        assert set(owner.names) <= checks | RULES.keys()
        assert len(of_checks) <= 1


def test_failed_download_belongs_to_the_check_of_the_file() -> None:
    def owners(name: str, *, kept_out: str = "", reply: object = None) -> tuple[str, ...]:
        complaint = Complaint(line="", message=messages.DOWNLOAD_FAILED, values={"name": name})
        return owner_of(complaint, MAC, kept_out=kept_out, reply=reply).names

    assert owners("000000000000-license.cfg") == ("missing-licenses",)
    assert owners(f"{MAC}.cfg") == ("master-configuration",)
    assert owners(f"{MAC}-directory.xml") == ("contact-directory",)
    assert owners("site.cfg") == ("configuration-files",)
    assert owners("site.cfg", kept_out="login") == ("login",)
    assert owners("site.cfg", reply=Refused("Unauthorized", 401, FileProtocol.HTTP)) == ("login",)


@pytest.mark.parametrize("name", ["000000000000-license.cfg", f"{MAC}-license.cfg", f"{MAC}.cfg", "000000000000.cfg"])
def test_failed_download_is_a_fault_unless_the_file_is_missing(name: str) -> None:
    complaint = Complaint(line="", message=messages.DOWNLOAD_FAILED, values={"name": name})
    assert owner_of(complaint, MAC, reply=Refused("Unavailable", 503, FileProtocol.HTTP)).decides
    assert owner_of(complaint, MAC, reply=TransferFailed(FailureKind.BROKEN_OFF, "it breaks off")).decides
    assert not owner_of(complaint, MAC, reply=TransferFailed(FailureKind.NOT_ASKED, "not asked")).decides
    assert not owner_of(complaint, MAC, reply=NotFound("Not Found", 404, FileProtocol.HTTP)).decides


def test_what_only_phones_were_refused_is_bad() -> None:
    faults = FaultPlan(["503 file=000000000000-license.cfg nth=1-2", "503 file=000000000000.cfg nth=1"])
    with BootServer(MemorySite(SITE), faults=faults) as server:
        _, findings = audited(server.url, models=MODELS[:1])
    assert {"missing-licenses", "master-configuration"} <= bad_ones(findings)
    assert any("000000000000-license.cfg: HTTP 503" in line for line in findings["missing-licenses"].judgment.evidence)
    assert "error log" in findings["missing-licenses"].remedy
    passed_over = findings[OTHER_COMPLAINTS].judgment.evidence
    assert any(line.startswith("no fault by itself, in 2 boots: lic 4: ") for line in passed_over)


def boot(*complaints: Complaint) -> ObservedBoot:
    """A phone that booted and complained."""
    parameters = ParametersInForce(Parameters(), load_dictionary("ucs-3.3"), MAC)
    return ObservedBoot(
        model=MODELS[0],
        always=True,
        problem="",
        master=MasterConfiguration(),
        gates=(),
        exchanges=(),
        parameters=parameters,
        complaints=complaints,
    )


def test_what_belongs_to_no_check_is_bad() -> None:
    odd = Complaint(line="net 5: the cat is on the keys")
    uncovered = Complaint(line="cfg 4: unreadable", message=messages.CONFIG_NOT_READABLE, values={"name": "a.cfg"})
    blank = Complaint(line="lic 4: blank", message=messages.KEY_IS_BLANK)
    findings = {one.check.name: one for one in audit(replace(probed("http"), boots=(boot(odd, uncovered, blank),)))}
    assert verdict(findings, OTHER_COMPLAINTS) is Verdict.BAD
    assert findings[OTHER_COMPLAINTS].judgment.evidence == (
        "logged in 1 boot: net 5: the cat is on the keys",
        "logged in 1 boot: cfg 4: unreadable",
    )
    quiet = {one.check.name: one for one in audit(replace(probed("http"), boots=(boot(blank),)))}
    assert verdict(quiet, OTHER_COMPLAINTS) is Verdict.GOOD
