"""XML from outside, read with limits.

No DTD, no entities of its own, no network; at most 256 levels deep and 10 MB a value (libxml2's own limits); UTF-8,
US-ASCII or ISO-8859-1 only, which is what genuine files declare (field notes 11 and 12). This module does not know
what the documents mean.
"""

import re
from collections.abc import Collection, Iterator
from itertools import chain, count, repeat
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
_QUOTES = ((b'"', b"='"), (b"'", b'="'))
"""Each quote, and how a value begins that has the other one."""
_NO_MARKS = bytes({*range(256)} - {*b"\"'=\n"})
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
    tags = _NOT_TAGS.sub(_line_feeds_of, data)
    marks = tags.translate(None, _NO_MARKS)
    is_plain = b"=\n" not in marks and b"\n=" not in tags.translate(None, b" \t\r")
    for quote, other in _QUOTES:
        # Nearly all files: one kind of quotes, around values alone, and each value in the line of its name. Then every
        # other quote begins a value, and no step of Python is needed for any.
        if is_plain and marks.count(quote) == 2 * len(names) and other not in marks:
            lengths = map(len, marks.translate(None, other).split(b"\n"))
            return tuple(chain.from_iterable(map(repeat, count(1), lengths)))[::2]
    found: dict[str, int] = {}
    for name, line in _named_lines(tags):
        found.setdefault(name, line)
    return tuple(map(found.get, names))


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
