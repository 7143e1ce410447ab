"""Configuration parameters: reading one configuration file, and looking a name up in several.

Any root will do, and an element's name carries no meaning: every attribute is a parameter (field notes 2 and 5). The
file listed first wins; where one file says a thing twice, its first word counts (ours). An attribute with an empty
value is there, and means the default. This module does not know what any parameter does.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from sys import intern
from types import MappingProxyType

from phone_sim.bounded_xml import attributes, parse_xml
from phone_sim.errors import DocumentError, ParameterFileError

SIZE_LIMIT = 8 * 1024 * 1024
"""Most bytes of a configuration file; ours (the largest stock file has 0.2 MB)."""
TOTAL_LIMIT = 2 * SIZE_LIMIT
"""Most bytes of all configuration files of a phone, which have to fit into its flash; ours."""

# The phones of a site read the same files: those of a usual size are parsed once. Both ours.
_USUAL_SIZE = 256 * 1024
_FILES_KEPT = 64

_NUMBERED_FEATURE = re.compile(r"feature\.(\d+)\.name")


@dataclass(frozen=True, eq=False)
class Layer:
    """The parameters of one file, and the numbers N for which it has a `feature.N.name`.

    One that `is_usual` is of a usual size, so that what is made of it can be kept.
    """

    values: Mapping[str, str]
    is_usual: bool = False

    @cached_property
    def topics(self) -> frozenset[str]:
        """The first words of its names, such as `log`."""
        return _same_topics(frozenset(name.partition(".")[0] for name in self.values))

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


def _layer(data: bytes, *, is_usual: bool) -> Layer:
    try:
        root = parse_xml(data, limit=SIZE_LIMIT)
    except DocumentError as error:
        raise ParameterFileError(error.reason, error.line) from error
    if root.tag == "licenses":
        # Servers are known to list activation files in CONFIG_FILES (field notes 2).
        raise ParameterFileError("it is an activation file, not a configuration file")
    values: dict[str, str] = {}
    for name, value in attributes(root, below=True):
        values.setdefault(intern(name), value)  # most phones have a file of their own, all with the same names
    return Layer(MappingProxyType(values), is_usual=is_usual)


_usual_layer = lru_cache(maxsize=_FILES_KEPT)(partial(_layer, is_usual=True))


class Parameters:
    """The parameters of a phone: layers of which the first that has a name gives its value. Never changed."""

    __slots__ = ("_layers",)

    def __init__(self, layers: Iterable[Layer] = ()) -> None:
        self._layers = tuple(layers)

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
        return self._layers == other._layers or self.flat() == other.flat()
