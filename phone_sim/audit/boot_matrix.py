"""How far each model came at boot: models against the kinds of files that a phone asks for.

Pure: it sums up observations. What is good or bad for the site is for the checks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from phone_sim.audit.complaints import Complaint
from phone_sim.audit.observations import Observations, ObservedBoot
from phone_sim.findings.site_check import CALL_LISTS_ENDING, DIRECTORY_ENDING
from phone_sim.firmware import messages
from phone_sim.firmware.effects import Fetched, NotFound, Stream, Streamed, Upload, Uploaded
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.licensing.license_file import FILE_ENDING
from phone_sim.models import Model
from phone_sim.runtime.exchange import Exchange

_OVERRIDES = ("-phone.cfg", "-web.cfg")
_UNREADABLE = (
    messages.MASTER_NOT_READABLE,
    messages.CONFIG_NOT_READABLE,
    messages.CONTACTS_NOT_READABLE,
    messages.NOT_AN_ACTIVATION_FILE,
)


class BootStage(StrEnum):
    """The kinds of files that a phone asks for, in order."""

    MASTER = "master"
    CONFIGURATION = "configuration"
    OVERRIDES = "overrides"
    LICENSES = "licenses"
    DIRECTORY = "directory"
    LOG_UPLOAD = "log upload"


class StageOutcome(StrEnum):
    """How the requests of a stage ended; of several, the one that is listed last here."""

    NOT_ASKED = "not asked"
    ABSENT = "not there"
    DONE = "done"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    FAILED = "failed"


_NEEDED = (BootStage.CONFIGURATION,)
"""Stages of which each file is needed; of the others a phone takes what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The outcome of a stage; `files` are those that were read or uploaded, `details` are for people."""

    outcome: StageOutcome
    files: int = 0
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """A model with a cell for each stage, of all its boots."""

    model: Model
    cells: dict[BootStage, Cell]


def boot_matrix(seen: Observations) -> tuple[MatrixRow, ...]:
    """A row for each model that booted, in order."""
    boots: dict[str, list[ObservedBoot]] = {}
    for boot in seen.boots:
        boots.setdefault(boot.model.token, []).append(boot)
    return tuple(
        MatrixRow(model=of_model[0].model, cells={stage: _cell(stage, of_model) for stage in BootStage})
        for of_model in boots.values()
    )


def _cell(stage: BootStage, boots: Iterable[ObservedBoot]) -> Cell:
    order = list(StageOutcome)
    cells = [_of_boot(stage, boot) for boot in boots]
    return max(cells, key=lambda cell: (order.index(cell.outcome), cell.files))


def _of_boot(stage: BootStage, boot: ObservedBoot) -> Cell:
    exchanges = [one for one in boot.exchanges if _stage(one) is stage and not one.is_head]
    taken = [one for one in exchanges if isinstance(one.reply, Fetched | Uploaded)]
    failed = next((one for one in exchanges if not isinstance(one.reply, Fetched | Uploaded | NotFound)), None)
    missing = next((one for one in exchanges if isinstance(one.reply, NotFound)), None)
    unreadable = next((one for one in boot.complaints if _is_unreadable(one, exchanges)), None)
    count = len({one.url for one in taken})
    if failed is not None:
        return Cell(outcome=StageOutcome.FAILED, files=count, details=_reason(failed))
    if unreadable is not None:
        return Cell(outcome=StageOutcome.UNREADABLE, files=count, details=unreadable.values["name"])
    if missing is not None and (stage in _NEEDED or (stage is BootStage.MASTER and boot.problem)):
        return Cell(outcome=StageOutcome.MISSING, files=count, details=_reason(missing))
    if taken:
        return Cell(outcome=StageOutcome.DONE, files=count)
    return Cell(outcome=StageOutcome.NOT_ASKED if missing is None else StageOutcome.ABSENT)


def _stage(exchange: Exchange) -> BootStage | None:
    """The stage of a request; None for a firmware image, which is no file of a configuration."""
    name = exchange.request.location.name
    if isinstance(exchange.request, Stream):
        return None
    if isinstance(exchange.request, Upload):
        return BootStage.LOG_UPLOAD
    if name.endswith(FILE_ENDING):
        return BootStage.LICENSES
    if name.endswith(_OVERRIDES):
        return BootStage.OVERRIDES
    if name.endswith((DIRECTORY_ENDING, CALL_LISTS_ENDING)):
        return BootStage.DIRECTORY
    is_master = name == DEFAULT_NAME or (name.endswith(".cfg") and len(name) == len(DEFAULT_NAME))
    return BootStage.MASTER if is_master else BootStage.CONFIGURATION


def _is_unreadable(complaint: Complaint, exchanges: list[Exchange]) -> bool:
    if complaint.message not in _UNREADABLE:
        return False
    named = complaint.values["name"]
    return any(unquote(one.path).endswith(named) for one in exchanges)


def _reason(exchange: Exchange) -> str:
    return "" if isinstance(exchange.reply, Fetched | Streamed | Uploaded) else exchange.reply.reason
