"""The parameters in force: every one that a file sets, its value, and where that comes from.

This module does not know which parameters the phone reads: the dictionary says what a value means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from phone_sim.firmware.location import shown_name
from phone_sim.firmware.parameters.dictionary import ParameterDictionary, ParameterType
from phone_sim.firmware.parameters.layers import Found, LayerKind, Parameters
from phone_sim.mac_address import MacAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value was set: the file, the line if that is known, and what the file is to the phone.

    `kind` is None for a file of an earlier boot whose name was not kept.
    """

    file: str
    line: int | None
    kind: LayerKind | None

    def as_json(self) -> dict[str, Any]:
        """The place for programs."""
        return {"file": self.file, "line": self.line, "kind": self.kind.value if self.kind is not None else None}

    def __str__(self) -> str:
        file = shown_name(self.file) or "a file of an earlier boot"
        return file if self.line is None else f"{file}, line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A value that a file sets and that is not in force, since another file or the default goes before it."""

    value: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A parameter in force.

    `source` is None for the default of the dictionary. Where it `is_secret`, as passwords are, its values are not to be
    shown: `str` has stars for them. `masked` has the other values that files give it, the one that
    would count next in front. `expected` says what a value has to be where the first of them cannot be used, and is
    empty otherwise.
    """

    name: str
    value: str
    source: Source | None
    masked: tuple[Masked, ...] = ()
    expected: str = ""
    is_secret: bool = False

    def __str__(self) -> str:
        """Name, value and place, and what else files say: `a.b is 0 in x.cfg, line 3; site.cfg, line 12, says 1`."""
        place = "by default" if self.source is None else f"in {self.source}"
        others = "".join(f"; {one.source}, says {self.shown(one.value) or 'nothing'}" for one in self.masked)
        return f"{self.name} is {self.shown(self.value) or 'empty'} {place}{others}"

    def as_json(self) -> dict[str, Any]:
        """The setting for programs; `source` is null for the default, and secrets have stars."""
        return {
            "name": self.name,
            "value": self.shown(self.value),
            "source": self.source.as_json() if self.source is not None else None,
            "masked": [{"value": self.shown(one.value), "source": one.source.as_json()} for one in self.masked],
            "expected": self.expected,
        }

    def shown(self, value: str) -> str:
        """One of its values as it may be shown."""
        return "****" if self.is_secret and value else value

    @property
    def is_in_conflict(self) -> bool:
        """True where several files set it, to different values."""
        values = {one.value for one in self.masked} | ({self.value} if self.source is not None else set())
        return len(values) > 1


class ParametersInForce(Mapping[str, Setting]):
    """Every parameter that a file sets, by name, in the order of the files; any name of the dictionary can be asked.

    A name that no file sets and no dictionary has is a KeyError.
    """

    def __init__(self, parameters: Parameters, dictionary: ParameterDictionary, mac: MacAddress) -> None:
        self._parameters = parameters
        self._dictionary = dictionary
        self._mac = mac

    def __getitem__(self, name: str) -> Setting:
        found = tuple(Masked(value=one.value, source=self._source(one)) for one in self._parameters.found(name))
        declared = self._dictionary.find(name)
        if declared is None:
            if not found:
                raise KeyError(name)
            return Setting(name=name, value=found[0].value, source=found[0].source, masked=found[1:])
        by_default = Setting(
            name=name,
            value=declared.default,
            source=None,
            masked=found,
            is_secret=declared.type is ParameterType.PASSWORD,
        )
        if not found:
            return by_default
        if not declared.admits(found[0].value):
            return replace(by_default, expected=declared.expected)
        value = found[0].value or declared.default
        return replace(by_default, value=value, source=found[0].source, masked=found[1:])

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for layer in self._parameters.layers for name in layer.values))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _source(self, found: Found) -> Source:
        if found.source is None:
            return Source(file="", line=None, kind=None)
        return Source(file=found.source.file_of(self._mac), line=found.line, kind=found.source.kind)
