"""XML from outside, read with limits.

No DTD, no entities of its own, no network; at most 256 levels deep and 10 MB a value (libxml2's own limits); UTF-8,
US-ASCII or ISO-8859-1 only, which is what genuine files declare (field notes 11 and 12). This module does not know
what the documents mean.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from lxml import etree

from phone_sim.errors import DocumentError

_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1"})
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# Only a hint for the one message that matters to people: the parser below is what refuses.
_HTML = re.compile(rb"\s*(<!doctype\s+html|<html)", re.IGNORECASE)
_START_TAG = re.compile(
    rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^\s/>!?]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))+)", re.DOTALL
)
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^<>]*\?>\s*")
_OWN_ATTRIBUTES = etree.XPath("@*")
_ALL_ATTRIBUTES = etree.XPath("descendant-or-self::*/@*")


def parse_xml(data: bytes, *, limit: int) -> etree._Element:
    """The root element of the document in `data`, at most `limit` bytes long.

    Raises:
        DocumentError: with the reason and, where there is one, the line; nothing else, whatever the bytes are.
    """
    if not data.strip():
        raise DocumentError("the file is empty")
    if len(data) > limit:
        raise DocumentError(f"the file has more than {limit} bytes")
    # libxml2 reads UTF-16 without a byte order mark too, and then calls it UTF-8; its markup is full of NULs.
    if data.startswith(_OTHER_BOMS) or b"\0" in data:
        raise DocumentError("the file is in UTF-16 or UTF-32 or binary, only UTF-8, US-ASCII and ISO-8859-1 are read")
    if _HTML.match(data):
        raise DocumentError("the file is an HTML page", 1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = str(error.msg).partition(", line ")[0].rstrip()
        begins_well = error.code != etree.ErrorTypes.ERR_DOCUMENT_EMPTY
        raise DocumentError(f"not well-formed XML: {reason}", error.lineno, begins_well=begins_well) from error
    except (ValueError, LookupError) as error:
        raise DocumentError(f"not well-formed XML: {error}") from error
    document = root.getroottree().docinfo
    if document.doctype:
        raise DocumentError("a document type declaration is not allowed")
    if document.encoding is not None and document.encoding.lower() not in _ENCODINGS:
        raise DocumentError(f"encoding {document.encoding!r} is not one of UTF-8, US-ASCII and ISO-8859-1", 1)
    return root


def is_declaration_alone(data: bytes) -> bool:
    """True for an XML declaration with nothing but blanks around it."""
    return _DECLARATION.fullmatch(data) is not None


def attributes(element: etree._Element, *, below: bool = False) -> list[tuple[str, str]]:
    """Name and value of each attribute of an element, with `below` also of all in it, in document order.

    In a time that grows with their number: that of lxml's `attrib` grows with its square, and hours are in 8 MB.
    """
    found = cast(list[Any], (_ALL_ATTRIBUTES if below else _OWN_ATTRIBUTES)(element))
    return [(str(value.attrname), str(value)) for value in found]


def attribute_lines(data: bytes) -> Iterator[tuple[str, int]]:
    """Name and line of each attribute in the document in `data`, which `parse_xml` has read; in document order.

    lxml knows only the line on which a start tag ends, and stock files have one of hundreds of lines.
    """
    at, line = 0, 1
    for tag in _START_TAG.finditer(data):
        if tag.group(1) is not None:
            for attribute in _ATTRIBUTE.finditer(data, tag.start(1), tag.end(1)):
                line += data.count(b"\n", at, attribute.start())
                at = attribute.start()
                yield attribute.group(1).decode(errors="replace"), line
