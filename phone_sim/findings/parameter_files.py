"""Faults of one configuration file by itself: names, values, and what no phone reads as a parameter.

Pure: the bytes of a file and the names that are known go in. It does not know which phones read the file, nor what
their other files say.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from lxml import etree

from phone_sim.bounded_xml import attributes, each_attribute_line
from phone_sim.errors import DocumentError
from phone_sim.findings.documents import is_empty_document, read_document, shown, unreadable
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.findings.other_documents import NOT_PARAMETERS, check_emptiness, check_kind
from phone_sim.findings.parameter_names import KnownNames
from phone_sim.firmware.parameters.dictionary import ParameterType
from phone_sim.firmware.parameters.layers import SIZE_LIMIT

FINDINGS_LIMIT = 100
"""Maximum number of findings of one rule in one file (our choice); one more says how many there are."""
_QUARTER = 15 * 60
_OFFSETS = ("tcpIpApp.sntp.gmtOffset", "device.sntp.gmtOffset")
_NUMBERED_FEATURE = re.compile(r"feature\.[0-9]{1,4}\.(?:name|enabled)")
_NAMED_FEATURE = re.compile(r"feature\.[A-Za-z][A-Za-z0-9]*\.enabled")
_DOTTED = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)+", re.ASCII)
# Bounded in each part, so that its cost grows with the length of the text only.
_ASSIGNMENT = re.compile(r"(?<![\w.-])([A-Za-z][\w-]{0,60}(?:\.[\w-]{1,60}){1,12})\s{0,3}=\s{0,3}[\"']", re.ASCII)

MISSPELLED = Rule(
    code="parameter-misspelled",
    severity=Severity.WARNING,
    summary="A parameter that is like a known one but for a letter or two",
    why="A phone ignores names that it does not know, and does not log them.",
    remedy="Write the name as the dictionary has it; `phone-sim parameters --describe` lists the names.",
    basis=Basis.SCHEMA,
    source="D22",
)
UNKNOWN = Rule(
    code="parameter-unknown",
    severity=Severity.INFO,
    summary="A parameter that no table of this firmware has",
    why="A phone ignores names that it does not know; the name may be one of another release.",
    remedy="Check the name against the guide of the firmware, or remove it.",
    basis=Basis.SCHEMA,
    source="D22",
)
INDEX = Rule(
    code="parameter-index-out-of-range",
    severity=Severity.WARNING,
    summary="A known parameter with a number that it cannot have",
    why="The vendor's schema ends before this number, so no phone reads the parameter.",
    remedy="Use a number in the range.",
    basis=Basis.SCHEMA,
    source="D22",
)
VALUE = Rule(
    code="value-not-usable",
    severity=Severity.WARNING,
    summary="A value outside the type or range of its parameter",
    why="The phone logs the value and uses the default instead.",
    remedy="Give a value of the type and in the range.",
    basis=Basis.SCHEMA,
    source="D22",
)
DUPLICATE = Rule(
    code="parameter-duplicate",
    severity=Severity.WARNING,
    summary="A parameter that one file sets to different values",
    why="Only one of them can be in force: here the first; of real phones that is not known.",
    remedy="Keep one of them.",
    basis=Basis.DECISION,
    source="field notes 9",
)
REPEATED = Rule(
    code="parameter-repeated",
    severity=Severity.INFO,
    summary="A parameter that one file sets several times to the same value",
    why="Later firmware counts duplicate parameters and shows that on the phone.",
    remedy="Keep one of them.",
    basis=Basis.OBSERVED,
    source="field notes 9",
)
PRE_3_3 = Rule(
    code="pre-3-3-parameters",
    severity=Severity.WARNING,
    summary="Numbered features of SIP 3.x under UC Software",
    why="UC Software 3.3 and later ignores `feature.N.name` and `feature.N.enabled`; the phone says so.",
    remedy="Use the named switches, such as `feature.corporateDirectory.enabled`.",
    basis=Basis.OBSERVED,
    source="field notes 5 and 9",
)
TOO_NEW = Rule(
    code="named-features-before-3-3",
    severity=Severity.WARNING,
    summary="Named features of UC Software under SIP 3.x",
    why="SIP 3.x knows features by `feature.N.name`, and switches them by `feature.N.enabled`.",
    remedy="Use `feature.N.name` and `feature.N.enabled`, or check with a later --firmware.",
    basis=Basis.OBSERVED,
    source="field notes 5",
)
OTHER_FIRMWARE = Rule(
    code="parameters-of-other-firmware",
    severity=Severity.INFO,
    summary="Parameters that only the tables of another generation of firmware have",
    why="They may have no effect here; the tables of SIP 3.x have only what its stock files name.",
    remedy="Check the names against the guide of the firmware.",
    basis=Basis.SCHEMA,
    source="D22",
)
AS_ELEMENT = Rule(
    code="parameter-as-element",
    severity=Severity.WARNING,
    summary="A parameter written as an element",
    why="Phones read attributes only; the name of an element and the text in it mean nothing.",
    remedy='Write it as an attribute: `<x a.b="1"/>` and not `<a.b>1</a.b>`.',
    basis=Basis.OBSERVED,
    source="field notes 2 and 5",
)
AS_TEXT = Rule(
    code="parameter-as-text",
    severity=Severity.WARNING,
    summary="A parameter written as text between tags",
    why="Phones read attributes only: what stands outside of a tag sets nothing.",
    remedy='Write it inside of a tag: `<x a.b="1"/>`.',
    basis=Basis.OBSERVED,
    source="field notes 5",
)
OFFSET = Rule(
    code="gmt-offset-unusual",
    severity=Severity.INFO,
    summary="A GMT offset that is no multiple of a quarter of an hour",
    why="No time zone has such an offset; it is in seconds, not in hours or minutes.",
    remedy="Give the offset in seconds: -18000 is GMT-5.",
    basis=Basis.DECISION,
    source="field notes 5",
)
PARAMETER_FILE_RULES = (
    MISSPELLED,
    UNKNOWN,
    INDEX,
    VALUE,
    DUPLICATE,
    REPEATED,
    PRE_3_3,
    TOO_NEW,
    OTHER_FIRMWARE,
    AS_ELEMENT,
    AS_TEXT,
    OFFSET,
)


def check_parameter_file(
    name: str, data: bytes, known: KnownNames, *, is_override: bool = False
) -> tuple[Finding, ...]:
    """What is wrong with a configuration file, whatever other files say; `name` is its path on the site.

    A file that `is_override` may be an XML declaration alone.
    """
    if is_empty_document(data):
        return check_emptiness(name, data, is_override=is_override)
    root = read_document(data, SIZE_LIMIT)
    if isinstance(root, DocumentError):
        return (unreadable(name, data, root),)
    return _ParameterFile(name, data, root, known).findings()


class _ParameterFile:
    """One file under examination."""

    def __init__(self, name: str, data: bytes, root: etree._Element, known: KnownNames) -> None:
        self._name = name
        self._data = data
        self._root = root
        self._known = known
        self._values: dict[str, list[str]] = defaultdict(list)
        for parameter, value in attributes(root, below=True):
            if not parameter.startswith("{"):  # of another XML namespace
                self._values[parameter].append(value.strip())
        self._lines: dict[str, list[int]] | None = None
        self._counts: Counter[Rule] = Counter()

    def findings(self) -> tuple[Finding, ...]:
        found: list[Finding] = []
        for one in self._all():
            self._counts[one.rule] += 1
            if self._counts[one.rule] <= FINDINGS_LIMIT:
                found.append(one)
        for rule, count in self._counts.items():
            if count > FINDINGS_LIMIT:
                found.append(self._finding(rule, "", f"and {count - FINDINGS_LIMIT} more in this file"))
        return tuple(found)

    def _all(self) -> Iterator[Finding]:
        yield from check_kind(self._name, self._root)
        if self._root.tag in ("licenses", "directory"):
            return
        yield from self._names()
        for parameter, values in self._values.items():
            yield from self._value(parameter, values)
        yield from self._elements()
        if not self._values and not self._counts and any((one.text or "").strip() for one in self._root.iter()):
            yield self._finding(NOT_PARAMETERS, "", "the file has no attribute, so it sets nothing")

    def _names(self) -> Iterator[Finding]:
        foreign: list[str] = []
        numbered: list[str] = []
        named: list[str] = []
        for parameter in self._values:
            if "." not in parameter or self._known.has(parameter):
                continue
            if _NUMBERED_FEATURE.fullmatch(parameter):
                numbered.append(parameter)
            elif self._known.is_of_other(parameter):
                (named if _NAMED_FEATURE.fullmatch(parameter) else foreign).append(parameter)
            else:
                yield self._unknown(parameter)
        other = self._known.other.name
        for rule, names, what in (
            (PRE_3_3, numbered, "of SIP 3.x, by number; UC Software ignores such features"),
            (TOO_NEW, named, "of UC Software, by name; SIP 3.x has features by number"),
            (OTHER_FIRMWARE, foreign, f"in the tables of {other}, and not in those of {self._known.dictionary.name}"),
        ):
            if names:
                some = f"{shown(names[0])} and {len(names) - 1} more are" if names[1:] else f"{shown(names[0])} is"
                yield self._finding(rule, names[0], f"{some} {what}")

    def _unknown(self, parameter: str) -> Finding:
        # Beyond the limit only the number of findings is told, and to look for a name has its price.
        if self._counts[MISSPELLED] + self._counts[UNKNOWN] > 2 * FINDINGS_LIMIT:
            return self._finding(UNKNOWN, parameter, "")
        name, table = shown(parameter), self._known.dictionary.name
        if where := self._known.index_range(parameter):
            return self._finding(INDEX, parameter, f"{name} is out of range: the number is {where}")
        if nearest := self._known.nearest(parameter):
            text = f"{table} has no parameter {name}; the nearest name is {nearest}"
            return self._finding(MISSPELLED, parameter, text, f"Write {nearest}, if that is meant.")
        return self._finding(UNKNOWN, parameter, f"{table} has no parameter {name}")

    def _value(self, parameter: str, values: list[str]) -> Iterator[Finding]:
        first, declared = values[0], self._known.dictionary.find(parameter)
        is_secret = declared is not None and declared.type is ParameterType.PASSWORD
        quoted = "****" if is_secret else f"'{shown(first)}'"
        if declared is not None and not declared.admits(first):
            used = f"'{declared.default}'" if declared.default else "the empty default"
            text = f"{shown(parameter)} is {quoted}, not {declared.expected}: {used} is used"
            yield self._finding(VALUE, parameter, text)
        elif declared is not None and parameter in _OFFSETS and first and int(first) % _QUARTER:
            yield self._finding(OFFSET, parameter, f"{parameter} is {quoted}, which is not a multiple of 900 seconds")
        if len(values) > 1:
            rule = REPEATED if len(set(values)) == 1 else DUPLICATE
            lines = ", ".join(map(str, self._lines_of(parameter)[:9]))
            text = f"{shown(parameter)} is set {len(values)} times, in the lines {lines}; the first counts here"
            yield self._finding(rule, parameter, text)

    def _elements(self) -> Iterator[Finding]:
        for element in self._root.iter():
            tag = str(element.tag)
            text = element.text or ""
            if text.strip() and not element.attrib and _DOTTED.fullmatch(tag):
                yield self._at(AS_ELEMENT, element.sourceline, tag, f"{shown(tag)} is an element; it sets nothing")
            end = None if len(element) else (element.sourceline or 0) + text.count("\n")
            for start, part in ((element.sourceline, text), (end, element.tail or "")):
                yield from self._assignments(start, part)

    def _assignments(self, line: int | None, text: str) -> Iterator[Finding]:
        at = 0
        for match in _ASSIGNMENT.finditer(text):
            line, at = None if line is None else line + text.count("\n", at, match.start()), match.start()
            name = match.group(1)
            yield self._at(AS_TEXT, line, name, f"{shown(name)} stands between tags; it sets nothing")

    def _finding(self, rule: Rule, parameter: str, message: str, remedy: str = "") -> Finding:
        lines = self._lines_of(parameter) if parameter else []
        return self._at(rule, lines[0] if lines else None, parameter, message, remedy)

    def _at(self, rule: Rule, line: int | None, parameter: str, message: str, remedy: str = "") -> Finding:
        place = Place(file=self._name, line=line, parameter=parameter[:255])
        return Finding(rule=rule, place=place, message=message, remedy=remedy)

    def _lines_of(self, parameter: str) -> list[int]:
        if self._lines is None:
            self._lines = defaultdict(list)
            for name, line in each_attribute_line(self._data):
                self._lines[name].append(line)
        return self._lines.get(parameter, [])
