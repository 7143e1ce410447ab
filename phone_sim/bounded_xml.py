"""XML from outside, read with limits.

No DTD, no entities of its own, no network; at most 256 levels deep and 10 MB a value (libxml2's own limits); UTF-8,
US-ASCII or ISO-8859-1 only, which is what genuine files declare (field notes 11 and 12). This module does not know
what the documents mean.
"""

import re
from collections.abc import Collection, Iterator
from itertools import accumulate
from typing import Any, cast

from lxml import etree

from phone_sim.errors import DocumentError, NotWellFormedError

_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1"})
_GZIP = b"\x1f\x8b"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# Only a hint for the one message that matters to people: the parser below is what refuses.
_HTML = re.compile(rb"\s*(<!doctype\s+html|<html)", re.IGNORECASE)
_NOT_TAGS = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_START_TAG = re.compile(rb"<[^\s/>!?]+((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))+)")
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_QUOTES = ((b'"', b"'", re.compile(rb"=\s*'")), (b"'", b'"', re.compile(rb'=\s*"')))
"""Each quote, the other one, and how a value begins that has the other one."""
_NO_MARKS = bytes({*range(256)} - {*b"\"'\n"})
_BELOW_NAME = re.compile(rb"\n[ \t\r]*[\"'=]")
"""An equals sign or a value that is not in the line of its name."""
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
    if is_gzip(data):
        raise DocumentError("gzip, not XML")
    # libxml2 reads UTF-16 without a byte order mark too, and then calls it UTF-8; its markup is full of NULs.
    if data.startswith(_OTHER_BOMS) or b"\0" in data:
        raise DocumentError("the file is in UTF-16 or UTF-32 or binary, only UTF-8, US-ASCII and ISO-8859-1 are read")
    if is_web_page(data):
        raise DocumentError("the file is an HTML page", 1)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        reason = str(error.msg).partition(", line ")[0].rstrip()
        begins_well = error.code != etree.ErrorTypes.ERR_DOCUMENT_EMPTY
        raise NotWellFormedError(f"not well-formed XML: {reason}", error.lineno, begins_well=begins_well) from error
    except (ValueError, LookupError) as error:
        raise NotWellFormedError(f"not well-formed XML: {error}") from error
    document = root.getroottree().docinfo
    if document.doctype:
        raise DocumentError("a document type declaration is not allowed")
    if document.encoding is not None and document.encoding.lower() not in _ENCODINGS:
        raise DocumentError(f"encoding {document.encoding!r} is not one of UTF-8, US-ASCII and ISO-8859-1", 1)
    return root


def is_declaration_alone(data: bytes) -> bool:
    """True for an XML declaration with nothing but blanks around it."""
    return _DECLARATION.fullmatch(data) is not None


def is_gzip(data: bytes) -> bool:
    """True for what begins as gzip (RFC 1952 2.3.1), which `parse_xml` refuses with a reason of its own."""
    return data.startswith(_GZIP)


def is_web_page(data: bytes) -> bool:
    """True for a document that begins as HTML, which `parse_xml` refuses with a reason of its own."""
    return _HTML.match(data) is not None


def attributes(element: etree._Element, *, below: bool = False) -> list[tuple[str, str]]:
    """Name and value of each attribute of an element, with `below` also of all in it, in document order.

    In a time that grows with their number: that of lxml's `attrib` grows with its square, and hours are in 8 MB.
    """
    found = cast(list[Any], (_ALL_ATTRIBUTES if below else _OWN_ATTRIBUTES)(element))
    return [(str(value.attrname), str(value)) for value in found]


def attribute_lines(data: bytes, names: Collection[str]) -> tuple[int | None, ...]:
    """The line of the first attribute of each name in the document in `data`, which `parse_xml` has read.

    `names` are those of all its attributes, each once, in document order; None is the line of one that is not found.
    lxml knows only the line on which a start tag ends, and stock files have one of hundreds of lines.
    """
    declaration = data.find(b"?>") if data.startswith(b"<?xml") else 0
    lines = _lines_of_quotes(data[declaration:], 1 + data.count(b"\n", 0, declaration), len(names))
    if lines is not None:
        return lines
    tags = _NOT_TAGS.sub(_line_feeds_of, data)
    if (lines := _lines_of_quotes(tags, 1, len(names))) is not None:
        return lines
    found: dict[str, int] = {}
    for name, line in _named_lines(tags):
        found.setdefault(name, line)
    return tuple(map(found.get, names))


def _lines_of_quotes(tags: bytes, first: int, count_of_names: int) -> tuple[int, ...] | None:
    """The line of each attribute in `tags`, which begin in the line `first`; None where quotes do not tell it.

    They do in nearly all files: there is one kind of quotes around values, and each value begins in the line of its
    name. Then every other quote begins a value, and no step of Python is needed for any. More quotes than the names
    need are those of something else, such as a comment or a name that is there twice.
    """
    marks = tags.translate(None, _NO_MARKS)
    for quote, other, value_in_other in _QUOTES:
        if marks.count(quote) == 2 * count_of_names:
            if _BELOW_NAME.search(tags) or (other in marks and value_in_other.search(tags)):
                return None
            alone = marks.replace(other, b"")
            between = alone.split(2 * quote)
            if len(between) > count_of_names:  # no value has several lines
                return tuple(accumulate(map(len, between[:-1]), initial=first))[1:]
            return tuple(accumulate(map(len, alone.split(quote)), initial=first))[1:-1:2]
    return None


def each_attribute_line(data: bytes) -> Iterator[tuple[str, int]]:
    """Name and line of each attribute in the document in `data`, in its order, also of those that stand there twice."""
    return _named_lines(_NOT_TAGS.sub(_line_feeds_of, data))


def _line_feeds_of(match: re.Match[bytes]) -> bytes:
    return b"\n" * match.group().count(b"\n")


def _named_lines(tags: bytes) -> Iterator[tuple[str, int]]:
    """Name and line of each attribute, in document order."""
    at, line = 0, 1
    for tag in _START_TAG.finditer(tags):
        for attribute in _ATTRIBUTE.finditer(tags, tag.start(1), tag.end(1)):
            line += tags.count(b"\n", at, attribute.start())
            at = attribute.start()
            yield attribute.group(1).decode(errors="replace"), line
