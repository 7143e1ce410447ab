"""Faults of one master configuration file by itself.

Pure. It does not know which phone reads the file, nor whether the files that it lists are there.
"""

import re
from difflib import get_close_matches
from functools import lru_cache

from phone_sim.boot_server.site import locate
from phone_sim.bounded_xml import attributes, each_attribute_line
from phone_sim.errors import DocumentError, MasterConfigurationError, ParametersInsteadOfMasterError
from phone_sim.findings.documents import is_empty_document, read_document, shown, unreadable
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.firmware.master_config import ATTRIBUTES, SIZE_LIMIT, attribute_names
from phone_sim.models import Model

LATER_ATTRIBUTES = (
    "DECT_FILE_PATH",
    "SERVICE_FILES",
    "COREFILE_DIRECTORY",
    "CERTIFICATE_DIRECTORY",
    "FLK_DIRECTORY",
    "ICONS_DIRECTORY",
    "CAMERA_PRESETS_DIRECTORY",
)
"""The attributes of UC Software 5.x, which the firmware here ignores (field notes 2)."""
OTHER_SUFFIXES = frozenset(
    (
        *("SPIP300", "SPIP301", "SPIP500", "SPIP501", "SPIP600", "SPIP601", "SSIP4000"),
        *(f"VVX{number}" for number in (101, 201, 300, 301, 310, 311, 400, 401, 410, 411, 500, 600)),
    )
)
"""The suffixes of models that the bulletin does not list (field notes 8)."""
_BASES = sorted((*ATTRIBUTES, *LATER_ATTRIBUTES), key=len, reverse=True)
_FINDINGS_LIMIT = 100
_KEPT = 32
_PLACEHOLDER = re.compile(r"\[PHONE_[A-Z_]{1,20}\]")

NOT_A_MASTER = Rule(
    code="not-a-master-file",
    severity=Severity.WARNING,
    summary="A document without any attribute in place of a master configuration file",
    why="The phone skips it and asks for the next name, `000000000000.cfg`.",
    remedy="Write an APPLICATION element with CONFIG_FILES, or remove the file.",
    basis=Basis.DECISION,
    source="D19",
)
PARAMETER_FILE = Rule(
    code="parameter-file-as-master",
    severity=Severity.WARNING,
    summary="A parameter file in place of a master configuration file",
    why="Phones then read no other file but their overrides; its parameters have the lowest priority, if they count.",
    remedy="Give the file another name, and list that in CONFIG_FILES of a master configuration file.",
    basis=Basis.OBSERVED,
    source="D19, field notes 14",
)
BESIDE = Rule(
    code="parameters-in-master-file",
    severity=Severity.WARNING,
    summary="Parameters in a master configuration file",
    why="They are not in force here; what a real phone does with them is not known.",
    remedy="Move them to a configuration file that CONFIG_FILES lists.",
    basis=Basis.DECISION,
    source="D19",
)
ATTRIBUTE = Rule(
    code="master-attribute-unknown",
    severity=Severity.INFO,
    summary="An attribute that no known firmware reads in a master configuration file",
    why="The phone ignores it.",
    remedy="Correct its name, or remove it.",
    basis=Basis.OBSERVED,
    source="field notes 2",
)
MISSPELLED = Rule(
    code="master-attribute-misspelled",
    severity=Severity.WARNING,
    summary="An attribute of a master configuration file whose name, or suffix of a model, is misspelled",
    why="The phone ignores it, so what it says is not in force.",
    remedy="Correct the name: upper case, `_` between the words, and a suffix such as `_SPIP670`.",
    basis=Basis.OBSERVED,
    source="field notes 2",
)
SUFFIX = Rule(
    code="master-model-unknown",
    severity=Severity.INFO,
    summary="An attribute with the suffix of a model that is not known",
    why="No known phone reads it.",
    remedy="Correct the suffix: the model's name without `_`, as in `CONFIG_FILES_SPIP670`.",
    basis=Basis.OBSERVED,
    source="field notes 2 and 8",
)
MASTER_FILE_RULES = (NOT_A_MASTER, PARAMETER_FILE, BESIDE, ATTRIBUTE, MISSPELLED, SUFFIX)


def check_master_file(name: str, data: bytes, suffixes: frozenset[str]) -> tuple[Finding, ...]:
    """What is wrong with a file that phones read as their master; `suffixes` are those of the models that are known.

    A file with parameters only is one finding here: `check_parameter_file` looks into it.
    """
    place = Place(file=name)
    if is_empty_document(data):
        return (Finding(rule=NOT_A_MASTER, place=place, message="the file is empty"),)
    document = read_document(data, SIZE_LIMIT)
    if isinstance(document, DocumentError):
        return (unreadable(name, data, document),)
    try:
        names = attribute_names(data)
    except ParametersInsteadOfMasterError:
        message = "the file has parameters, and no attribute of a master configuration file"
        return (Finding(rule=PARAMETER_FILE, place=place, message=message),)
    except MasterConfigurationError as error:
        return (Finding(rule=NOT_A_MASTER, place=place, message=shown(error.reason, 200)),)
    lines = _lines(data)
    found = [
        _beside(name, names, lines),
        *(_attribute(name, one, lines, suffixes | OTHER_SUFFIXES) for one in names if "." not in one),
    ]
    return tuple(one for one in found if one is not None)[:_FINDINGS_LIMIT]


@lru_cache(maxsize=_KEPT)  # phones of a site share one
def _lines(data: bytes) -> dict[str, int]:
    """The line of each attribute, its first."""
    lines: dict[str, int] = {}
    for attribute, line in each_attribute_line(data):
        lines.setdefault(attribute, line)
    return lines


def list_line(data: bytes, model: Model) -> int | None:
    """The line of the CONFIG_FILES that a model reads."""
    lines = _lines(data)
    return lines.get(f"CONFIG_FILES_{model.suffix}", lines.get("CONFIG_FILES"))


@lru_cache(maxsize=_KEPT)
def listed_names(data: bytes) -> frozenset[str]:
    """The paths of all files in CONFIG_FILES, of whichever model; `*` stands for a MAC address or a model."""
    root = read_document(data, SIZE_LIMIT)
    if isinstance(root, DocumentError):
        return frozenset()
    lists = (value for name, value in attributes(root, below=True) if name.startswith("CONFIG_FILES"))
    names = (_PLACEHOLDER.sub("*", name).strip() for value in lists for name in value.split(","))
    return frozenset(path for name in names if (path := "/".join(locate(name) or ())))


def _beside(file: str, names: tuple[str, ...], lines: dict[str, int]) -> Finding | None:
    parameters = [name for name in names if "." in name and not name.startswith("{")]
    if not parameters:
        return None
    more = f" and {len(parameters) - 1} more parameters are" if len(parameters) > 1 else " is"
    place = Place(file=file, line=lines.get(parameters[0]), parameter=parameters[0][:255])
    message = f"{shown(parameters[0])}{more} in a master configuration file and not in force"
    return Finding(rule=BESIDE, place=place, message=message)


def _attribute(file: str, name: str, lines: dict[str, int], suffixes: frozenset[str]) -> Finding | None:
    """What is wrong with the name of one attribute, which is no parameter."""
    place = Place(file=file, line=lines.get(name), parameter=name[:255])
    base = next((one for one in _BASES if name == one or name.startswith(f"{one}_")), None)
    if base == name or name.startswith("{"):
        return None
    if base is None:
        nearest = get_close_matches(name[:60].upper(), _BASES, n=1, cutoff=0.85)
        if nearest:
            message = f"no phone reads {shown(name)}; the nearest name is {nearest[0]}"
            return Finding(rule=MISSPELLED, place=place, message=message)
        return Finding(rule=ATTRIBUTE, place=place, message=f"no known firmware reads {shown(name)}")
    suffix = name[len(base) + 1 :]
    if suffix in suffixes:
        return None
    plain = re.sub(r"[_-]", "", suffix).upper()
    if plain in suffixes:
        message = f"the suffix of this model is written {plain}, not {shown(suffix)}"
        return Finding(rule=MISSPELLED, place=place, message=message)
    return Finding(rule=SUFFIX, place=place, message=f"no known model has the suffix {shown(suffix)}")
