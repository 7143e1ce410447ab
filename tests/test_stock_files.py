"""Configuration files as vendors and servers ship them boot a phone of each family with the features they configure.

The files are not part of the project; these tests run where they are found beside it, or in PHONE_SIM_REAL_CONFIGS.
"""

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.observe import observe
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.finding import Severity
from phone_sim.findings.single_file import check_file
from phone_sim.findings.site import check_site
from phone_sim.findings.subject import make_subject
from phone_sim.findings.virtual_phone import VirtualPhone
from phone_sim.firmware.effects import Fetched
from phone_sim.firmware.features import NotLicensed, OffByConfiguration
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.phone import Phone
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.flash_file import FlashFile
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.model_files import load_model
from phone_sim.runtime.scheduler import HeapScheduler
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_time import VirtualTime
from tests.audit.audited import plan
from tests.make import MAC, identity

FOLDER = Path(os.environ.get("PHONE_SIM_REAL_CONFIGS", Path(__file__).parents[2] / "shared/real-configs")) / "wazo"
RELEASES = {"v3_1_6": "3.1.6", "v3_2_4B": "3.2.4", "v4_0_11": "4.0.11"}
MODELS = ("SPIP_335", "SPIP_450", "SPIP_670", "SSIP_6000", "SSIP_7000", "VVX_1500")

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="there are no stock configuration files beside the project")


def site(release: str) -> dict[str, bytes]:
    """The files of a release."""
    return {path.name: path.read_bytes() for path in (FOLDER / release).iterdir()}


def boot(release: str, model: str, flash: Path, changes: dict[str, bytes]) -> tuple[PhoneDriver, list[str]]:
    """Boot a phone on a release's files, with some of them changed."""
    lines: list[str] = []
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    driver = PhoneDriver(
        Phone(identity(model=model, firmware=RELEASES[release])),
        clock=clock,
        scheduler=HeapScheduler(clock),
        transport=serve(site(release) | changes),
        flash=FlashFile(flash),
        log=LogSink(lines.append),
    )
    driver.power_on()
    return driver, lines


def complaints(lines: list[str]) -> list[str]:
    """What the configuration component found wrong."""
    return [line for line in lines if (one := parse_line(line)) and one.component == "cfg" and one.level != "*"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("release", RELEASES)
def test_stock_files_boot_with_the_features_they_configure(release: str, model: str, tmp_path: Path) -> None:
    driver, lines = boot(release, model, tmp_path / "flash", {})
    service = driver.phone.service
    assert service is not None
    assert driver.phone.state is State.IDLE
    assert complaints(lines) == []
    assert not any(isinstance(gate, NotLicensed) for gate in service.gates)
    fetched = {one.request.location.name for one in driver.exchanges if isinstance(one.reply, Fetched)}
    assert fetched == {path.name for path in (FOLDER / release).iterdir()}
    if release != "v4_0_11":
        assert f"{service.session.settings.polling_time:%H:%M}" == "02:00"
        assert len(service.configuration.parameters.flat()) > 5000


@pytest.mark.parametrize("release", ["v3_1_6", "v3_2_4B"])
def test_feature_switched_on_in_a_stock_file_is_wanted(release: str, tmp_path: Path) -> None:
    stock = (FOLDER / release / "sip.cfg").read_bytes()
    switched = stock.replace(b'feature.19.enabled="0"', b'feature.19.enabled="1"')
    assert switched != stock
    driver, _ = boot(release, "SPIP_670", tmp_path / "flash", {"sip.cfg": switched})
    service = driver.phone.service
    assert service is not None
    off = {gate.feature.key for gate in service.gates if isinstance(gate, OffByConfiguration)}
    unlicensed = {gate.feature.key for gate in service.gates if isinstance(gate, NotLicensed)}
    assert unlicensed == {"LDAP"}
    assert off == {"UsbAudio", "NwayConference", "VoiceQualityMetrics"}
    assert any(one.request.location.name.endswith("-license.cfg") for one in driver.exchanges)


def test_phone_goes_by_the_stock_files_in_flash_when_the_server_is_gone(tmp_path: Path) -> None:
    first, _ = boot("v3_2_4B", "SPIP_670", tmp_path / "flash", {})
    again, _ = boot("v3_2_4B", "SPIP_670", tmp_path / "flash", {"000000000000.cfg": b"<html>"})
    assert first.phone.service is not None
    assert again.phone.service is not None
    assert again.phone.service.configuration.parameters == first.phone.service.configuration.parameters


@pytest.mark.parametrize("release", RELEASES)
def test_check_finds_nothing_wrong_with_stock_files_but_what_is_missing(release: str) -> None:
    subject = make_subject(RELEASES[release], on=date(2026, 3, 2))
    report = check_site(FolderSite(FOLDER / release), subject)
    missing = [] if release == "v4_0_11" else ["000000000000.cfg:5: listed-file-missing common.cfg is not there"]
    assert [str(one) for one in report.findings] == missing
    for name in ("phone1.cfg", "sip.cfg"):
        if (file := FOLDER / release / name).exists():
            assert check_file(name, file.read_bytes(), subject).findings == ()


NOT_THERE = {
    f"{MAC}-user.cfg": b"<user/>",
    "common.cfg": b"<common/>",
}
"""Files that the masters list, and that the stock files leave to whoever installs them."""


def absent(release: str) -> list[str]:
    """The names of the listed files that a release lacks."""
    return sorted(NOT_THERE.keys() - site(release).keys())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("release", RELEASES)
def test_boot_on_stock_files_falls_short_only_of_files_that_are_not_there(release: str, model: str) -> None:
    for files, missing in ((site(release), absent(release)), (NOT_THERE | site(release), [])):
        with VirtualPhone(
            "http://boot.example/",
            model=model,
            mac=MAC,
            firmware=RELEASES[release],
            time=VirtualTime(datetime(2026, 3, 2, 8, tzinfo=UTC)),
            transport=serve(files),
        ) as phone:
            phone.boot()
            assert phone.shortcomings("licensed") == phone.shortcomings("configured")
            told = sorted(one.message for one in phone.shortcomings("clean"))
            assert told == [f"{name} is not there (HTTP 404 Not Found)" for name in missing]
            assert {one.rule.code for one in phone.findings} <= {"own-file-missing", "listed-file-missing"}


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_audit_of_stock_files_finds_only_files_that_are_not_there(release: str) -> None:
    for files, missing in ((site(release), absent(release)), (NOT_THERE | site(release), [])):
        with BootServer(MemorySite(files)) as server:
            asked = plan(server.url, models=tuple(map(load_model, MODELS)))
            findings = audit(observe(replace(asked, firmware=RELEASES[release])))
        told = {one.check.name: one for one in findings if one.judgment.verdict is Verdict.BAD}
        assert list(told) == (["configuration-files"] if missing else [])
        for one in told.values():
            asked_for = [line for line in one.judgment.evidence if line.startswith("GET ")]
            assert sorted(line.partition(": ")[0].rpartition("/")[2] for line in asked_for) == missing
            # A phone of the audit may be none of the site's, so that only a file of all phones is an error.
            assert one.severity is (Severity.ERROR if "common.cfg" in missing else Severity.INFO)
