"""The contact directory: the people in `<mac>-directory.xml`, a file of the boot server.

The form of the file is that of the vendor's guides: `<directory>`, `<item_list>`, and for each contact an `<item>` with
`<ln>`, `<fn>` and `<ct>` (last name, first name, contact). This module does not know where the
file is, nor the corporate directory, which is on an LDAP server.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from phone_sim.bounded_xml import parse_xml
from phone_sim.errors import DocumentError

SIZE_LIMIT = 1024 * 1024
"""Maximum size of a contact directory in bytes (our choice): a thousand for each contact that is read."""
CONTACT_LIMIT = 999
"""Most contacts that are read; ours."""
TEXT_LIMIT = 128
"""Most characters of a name or a number; ours. The guides have 40 bytes for a name."""


_FIELD = re.compile("[a-zA-Z_]{1,32}")
_FIELD_LIMIT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact: `number` is a phone number or a SIP address.

    `more` has the other fields of its item that are not empty, such as the speed dial index `sd`, so that a phone that
    writes the file loses none.
    """

    last_name: str
    first_name: str
    number: str
    more: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The name as it is listed, last name first; the number where there is none."""
        return ", ".join(filter(None, (self.last_name, self.first_name))) or self.number


def read_contacts(data: bytes) -> tuple[Contact, ...]:
    """The contacts in a file, by name; those without a number, and those past the 999th, are left out.

    Raises:
        DocumentError: when it is not an XML document within the limits, or has another root.
    """
    root = parse_xml(data, limit=SIZE_LIMIT)
    if root.tag != "directory":
        raise DocumentError(f"the root element is {str(root.tag)[:40]!r}, not 'directory'")
    return by_name(islice(_contacts(root), CONTACT_LIMIT))


def by_name(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """The contacts in the order in which they are listed."""
    return tuple(sorted(contacts, key=lambda contact: contact.name.casefold()))


def write_contacts(contacts: Iterable[Contact]) -> bytes:
    """The file with these contacts, in the form of the vendor's guides."""
    root = etree.Element("directory")
    items = etree.SubElement(root, "item_list")
    for contact in contacts:
        item = etree.SubElement(items, "item")
        named = (("ln", contact.last_name), ("fn", contact.first_name), ("ct", contact.number))
        for tag, text in (*named, *contact.more):
            etree.SubElement(item, tag).text = text
    return etree.tostring(root, encoding="UTF-8", standalone=True, pretty_print=True)


def _contacts(root: etree._Element) -> Iterator[Contact]:
    for item in root.iterfind("item_list/item"):
        found: dict[str, str] = {}
        for child in item:
            found.setdefault(str(child.tag), " ".join((child.text or "").split())[:TEXT_LIMIT])
        last_name, first_name, number = (found.pop(tag, "") for tag in ("ln", "fn", "ct"))
        more = ((tag, text) for tag, text in found.items() if text and _FIELD.fullmatch(tag))
        if number:
            yield Contact(
                last_name=last_name,
                first_name=first_name,
                number=number,
                more=tuple(islice(more, _FIELD_LIMIT)),
            )
