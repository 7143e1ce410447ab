"""What is wrong with one file by itself: a configuration file, a contact directory, or a master configuration file
without what it lists.

It is checked as part of a site that has nothing else, so that it is read as on any site.
"""

import re
from dataclasses import replace

from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import DocumentError, MasterConfigurationError
from phone_sim.findings.documents import read_document
from phone_sim.findings.finding import Finding
from phone_sim.findings.in_force import DEVICE
from phone_sim.findings.site import SiteReport, check_site
from phone_sim.findings.site_check import DIRECTORY_ENDING
from phone_sim.findings.site_rules import MISSING, NO_MASTER, OWN_MISSING
from phone_sim.findings.subject import Subject
from phone_sim.firmware import master_config
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.licensing.license_file import FILE_ENDING, SIZE_LIMIT
from phone_sim.mac_address import MacAddress

_LISTED = "configuration.cfg"
_DIRECTORY = f"000000000000{DIRECTORY_ENDING}"
_MASTER_NAME = re.compile(r"[0-9a-f]{12}\.cfg", re.IGNORECASE)
_OVERRIDE_NAME = re.compile(r"((?!0{12})[0-9a-f]{12})-([a-z]+\.cfg)", re.IGNORECASE)
_OF_OTHER_FILES = (MISSING, OWN_MISSING, NO_MASTER)


def is_activation_file(name: str, data: bytes, *, is_expected: bool) -> bool:
    """True for what is an activation file by its name, its root element or, if it is damaged, what is left of it.

    A file that says nothing, such as a web page, is one where one `is_expected`.
    """
    if name.endswith(FILE_ENDING):
        return True
    root = read_document(data, SIZE_LIMIT)
    if isinstance(root, DocumentError):
        return is_expected or b"licenseKey" in data
    return root.tag == "licenses"


def check_file(name: str, data: bytes, subject: Subject, *, only: MacAddress | None = None) -> SiteReport:
    """Check one file for these phones, or only one; `name` is what findings call it, and may say what it is."""
    if (override := _OVERRIDE_NAME.fullmatch(_last_part(name))) and override[2] in subject.profile.override_files:
        only = only or MacAddress.parse(override[1])
        place = f"{only}-{override[2]}"
        files = {DEFAULT_NAME: b"<APPLICATION CONFIG_FILES=''/>", place: data}
    elif _is_directory(name, data):
        place, files = _DIRECTORY, {DEFAULT_NAME: b"<APPLICATION CONFIG_FILES=''/>", _DIRECTORY: data}
    elif _is_master(name, data):
        place, files = DEFAULT_NAME, {DEFAULT_NAME: data}
    else:
        master = f'<APPLICATION CONFIG_FILES="{_LISTED}"/>'.encode()
        place, files = _LISTED, {DEFAULT_NAME: master, _LISTED: data}
    report = check_site(MemorySite(files), subject, only=only)
    findings = tuple(
        replace(one, place=replace(one.place, file=name))
        for one in report.findings
        if one.place.file == place and _is_of_this_file(one, data)
    )
    return replace(report, findings=findings, checked=replace(report.checked, files_read=1, files_there=1))


def _is_directory(name: str, data: bytes) -> bool:
    root = read_document(data, SIZE_LIMIT)
    return name.endswith(DIRECTORY_ENDING) or (not isinstance(root, DocumentError) and root.tag == "directory")


def _is_master(name: str, data: bytes) -> bool:
    try:
        master_config.attribute_names(data)
    except MasterConfigurationError:
        return _MASTER_NAME.fullmatch(_last_part(name)) is not None
    return True


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _is_of_this_file(finding: Finding, data: bytes) -> bool:
    """False where other files of the site would decide."""
    return finding.rule not in _OF_OTHER_FILES and (finding.rule is not DEVICE or b"device.set" in data)
