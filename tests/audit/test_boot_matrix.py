"""How far each model came at boot, and the hint where one address may have been turned away."""

import gzip
from dataclasses import replace

import pytest

from phone_sim.audit.boot_matrix import BootStage, Cell, StageOutcome, boot_matrix
from phone_sim.audit.hints import hints
from phone_sim.audit.observe import observe
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.audit.audited import LICENSED, MODELS, plan
from tests.make import MAC


@pytest.mark.slow
def test_cells_say_how_each_stage_ended() -> None:
    files = {**LICENSED, f"{MAC}-phone.cfg": gzip.compress(b"<a/>", mtime=0)}
    faults = FaultPlan(["429 file=*-directory.xml"])
    with BootServer(MemorySite(files), faults=faults) as server:
        one = plan(server.url, models=MODELS[:1])
        seen = observe(one)
        spread = observe(replace(one, source_addresses=("127.0.0.2", "127.0.0.3")))
    (row,) = boot_matrix(seen)
    assert row.cells == {
        BootStage.MASTER: Cell(outcome=StageOutcome.DONE, files=1),
        BootStage.CONFIGURATION: Cell(outcome=StageOutcome.DONE, files=1),
        BootStage.OVERRIDES: Cell(outcome=StageOutcome.UNREADABLE, files=1, details=f"{MAC}-phone.cfg"),
        BootStage.LICENSES: Cell(outcome=StageOutcome.DONE, files=1),
        BootStage.DIRECTORY: Cell(outcome=StageOutcome.FAILED, details="HTTP 429 Too Many Requests"),
        BootStage.LOG_UPLOAD: Cell(outcome=StageOutcome.DONE, files=1),
    }
    (hint,) = hints(seen)
    assert hint.startswith("All 2 boots came from one address, and the server answered 429 (2 times): it may limit")
    assert hints(spread) == ()
    assert [boot.source_address for boot in spread.boots] == ["127.0.0.2", "127.0.0.3"]


@pytest.mark.slow
def test_files_that_are_needed_are_missing_and_others_are_not_there() -> None:
    files = {"000000000000.cfg": LICENSED["000000000000.cfg"]}
    with BootServer(MemorySite(files)) as server:
        seen = observe(plan(server.url, models=MODELS[:1]))
    (row,) = boot_matrix(seen)
    outcomes = {stage: cell.outcome for stage, cell in row.cells.items()}
    assert outcomes[BootStage.CONFIGURATION] is StageOutcome.MISSING
    assert (
        outcomes[BootStage.DIRECTORY]
        is outcomes[BootStage.LICENSES]
        is outcomes[BootStage.OVERRIDES]
        is StageOutcome.ABSENT
    )
    assert hints(seen) == ()
