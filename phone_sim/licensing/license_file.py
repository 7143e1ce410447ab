"""The activation file: all license keys of an order, as XML (B6, D1).

Reading picks the elements that concern one phone and leaves the rest unread. Nothing here verifies a signature.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from lxml import etree

from phone_sim.bounded_xml import attributes, parse_xml
from phone_sim.errors import DocumentError, LicenseFileError
from phone_sim.licensing.license_key import LicenseKey, LicenseType

FILE_ENDING = "-license.cfg"
"""What the name of an activation file ends with, after a MAC address in lower case (B10)."""
SITE_FILE = "000000000000-license.cfg"
"""The name of the activation file of a site (B10)."""
SIZE_LIMIT = 16 * 1024 * 1024
"""Maximum size of an activation file in bytes (our choice)."""
KEYS_OF_A_FILE = 22_900
"""How many license keys fit in `SIZE_LIMIT`: a phone with one order has one key (our choice, rounded down)."""
KEY_LIMIT = 256
"""Most keys of one activation file that a phone looks at; ours, so that no file can flood its log."""

_DECLARATION = "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n"
# The elements of other phones stay inside libxml2: a file of 10,000 keys costs little more than its parse.
_COUNT = etree.XPath("count(licenseKey)")
_OF_PHONE = etree.XPath("licenseKey[@Type='Site' or translate(@Serial, 'abcdef', 'ABCDEF')=$serial]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFile:
    """What an activation file holds for one phone: the attributes of its first elements, at most `KEY_LIMIT`.

    `count` is how many there are, `skipped` how many are for others.
    """

    elements: tuple[Mapping[str, str], ...]
    count: int
    skipped: int


def file_name(license_type: LicenseType, serial: str) -> str:
    """The name of the activation file for a MAC address or a site serial (B10)."""
    return SITE_FILE if license_type is LicenseType.SITE else f"{serial.lower()}{FILE_ENDING}"


def read_for_phone(data: bytes, serial: str) -> LicenseFile:
    """The elements of an activation file for the phone with this serial (12 upper-case digits), and for any phone.

    Raises:
        LicenseFileError: when `data` is not an activation file.
    """
    root = _root(data)
    found = cast(list[etree._Element], _OF_PHONE(root, serial=serial))
    elements = tuple(dict(attributes(element)) for element in found[:KEY_LIMIT])
    everybody = int(cast(float, _COUNT(root)))
    return LicenseFile(elements=elements, count=len(found), skipped=everybody - len(found))


def read_all(data: bytes) -> tuple[Mapping[str, str], ...]:
    """The attributes of every license key of an activation file. Raises LicenseFileError as `read_for_phone`."""
    return tuple(dict(attributes(element)) for element in _root(data).iterchildren("licenseKey"))


def write(keys: Iterable[LicenseKey]) -> bytes:
    """The activation file with these keys, in the form of the real ones: single quotes, no final line end (D1).

    A key that is given twice is written once (D24).
    """
    elements = dict.fromkeys(
        "<licenseKey " + " ".join(f"{name}='{value}'" for name, value in key.attributes().items()) + "/>"
        for key in keys
    )
    return f"{_DECLARATION}<licenses>{''.join(elements)}</licenses>".encode("ascii")


def _root(data: bytes) -> etree._Element:
    try:
        root = parse_xml(data, limit=SIZE_LIMIT)
    except DocumentError as error:
        raise LicenseFileError(error.reason, error.line) from error
    if root.tag != "licenses":
        raise LicenseFileError(f"the root element is {root.tag!s}, not licenses", root.sourceline)
    return root
