"""Faults that keep a phone from reading a configuration file at all: no XML, a web page, another kind of document."""

import re
from functools import lru_cache

from lxml import etree

from phone_sim.bounded_xml import is_declaration_alone, is_gzip, parse_xml
from phone_sim.errors import DocumentError, NotWellFormedError
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.printable import visible

_BOM = b"\xef\xbb\xbf"
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_SHOWN = 60
_UNPACK = "Put the file there unpacked, and let the server send it without Content-Encoding."

NOT_WELL_FORMED = Rule(
    code="config-not-well-formed",
    severity=Severity.ERROR,
    summary="A configuration file that is not well-formed XML",
    why="The phone here refuses the whole file; a real phone may take the part before the fault.",
    remedy="Correct the file at this line; `&` is written `&amp;`, and a file has one top-level element.",
    basis=Basis.DECISION,
    source="D27",
)
WEB_PAGE = Rule(
    code="web-page-as-file",
    severity=Severity.ERROR,
    summary="A web page in place of a configuration file",
    why="It sets nothing: often it is a server's error page that was stored under the name of a file.",
    remedy="Put the configuration file there, and let the server answer 404 for files that are missing.",
    basis=Basis.OBSERVED,
    source="field notes 10",
)
NOT_ACCEPTED = Rule(
    code="config-not-accepted",
    severity=Severity.ERROR,
    summary="A configuration file outside the limits of phone_sim's reader",
    why="It is too large or too deep, has a document type, or has an encoding that no genuine file has.",
    remedy="Write the file in UTF-8, US-ASCII or ISO-8859-1, without a document type, and smaller than the limit.",
    basis=Basis.DECISION,
    source="field notes 11",
)
DOCUMENT_RULES = (NOT_WELL_FORMED, WEB_PAGE, NOT_ACCEPTED)


def shown(text: str, limit: int = _SHOWN) -> str:
    """Text of a file as a message quotes it: on one line, escaped, and cut."""
    return visible(text if len(text) <= limit else f"{text[:limit]}...", kept="")


def is_empty_document(data: bytes) -> bool:
    """True for nothing, or nothing but an XML declaration: servers give such overrides, and they set nothing."""
    return not data.removeprefix(_BOM).strip() or is_declaration_alone(data)


@lru_cache(maxsize=1)  # the checks of one file look at it one after another
def read_document(data: bytes, limit: int) -> etree._Element | DocumentError:
    """The root of a document of at most `limit` bytes, or why there is none."""
    try:
        return parse_xml(data, limit=limit)
    except DocumentError as error:
        return error


def unreadable(name: str, data: bytes, error: DocumentError) -> Finding:
    """The finding for a file that the reader refused with this error."""
    if _HTML.match(data):
        return Finding(rule=WEB_PAGE, place=Place(file=name, line=1), message="the file is a web page")
    if is_gzip(data):
        return Finding(rule=NOT_ACCEPTED, place=Place(file=name), message=shown(error.reason), remedy=_UNPACK)
    rule = NOT_WELL_FORMED if isinstance(error, NotWellFormedError) else NOT_ACCEPTED
    return Finding(rule=rule, place=Place(file=name, line=error.line), message=shown(error.reason, 200))
