"""Findings about contact directories, `<mac>-directory.xml`. What the phone reads is `phone_sim.firmware`'s to say.

This module does no I/O.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from lxml import etree

from phone_sim.bounded_xml import parse_xml
from phone_sim.errors import DocumentError
from phone_sim.findings.bounds import at_most, cut
from phone_sim.findings.documents import WEB_PAGE, shown, unreadable
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.firmware.contact_directory import CONTACT_LIMIT, SIZE_LIMIT, TEXT_LIMIT

_GUIDE = "administrator's guide of SIP 3.0.2, Local Contact Directory File Format"
_ITEM_LIMIT = 50_000  # a file with more has a finding already

NOT_WELL_FORMED = Rule(
    code="directory-not-well-formed",
    severity=Severity.ERROR,
    summary="A contact directory that cannot be read as XML",
    why="The phone refuses the file as a whole and has no contacts from it; a real phone may read the part before the "
    "fault.",
    remedy="Correct the file at this line. In names, write `&amp;` for `&` and `&lt;` for `<`.",
    basis=Basis.DECISION,
    source="D27",
)
WRONG_ROOT = Rule(
    code="directory-wrong-root",
    severity=Severity.ERROR,
    summary="A contact directory whose root element is not `<directory>`",
    why="The phone reads no contact from it.",
    remedy="Put the contacts in `<directory><item_list>...</item_list></directory>`, each in an `<item>`.",
    basis=Basis.GUIDE,
    source=_GUIDE,
)
ENTRY_WITHOUT_NUMBER = Rule(
    code="directory-entry-without-number",
    severity=Severity.WARNING,
    summary="A contact without a number",
    why="The phone leaves the contact out. The vendor's guide says that `<ct>` cannot be empty.",
    remedy="Write the number or the SIP address in `<ct>`, or remove the contact.",
    basis=Basis.GUIDE,
    source=_GUIDE,
)
NUMBER_TWICE = Rule(
    code="directory-number-twice",
    severity=Severity.WARNING,
    summary="Two contacts with the same number",
    why="Simulated phones list both. The vendor's guide says that `<ct>` cannot be duplicated; a real phone "
    "finds the name of a caller by it.",
    remedy="Remove one of the contacts, or correct its number.",
    basis=Basis.GUIDE,
    source=_GUIDE,
)
ENTRY_NOT_IN_LIST = Rule(
    code="directory-entry-not-in-list",
    severity=Severity.WARNING,
    summary="A contact that is not in `<item_list>`",
    why="The phone looks for contacts only in `<directory><item_list>`.",
    remedy="Move the `<item>` into `<item_list>`.",
    basis=Basis.GUIDE,
    source=_GUIDE,
)
TEXT_TOO_LONG = Rule(
    code="directory-text-too-long",
    severity=Severity.INFO,
    summary=f"A name or a number of more than {TEXT_LIMIT} characters",
    why=f"Simulated phones cut it at {TEXT_LIMIT} characters. The vendor's guide allows 40 bytes for a name.",
    remedy="Shorten the name or the number.",
    basis=Basis.DECISION,
    source=_GUIDE,
)
TOO_MANY_ENTRIES = Rule(
    code="directory-too-many-entries",
    severity=Severity.WARNING,
    summary=f"A contact directory with more than {CONTACT_LIMIT} contacts",
    why=f"Simulated phones read the first {CONTACT_LIMIT} contacts with a number and leave out the others. "
    "The limit of a real phone may be lower.",
    remedy="Remove contacts, or use a corporate directory.",
    basis=Basis.DECISION,
    source="no source gives a limit",
)
CONTACT_DIRECTORY_RULES = (
    NOT_WELL_FORMED,
    WRONG_ROOT,
    ENTRY_NOT_IN_LIST,
    ENTRY_WITHOUT_NUMBER,
    NUMBER_TWICE,
    TEXT_TOO_LONG,
    TOO_MANY_ENTRIES,
)


def check_contact_directory(name: str, data: bytes) -> tuple[Finding, ...]:
    """The findings about the contact directory at the path `name` of the site."""
    try:
        root = parse_xml(data, limit=SIZE_LIMIT)
    except DocumentError as error:
        finding = unreadable(name, data, error)
        return (finding if finding.rule is WEB_PAGE else replace(finding, rule=NOT_WELL_FORMED),)
    if root.tag != "directory":
        place = Place(file=name, line=root.sourceline)
        message = f"the root element is '{shown(str(root.tag))}', not 'directory'"
        return (Finding(rule=WRONG_ROOT, place=place, message=message),)
    return at_most(_check_entries(name, root))


def _check_entries(name: str, root: etree._Element) -> Iterator[Finding]:
    lines: dict[str, int | None] = {}  # of the first contact with each number
    count = 0
    for item in islice(root.iter("item"), _ITEM_LIMIT):
        place = Place(file=name, line=item.sourceline)
        if not _is_in_list(item, root):
            yield Finding(rule=ENTRY_NOT_IN_LIST, place=place, message=f"the phone does not read {_named(item)}")
            continue
        number = _text(item, "ct")
        if not number:
            yield Finding(rule=ENTRY_WITHOUT_NUMBER, place=place, message=f"{_named(item)} has no number")
            continue
        count += 1
        if number in lines:
            message = f"{_named(item)} has the number '{cut(number)}', as has the contact in line {lines[number]}"
            yield Finding(rule=NUMBER_TWICE, place=place, message=message)
        lines.setdefault(number, place.line)
        if long := [tag for tag in ("ln", "fn", "ct") if len(_text(item, tag)) > TEXT_LIMIT]:
            message = f"{_named(item)} has {len(_text(item, long[0]))} characters in <{long[0]}>"
            yield Finding(rule=TEXT_TOO_LONG, place=place, message=message)
    if count > CONTACT_LIMIT:
        message = f"{count} contacts have a number; the phone reads {CONTACT_LIMIT}"
        yield Finding(rule=TOO_MANY_ENTRIES, place=Place(file=name), message=message)


def _is_in_list(item: etree._Element, root: etree._Element) -> bool:
    parent = item.getparent()
    return parent is not None and parent.tag == "item_list" and parent.getparent() is root


def _named(item: etree._Element) -> str:
    names = ", ".join(filter(None, (_text(item, "ln"), _text(item, "fn"))))
    return f"the contact '{cut(names)}'" if names else "a contact without a name"


def _text(item: etree._Element, tag: str) -> str:
    """The text of the first child of this name, as the phone reads it but for its length."""
    return " ".join((item.findtext(tag) or "").split())
