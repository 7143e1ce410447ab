"""Findings about contact directories: each says what the phone does with the contact."""

import pytest

from phone_sim.findings.bounds import FINDING_LIMIT
from phone_sim.findings.contact_directories import check_contact_directory
from phone_sim.firmware.contact_directory import CONTACT_LIMIT, read_contacts

NAME = "contacts/0004f2aabbcc-directory.xml"


def directory(*items: str) -> bytes:
    """A directory with these items, one per line from line 2."""
    lines = "\n".join(f"<item>{item}</item>" for item in items)
    return f"<directory><item_list>\n{lines}\n</item_list></directory>".encode()


def contact(number: int | str, name: str = "Doe") -> str:
    """A contact."""
    return f"<ln>{name}</ln><fn>John</fn><ct>{number}</ct><sd>1</sd>"


def found(data: bytes) -> list[tuple[str, int | None]]:
    """Rule and line of each finding."""
    findings = check_contact_directory(NAME, data)
    assert all(finding.place.file == NAME and str(finding).isprintable() for finding in findings)
    return [(finding.rule.code.removeprefix("directory-"), finding.place.line) for finding in findings]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (directory(contact(1001), contact(1002)), []),
        (directory(), []),
        (b"", [("not-well-formed", None)]),
        (b"<directory>\n<item_list>AT&T", [("not-well-formed", 2)]),
        (b"<contacts/>", [("wrong-root", 1)]),
        (directory(contact(1001), contact(" ")), [("entry-without-number", 3)]),
        (directory(contact(1001), "<ln>Doe</ln>"), [("entry-without-number", 3)]),
        (directory(contact(1001), contact(2), contact(" 1001 ", "Roe")), [("number-twice", 4)]),
        (directory(contact(1001, "x" * 129)), [("text-too-long", 2)]),
        (b"<directory>\n<item><ct>1</ct></item></directory>", [("entry-not-in-list", 2)]),
        (directory(*map(contact, range(CONTACT_LIMIT))), []),
        (directory(*map(contact, range(CONTACT_LIMIT + 1))), [("too-many-entries", None)]),
    ],
)
def test_fault_of_a_directory_is_found_in_its_line(data: bytes, expected: list[tuple[str, int | None]]) -> None:
    assert found(data) == expected


def test_web_page_is_called_one() -> None:
    assert [code for code, _ in found(b"<!doctype html><p>Not Found")] == ["web-page-as-file"]


def test_what_is_said_of_the_phone_is_what_it_does() -> None:
    data = directory(contact(1, "Same"), contact(1, "Same"), contact(""), contact(2, "x" * 300))
    contacts = read_contacts(data)
    assert [one.number for one in contacts] == ["1", "1", "2"]
    assert len(contacts[-1].last_name) == 128
    assert [code for code, _ in found(data)] == ["number-twice", "entry-without-number", "text-too-long"]


def test_hostile_directory_gives_few_findings() -> None:
    findings = check_contact_directory(NAME, directory(*[contact("", "\u202e" * 100)] * 2_000))
    assert len(findings) == FINDING_LIMIT
    assert findings[-1].message.endswith("has no number (and 1980 more in this file)")
    assert len(findings[0].message) < 500
