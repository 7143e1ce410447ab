"""Configuration parameters: reading one configuration file, and looking a name up in several.

Any root will do, and an element's name carries no meaning: every attribute is a parameter (field notes 2 and 5). The
file listed first wins; where one file says a thing twice, its first word counts (ours). An attribute with an empty
value is there, and means the default. This module does not know what any parameter does.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache, partial
from itertools import chain, repeat, zip_longest
from sys import intern
from types import MappingProxyType

from phone_sim.bounded_xml import attribute_lines, attributes, each_attribute_line, is_declaration_alone, parse_xml
from phone_sim.errors import DocumentError, ParameterFileError
from phone_sim.firmware.location import shown_name
from phone_sim.mac_address import MacAddress

SIZE_LIMIT = 1024 * 1024
"""Maximum size of a configuration file in bytes (our choice; the largest stock file has 0.2 MB)."""
TOTAL_LIMIT = 2 * SIZE_LIMIT
"""Maximum size of all configuration files of a phone in bytes (our choice): they have to fit into its flash."""

# The phones of a site read the same files: those of a usual size are parsed once. Both ours.
_USUAL_SIZE = 256 * 1024
_FILES_KEPT = 64

OWN_MAC = "[PHONE_MAC_ADDRESS]"
"""The MAC address of the phone itself in the names of its files, as CONFIG_FILES writes it."""
_NONE_FURTHER: Mapping[str, list[str]] = MappingProxyType({})
_NONE_FURTHER_LINES: Mapping[str, list[int]] = MappingProxyType({})
_NUMBERED_FEATURE = re.compile(r"feature\.(\d+)\.name")


class LayerKind(Enum):
    """What a file is to the phone."""

    OVERRIDE = "override"
    LISTED = "configuration file"
    MASTER = "master configuration file"
    CONTACTS = "contact directory"
    INSTEAD_OF_MASTER = "instead of a master configuration file"
    KEPT = "kept in flash from an earlier boot"
    CHANGED = "changed on the phone, kept in flash"

    __hash__ = object.__hash__  # each kind is one object, and Enum's own hash costs a call of Python


@dataclass(frozen=True, slots=True)
class LayerSource:
    """The file that a layer was read from, and what it is to the phone.

    In the name of the file the phone's own MAC address is written as in CONFIG_FILES, `[PHONE_MAC_ADDRESS]-phone.cfg`,
    so that phones with the same files share what is kept of them.
    """

    file: str
    kind: LayerKind

    def file_of(self, mac: MacAddress) -> str:
        """The name of the file as this phone asked for it."""
        return self.file.replace(OWN_MAC, mac.digits)


@lru_cache(maxsize=1024)
def _source(file: str, kind: LayerKind) -> LayerSource:
    return LayerSource(file, kind)


def source_of(name: str, kind: LayerKind, mac: MacAddress) -> LayerSource:
    """The source of a layer by the name that this phone asked for."""
    return _source(name.replace(mac.digits, OWN_MAC), kind)


class Layer:
    """The parameters of one file, and the numbers N for which it has a `feature.N.name`; compared by identity.

    A layer that `is_usual` is of a usual size, so that what is made of it can be kept. It does not know the name of the
    file, since files of the same contents share a layer. `data` is the file, whose lines are found when they are first
    asked for; `lines` are those of the values, in their order, where they are known already. `further` are the values
    that the file gives a name after its first, which are never in force.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        *,
        is_usual: bool = False,
        data: bytes = b"",
        lines: tuple[int | None, ...] | None = None,
        further: Mapping[str, list[str]] = _NONE_FURTHER,
    ) -> None:
        self.values = values
        self.further = further
        self.is_usual = is_usual
        self._data = data
        self._lines = lines
        self._further_lines: Mapping[str, list[int]] = _NONE_FURTHER_LINES

    @cached_property
    def topics(self) -> frozenset[str]:
        """The first words of its names, such as `log`."""
        return _same_topics(frozenset(name.partition(".")[0] for name in self.values))

    @property
    def lines(self) -> tuple[int | None, ...]:
        """The line in the file that sets each of the values, in their order; None where it is not known."""
        return self.release_file()

    def release_file(self) -> tuple[int | None, ...]:
        """Find the lines, unless they are known, and hold the file no longer: a fleet has a layer for each phone."""
        if self._lines is not None:
            return self._lines
        lines = attribute_lines(self._data, self.values.keys())
        if self.further:
            self._further_lines = _further_lines(self._data, self.further.keys())
        self._lines, self._data = lines, b""
        return lines

    def occurrences(self, name: str) -> Iterator[tuple[str, int | None]]:
        """Each value that the file gives a name, with its line if that is known; the first is the one that counts."""
        if (value := self.values.get(name)) is None:
            return
        yield value, self.line_of[name]
        yield from zip_longest(self.further.get(name, ()), self._further_lines.get(name, ()))

    @cached_property
    def line_of(self) -> Mapping[str, int | None]:
        """The line in the file that sets each of the values, by name; None where it is not known."""
        return dict(zip(self.values, self.lines, strict=True))

    @cached_property
    def feature_numbers(self) -> tuple[str, ...]:
        """The N of every `feature.N.name`, in file order."""
        names = (name for name in self.values if name.startswith("feature."))
        return tuple(match.group(1) for name in names if (match := _NUMBERED_FEATURE.fullmatch(name)))


@lru_cache(maxsize=_FILES_KEPT)
def _same_topics(topics: frozenset[str]) -> frozenset[str]:
    """The topics, as one object for all layers that have just these: there is a layer for each phone."""
    return topics


def read_layer(data: bytes) -> Layer:
    """The parameters in a configuration file.

    Raises:
        ParameterFileError: when it is not an XML document within the limits, or is an activation file.
    """
    return _usual_layer(data) if len(data) <= _USUAL_SIZE else _layer(data, is_usual=False)


def read_override(data: bytes) -> Layer:
    """The parameters in an override; an XML declaration alone, which boot servers are known to give, sets none.

    Raises:
        ParameterFileError: as `read_layer`.
    """
    return _NOTHING if is_declaration_alone(data) else read_layer(data)


def _layer(data: bytes, *, is_usual: bool) -> Layer:
    try:
        root = parse_xml(data, limit=SIZE_LIMIT)
    except DocumentError as error:
        raise ParameterFileError(error.reason_of_refusal, error.line) from error
    if root.tag == "licenses":
        # Servers are known to list activation files in CONFIG_FILES (field notes 2).
        raise ParameterFileError("it is an activation file, not a configuration file")
    values: dict[str, str] = {}
    further: dict[str, list[str]] = {}
    for name, value in attributes(root, below=True):
        if name in values:
            further.setdefault(name, []).append(value)
        else:
            values[intern(name)] = value  # most phones have a file of their own, all with the same names
    return Layer(MappingProxyType(values), is_usual=is_usual, data=data, further=further or _NONE_FURTHER)


def _further_lines(data: bytes, names: Collection[str]) -> Mapping[str, list[int]]:
    """The lines of these names in a file, without the first of each."""
    found: dict[str, list[int]] = {}
    for name, line in each_attribute_line(data):
        if name in names:
            found.setdefault(name, []).append(line)
    return {name: lines[1:] for name, lines in found.items()}


_NOTHING = Layer(MappingProxyType({}), is_usual=True, lines=())
_usual_layer = lru_cache(maxsize=_FILES_KEPT)(partial(_layer, is_usual=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value that a file gives a parameter, without blanks around it: where, and in which line, if that is known."""

    value: str
    source: LayerSource | None
    line: int | None

    def place(self, mac: MacAddress) -> str:
        """Where it stands, in words: `site.cfg, line 3`."""
        file = shown_name(self.source.file_of(mac)) if self.source is not None else "a file of an earlier boot"
        return file if self.line is None else f"{file}, line {self.line}"


class Parameters:
    """The parameters of a phone: layers of which the first that has a name gives its value. Never changed.

    Each layer has its source; those of a layer without one are not known.
    """

    __slots__ = ("_layers", "sources")

    def __init__(self, layers: Iterable[Layer] = (), sources: Iterable[LayerSource | None] = ()) -> None:
        self._layers = tuple(layers)
        self.sources = tuple(sources)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, the one that goes first in front."""
        return self._layers

    def about(self, topics: frozenset[str]) -> "Parameters":
        """Those layers only that have a name which begins with one of these words."""
        return Parameters(layer for layer in self._layers if not topics.isdisjoint(layer.topics))

    @property
    def are_usual(self) -> bool:
        """True when every layer is of a usual size."""
        return all(layer.is_usual for layer in self._layers)

    def get(self, name: str) -> str:
        """The value, without blanks around it; empty when no layer has the name."""
        for layer in self._layers:
            if (value := layer.values.get(name)) is not None:
                return value.strip()
        return ""

    def __contains__(self, name: str) -> bool:
        return any(name in layer.values for layer in self._layers)

    def values_of(self, name: str) -> frozenset[str]:
        """The different values that the files give a parameter, without blanks around them."""
        return frozenset(layer.values[name].strip() for layer in self._layers if name in layer.values)

    def file_of(self, name: str) -> str | None:
        """The file that gives a parameter its value, as in `LayerSource`; empty where it is not known, None without."""
        for layer, source in self.with_sources():
            if name in layer.values:
                return "" if source is None else source.file
        return None

    def with_sources(self) -> Iterator[tuple[Layer, LayerSource | None]]:
        """Each layer and its source, the one that goes first in front."""
        sources = chain(self.sources, repeat(None))
        return zip(self._layers, sources, strict=False)

    def found(self, name: str) -> Iterator[Found]:
        """Each value that the files give a parameter, the one that counts first."""
        for layer, source in self.with_sources():
            for value, line in layer.occurrences(name):
                yield Found(value=value.strip(), source=source, line=line)

    def place(self, name: str, mac: MacAddress) -> str:
        """Where the value of a parameter stands, in words; a value that no file has is one that DHCP gave."""
        found = next(self.found(name), None)
        return "from DHCP" if found is None else found.place(mac)

    def numbered_features(self) -> dict[str, str]:
        """SIP 3.x: the name of every `feature.N.name`, and the N of the first that has it."""
        features: dict[str, str] = {}
        for number in dict.fromkeys(number for layer in self._layers for number in layer.feature_numbers):
            features.setdefault(self.get(f"feature.{number}.name"), number)
        return features

    def flat(self) -> dict[str, str]:
        """Name and value of each parameter as one dictionary, in the order in which they are listed."""
        merged: dict[str, str] = {}
        for layer in self._layers:
            merged.update([(name, value) for name, value in layer.values.items() if name not in merged])
        return merged

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        if len(self._layers) == len(other._layers):  # a file that was read again has the same values
            pairs = zip(self._layers, other._layers, strict=True)
            if all(own is its or own.values == its.values for own, its in pairs):
                return True
        return self.flat() == other.flat()
