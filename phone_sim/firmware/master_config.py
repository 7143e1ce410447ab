"""The master configuration file: which files a phone reads and where its folders are (field notes 2).

Attribute names decide, wherever in the document they stand. An attribute with the model's suffix,
`CONFIG_FILES_SPIP670`, beats the plain one. This module does not know URLs; it hands on what the file says, with the
substitutions made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from types import MappingProxyType

from phone_sim.bounded_xml import attributes, is_declaration_alone, parse_xml
from phone_sim.errors import (
    DocumentError,
    MasterConfigurationError,
    NotAMasterError,
    ParametersInsteadOfMasterError,
)
from phone_sim.firmware.location import shown_name
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model

DEFAULT_NAME = "000000000000.cfg"
SIZE_LIMIT = 256 * 1024
"""Most bytes of a master configuration file; ours."""
NAME_LIMIT = 255
LIST_LIMIT = 2047
FILES_LIMIT = 64
"""Most files of CONFIG_FILES; ours. Without it, a list of short names could hold a phone for a day."""

_FILES_KEPT = 32

ATTRIBUTES = (
    "APP_FILE_PATH",
    "CONFIG_FILES",
    "MISC_FILES",
    "LOG_FILE_DIRECTORY",
    "OVERRIDES_DIRECTORY",
    "CONTACTS_DIRECTORY",
    "LICENSE_DIRECTORY",
    "USER_PROFILES_DIRECTORY",
    "CALL_LISTS_DIRECTORY",
)
"""The attributes of SIP 1.x to UC Software 4.0; later ones are passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterConfiguration:
    """What the file says to one phone. A folder is empty for the root of the boot server (B17)."""

    config_files: tuple[str, ...] = ()
    app_file_path: str = ""
    misc_files: tuple[str, ...] = ()
    log_file_directory: str = ""
    overrides_directory: str = ""
    contacts_directory: str = ""
    license_directory: str = ""
    user_profiles_directory: str = ""
    call_lists_directory: str = ""
    problems: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def parse(data: bytes, *, model: Model, mac: MacAddress) -> MasterConfiguration:
    """What the master configuration file in `data` says to this phone.

    `problems` lists what was left out: a file name over 255 characters, or what is past the 2047th character of the
    list. `ignored` are the parameters that stand in the file, where they are not in force (D19).

    Raises:
        ParametersInsteadOfMasterError: when it has attributes, but none of such a file.
        NotAMasterError: when it is empty, or has no attributes.
        MasterConfigurationError: when it is not XML within the limits.
    """
    found = _attributes(data)
    values = {name: _substituted(_for_model(found, name, model), model, mac) for name in ATTRIBUTES}
    config_files, problems = _config_files(values["CONFIG_FILES"])
    return MasterConfiguration(
        config_files=config_files,
        app_file_path=values["APP_FILE_PATH"],
        misc_files=_listed(values["MISC_FILES"]),
        log_file_directory=values["LOG_FILE_DIRECTORY"],
        overrides_directory=values["OVERRIDES_DIRECTORY"],
        contacts_directory=values["CONTACTS_DIRECTORY"],
        license_directory=values["LICENSE_DIRECTORY"],
        user_profiles_directory=values["USER_PROFILES_DIRECTORY"],
        call_lists_directory=values["CALL_LISTS_DIRECTORY"],
        problems=problems,
        ignored=_ignored(data),
    )


def attribute_names(data: bytes) -> tuple[str, ...]:
    """The name of each attribute in the file, in the order of the document.

    Raises:
        ParametersInsteadOfMasterError, MasterConfigurationError: as `parse` does.
    """
    return tuple(_attributes(data))


# The phones of a site read the same file: it is parsed once.
@lru_cache(maxsize=_FILES_KEPT)
def _attributes(data: bytes) -> Mapping[str, str]:
    try:
        root = parse_xml(data, limit=SIZE_LIMIT)
    except DocumentError as error:
        is_empty = not data.strip() or is_declaration_alone(data)
        kind = NotAMasterError if is_empty else MasterConfigurationError
        raise kind(error.reason_of_refusal, error.line) from error
    found: dict[str, str] = {}
    for name, value in attributes(root, below=True):
        found.setdefault(name, value)
    if root.tag != "APPLICATION" and not any(name.startswith(ATTRIBUTES) for name in found):
        reason = f"the root element is {root.tag!s}, and no attribute is one of a master file"
        raise (ParametersInsteadOfMasterError if found else NotAMasterError)(reason)
    return MappingProxyType(found)


@lru_cache(maxsize=_FILES_KEPT)
def _ignored(data: bytes) -> tuple[str, ...]:
    """The parameters in the file: unlike the attributes of a master, their names have dots."""
    return tuple(name for name in _attributes(data) if "." in name)


def _for_model(found: Mapping[str, str], name: str, model: Model) -> str:
    return found.get(f"{name}_{model.suffix}", found.get(name, "")).strip()


def _substituted(value: str, model: Model, mac: MacAddress) -> str:
    if "[" not in value:
        return value
    substitutions = {
        "[PHONE_MAC_ADDRESS]": mac.digits,
        "[PHONE_MODEL]": model.suffix,
        "[PHONE_PART_NUMBER]": model.part_number,
    }
    for placeholder, text in substitutions.items():
        value = value.replace(placeholder, text)
    return value


def _config_files(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    problems: list[str] = []
    if len(value) > LIST_LIMIT:
        value = value[: LIST_LIMIT + 1].rpartition(",")[0]
        problems.append(f"the list is longer than {LIST_LIMIT} characters, its end is ignored")
    names = _listed(value)
    if len(names) > FILES_LIMIT:
        problems.append(f"{len(names)} files are listed, the first {FILES_LIMIT} are read")
        names = names[:FILES_LIMIT]
    problems += [
        f"{shown_name(name)[:40]}... is longer than {NAME_LIMIT} characters" for name in names if len(name) > NAME_LIMIT
    ]
    return tuple(name for name in names if len(name) <= NAME_LIMIT), tuple(problems)


def _listed(value: str) -> tuple[str, ...]:
    # Most names are the same on all phones of a site.
    return tuple(dict.fromkeys(intern(name) for part in value.split(",") if (name := part.strip())))
