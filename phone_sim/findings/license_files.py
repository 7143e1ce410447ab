"""Findings about activation files: what is in the file, under which name. The keys are `license_keys`'s.

Content decides, a file name proves nothing (D9); but a file under a wrong name is not asked for. This module does no
I/O.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import chain, islice
from pathlib import PurePosixPath

from lxml import etree

from phone_sim.bounded_xml import attributes, parse_xml
from phone_sim.errors import DocumentError
from phone_sim.findings.bounds import at_most, cut
from phone_sim.findings.documents import WEB_PAGE, shown, unreadable
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.findings.license_keys import (
    EXPIRED,
    FOR_OTHER_PHONE,
    MALFORMED,
    SIGNATURE_NOT_VALID,
    VENDOR_KEY,
    PlacedKey,
    check_keys,
    check_number,
    check_owner,
    check_phones,
    placed_key,
)
from phone_sim.findings.site_rules import UPPER_CASE
from phone_sim.licensing.license_file import FILE_ENDING, SITE_FILE, SIZE_LIMIT
from phone_sim.licensing.license_key import ATTRIBUTES, LicenseKey, LicenseType
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress

_ELEMENT_LIMIT = 25_000  # more than there can be license keys in a file of the size limit
_NAMED = 3
_SITE_MAC = SITE_FILE.removesuffix(FILE_ENDING)
_NAME = re.compile(rf"([0-9a-f]{{12}}){re.escape(FILE_ENDING)}")

NOT_AN_ACTIVATION_FILE = Rule(
    code="license-not-an-activation-file",
    severity=Severity.ERROR,
    summary="A damaged activation file, or another file under its name",
    why="The phone reads no license key from it. It refuses a file that is not well-formed XML as a whole; a real "
    "phone may read the part before the fault.",
    remedy="Put the original activation file on the boot server again.",
    basis=Basis.DECISION,
    source="D1, D27",
)
NO_KEYS = Rule(
    code="license-no-keys",
    severity=Severity.WARNING,
    summary="An activation file without a license key",
    why="The phone reads the file, and gets no license from it.",
    remedy="Put the activation file with the keys on the boot server, or remove the file if there is no license.",
    basis=Basis.OBSERVED,
    source="B6; field notes 10",
)
UNKNOWN_ELEMENT = Rule(
    code="license-unknown-element",
    severity=Severity.WARNING,
    summary="An element in an activation file that is not a license key",
    why="The phone ignores it. The names of elements are case-sensitive: `<LicenseKey>` is not a license key.",
    remedy="Put the original activation file on the boot server again, or remove the element.",
    basis=Basis.DECISION,
    source="D1",
)
UNKNOWN_ATTRIBUTE = Rule(
    code="license-unknown-attribute",
    severity=Severity.WARNING,
    summary="An attribute of a license key that no license key has",
    why="The phone ignores it, and the signature does not cover it.",
    remedy="Put the original activation file on the boot server again, or remove the attribute.",
    basis=Basis.DECISION,
    source="D1, D4",
)
DUPLICATE_KEY = Rule(
    code="license-duplicate-key",
    severity=Severity.INFO,
    summary="The same license key more than once in an activation file",
    why="The phone reads it each time, with the same result. Different keys for one phone are not reported: that is "
    "how a later order is added.",
    remedy="Remove the copies, or make the file again.",
    basis=Basis.DECISION,
    source="B6, D24",
)
SITE_KEY_IN_PHONE_FILE = Rule(
    code="license-site-key-in-phone-file",
    severity=Severity.INFO,
    summary="A site license in the activation file of one phone",
    why="The phone accepts it, but no other phone of the site gets it.",
    remedy=f"If it is for all phones, put the file on the boot server as `{SITE_FILE}`.",
    basis=Basis.DECISION,
    source="B4, B10, D9",
)
PHONE_KEY_IN_SITE_FILE = Rule(
    code="license-phone-key-in-site-file",
    severity=Severity.INFO,
    summary="A license for one phone in the activation file of the site",
    why="Every phone of the site reads it, but only the phone with this serial takes it.",
    remedy=f"Put the file on the boot server as `<MAC>{FILE_ENDING}`, or leave it as it is.",
    basis=Basis.DECISION,
    source="B4, B10, D9",
)
NAME_NOT_ASKED_FOR = Rule(
    code="license-name-not-asked-for",
    severity=Severity.WARNING,
    summary="An activation file under a name that no phone asks for",
    why=f"Phones ask for `{SITE_FILE}` and for `<MAC>{FILE_ENDING}`, with all 12 digits of the MAC address and without "
    "separators.",
    remedy="Rename the file.",
    basis=Basis.OBSERVED,
    source="B8, B10; field notes 1.3",
)
LICENSE_FILE_RULES = (
    NOT_AN_ACTIVATION_FILE,
    NO_KEYS,
    NAME_NOT_ASKED_FOR,
    UNKNOWN_ELEMENT,
    UNKNOWN_ATTRIBUTE,
    DUPLICATE_KEY,
    SITE_KEY_IN_PHONE_FILE,
    PHONE_KEY_IN_SITE_FILE,
)

_OF_A_KEY = (SIGNATURE_NOT_VALID, VENDOR_KEY, EXPIRED, FOR_OTHER_PHONE)
_OF_UNREAD = (NOT_AN_ACTIVATION_FILE, WEB_PAGE, NO_KEYS, MALFORMED)


def explains_lack(finding: Finding, data: bytes, bit: int, serial: str) -> bool:
    """True where a finding about the activation file `data` may tell why a feature with this option bit has no license.

    A finding about a readable key does where its key is for the feature and for the phone with this serial, or for any
    phone; one that the file is another phone's does where any key of the file is for the feature.
    """
    if not finding.place.file.endswith(FILE_ENDING):
        return False
    if finding.rule not in _OF_A_KEY:
        return finding.rule in _OF_UNREAD
    is_of_file = finding.rule is FOR_OTHER_PHONE
    return any(
        isinstance(key := one.key, LicenseKey)
        and any(grant.bit == bit for grant in key.grants)
        and (is_of_file or (one.place.line == finding.place.line and _is_for(key, serial)))
        for one in _keys_of(data)
    )


def _is_for(key: LicenseKey, serial: str) -> bool:
    return key.type is LicenseType.SITE or key.serial == serial


@lru_cache(maxsize=2)  # each finding about a file asks for its keys
def _keys_of(data: bytes) -> tuple[PlacedKey, ...]:
    return _keys(parse_xml(data, limit=SIZE_LIMIT))[0]


def check_license_file(
    name: str,
    data: bytes,
    *,
    anchor: TrustAnchor,
    on: date,
    features: Mapping[int, str],
    macs: Collection[MacAddress] = (),
) -> tuple[Finding, ...]:
    """The findings about the activation file at the path `name` of the site, on the local date `on`.

    `features` are the names of the features by option bit; `macs` are the phones of the site, empty if not known.
    """
    wrong_name = check_license_name(name)
    named = [] if wrong_name is None else [wrong_name]
    try:
        keys, found = _contents(data, anchor, on, tuple(features.items()))
    except DocumentError as error:
        finding = unreadable(name, data, error)
        return (*named, finding if finding.rule is WEB_PAGE else replace(finding, rule=NOT_AN_ACTIVATION_FILE))
    if macs:
        named += check_phones(keys, macs)
    if owner := _NAME.fullmatch(PurePosixPath(name).name.lower()):
        mac = owner[1]
        named += _check_site_file(keys) if mac == _SITE_MAC else _check_phone_file(keys, MacAddress(mac))
    return tuple(replace(one, place=replace(one.place, file=name)) for one in (*found, *at_most(named)))


@lru_cache(maxsize=2)  # the file of an order is under the name of each phone
def _contents(
    data: bytes, anchor: TrustAnchor, on: date, features: tuple[tuple[int, str], ...]
) -> tuple[tuple[PlacedKey, ...], tuple[Finding, ...]]:
    """The different keys of a file, and the findings about it that are the same under any name.

    Raises:
        DocumentError: it is not an activation file.
    """
    root = parse_xml(data, limit=SIZE_LIMIT)
    if root.tag != "licenses":
        raise DocumentError(f"the root element is '{shown(str(root.tag))}', not 'licenses'", root.sourceline)
    keys, copies = _keys(root)
    checked = check_keys(keys, anchor=anchor, on=on, features=dict(features))
    return keys, at_most(chain(_check_elements(root), copies, check_number(keys), checked))


def check_license_name(name: str) -> Finding | None:
    """The finding about a name that ends like that of an activation file, but that no phone asks for."""
    file = PurePosixPath(name).name
    if not file.lower().endswith(FILE_ENDING) or _NAME.fullmatch(file):
        return None
    if _NAME.fullmatch(file.lower()):
        return Finding(rule=UPPER_CASE, place=Place(file=name), message=f"phones ask for {file.lower()}")
    digits = cut(file[: -len(FILE_ENDING)])
    return Finding(
        rule=NAME_NOT_ASKED_FOR, place=Place(file=name), message=f"'{digits}' is not the 12 digits of a MAC address"
    )


def _check_elements(root: etree._Element) -> Iterator[Finding]:
    """The findings about what is not a license key, and about attributes that no license key has."""
    if root.find("licenseKey") is None:
        yield Finding(rule=NO_KEYS, place=Place(file="", line=root.sourceline), message="there is no license key")
    for element in islice(root.iterchildren(), _ELEMENT_LIMIT):
        place = Place(file="", line=element.sourceline)
        unknown = element if element.tag != "licenseKey" else next(element.iterchildren(), None)
        if unknown is not None:
            yield Finding(rule=UNKNOWN_ELEMENT, place=place, message=f"unknown element '{cut(str(unknown.tag))}'")
        if element.tag == "licenseKey":
            strange = [key for key, _ in attributes(element) if key not in ATTRIBUTES]
            if strange:
                names = ", ".join(f"'{cut(each)}'" for each in strange[:_NAMED])
                more = f" and {len(strange) - _NAMED} more" if len(strange) > _NAMED else ""
                yield Finding(rule=UNKNOWN_ATTRIBUTE, place=place, message=f"no license key has {names}{more}")


def _keys(root: etree._Element) -> tuple[tuple[PlacedKey, ...], list[Finding]]:
    """The different keys, and the findings about those that are there more than once."""
    placed: dict[tuple[tuple[str, str], ...], PlacedKey] = {}
    copies = []
    for number, element in enumerate(islice(root.iterchildren("licenseKey"), _ELEMENT_LIMIT), 1):
        values = dict(attributes(element))
        place = Place(file="", line=element.sourceline)
        key = placed_key(place, number, values)
        first = placed.setdefault(tuple(sorted(values.items())), key)
        if first is not key:
            copies.append(key.finding(DUPLICATE_KEY, f"is the same as key {first.number}"))
    return tuple(placed.values()), copies


def _check_site_file(keys: Collection[PlacedKey]) -> Iterator[Finding]:
    for placed in keys:
        if placed.key.type is LicenseType.PHONE:
            yield placed.finding(PHONE_KEY_IN_SITE_FILE, "is for one phone, in the file of the site")


def _check_phone_file(keys: Collection[PlacedKey], mac: MacAddress) -> Iterator[Finding]:
    for placed in keys:
        if placed.key.type is LicenseType.SITE:
            yield placed.finding(SITE_KEY_IN_PHONE_FILE, f"is a site license, in the file of {mac}")
    yield from check_owner(keys, mac)
