"""The parameters in force: every one that a file sets, its value, and where that comes from.

This module does not know which parameters the phone reads: the dictionary says what a value means.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from phone_sim.firmware.location import shown_name
from phone_sim.firmware.parameters.device_parameters import NOTHING_KEPT, DeviceParameters, missing_switches
from phone_sim.firmware.parameters.dictionary import Declaration, ParameterDictionary
from phone_sim.firmware.parameters.layers import OWN_MAC, Found, LayerKind, Parameters
from phone_sim.firmware.parameters.reader import BadParameter
from phone_sim.mac_address import MacAddress

_LOGIN = re.compile(r"(?<=//)[^/\s]*@")


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
        if self.kind is LayerKind.KEPT:
            return f"{self.kind.value} ({shown_name(self.file) or 'file not known'})"
        if self.kind is LayerKind.CHANGED:
            return f"{shown_name(self.file)} ({self.kind.value})"
        file = shown_name(self.file) or "a file of an earlier boot"
        return file if self.line is None else f"{file}, line {self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A value that a file sets and that is not in force: something else goes before it."""

    value: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A parameter in force.

    `source` is None for the default of the dictionary. `masked` has the other values that files give it, the one that
    would count next in front; `objection` says why the first of them is not in force although no file goes before it,
    and is empty otherwise. Where it `is_secret`, as passwords are, its values are shown as stars.
    """

    name: str
    value: str
    source: Source | None
    masked: tuple[Masked, ...] = ()
    objection: str = ""
    is_secret: bool = False

    @property
    def decided_by(self) -> Source | None:
        """The file that goes before all others, even where its value is not in force; None if no file sets it."""
        return self.masked[0].source if self.source is None and self.masked else self.source

    @property
    def source_text(self) -> str:
        """Where the value comes from, in words."""
        return "default" if self.source is None else str(self.source)

    @property
    def masked_text(self) -> str:
        """The values that are not in force, and why the first is not: `site.cfg, line 4: 999 (not 1 to 180)`."""
        masked = "; ".join(f"{one.source}: {self.shown(one.value)}" for one in self.masked)
        return f"{masked} ({self.objection})" if self.objection else masked

    def __str__(self) -> str:
        """Name, value and place, and what else files say: `a.b is 0 in x.cfg, line 3; site.cfg, line 12, says 1`."""
        is_kept = self.source is not None and self.source.kind is LayerKind.KEPT
        place = "by default" if self.source is None else f"{'' if is_kept else 'in '}{self.source}"
        others = [f"{one.source}, says {self.shown(one.value) or 'nothing'}" for one in self.masked]
        if self.objection:
            others[0] += f" ({self.objection})"
        return "; ".join([f"{self.name} is {self.shown(self.value) or 'empty'} {place}", *others])

    def as_json(self) -> dict[str, Any]:
        """The setting for programs; `source` is null for the default, and secrets have stars."""
        return {
            "name": self.name,
            "value": self.shown(self.value),
            "source": self.source.as_json() if self.source is not None else None,
            "masked": [{"value": self.shown(one.value), "source": one.source.as_json()} for one in self.masked],
            "objection": self.objection,
        }

    def shown(self, value: str) -> str:
        """One of its values as it may be shown, without user and password in a URL."""
        return "****" if self.is_secret and value else _LOGIN.sub("****@", value)

    @property
    def is_set_repeatedly(self) -> bool:
        """True where it is set more than once, by several files or by one, to whatever values."""
        return len(self.masked) + (self.source is not None) > 1

    @property
    def is_in_conflict(self) -> bool:
        """True where it is set more than once, to different values."""
        values = {one.value for one in self.masked} | ({self.value} if self.source is not None else set())
        return len(values) > 1


class ParametersInForce(Mapping[str, Setting]):
    """Every parameter that a file sets, by name, in the order of the files; any name of the dictionary can be asked.

    A name that no file sets and no dictionary has is a KeyError. `rejected` are the values that the phone could not
    use, for reasons beyond the dictionary. `device` are the `device.*` parameters in force; no file may set them any
    more (D21).
    """

    def __init__(
        self,
        parameters: Parameters,
        dictionary: ParameterDictionary,
        mac: MacAddress,
        rejected: Iterable[BadParameter] = (),
        device: DeviceParameters = NOTHING_KEPT,
    ) -> None:
        self._parameters = parameters
        self._dictionary = dictionary
        self._mac = mac
        self._rejected = {bad.name: bad.objection for bad in rejected}
        self._device = device

    @property
    def dictionary(self) -> ParameterDictionary:
        """The dictionary of the phone's firmware."""
        return self._dictionary

    def __getitem__(self, name: str) -> Setting:
        found = tuple(Masked(value=one.value, source=self._source(one)) for one in self._parameters.found(name))
        declared = self._dictionary.lookup(name) if found else self._dictionary.find(name)
        if declared is None:
            if not found:
                raise KeyError(name)
            return Setting(name=name, value=found[0].value, source=found[0].source, masked=found[1:])
        is_secret = declared.is_secret
        by_default = Setting(name=name, value=declared.default, source=None, masked=found, is_secret=is_secret)
        if (kept := self._kept(name)) is not None:
            if not found and name in self._rejected:
                return replace(by_default, masked=(kept,), objection=self._rejected[name])
            if name not in self._rejected:
                by_default = replace(by_default, value=kept.value, source=kept.source)
        if not found:
            return by_default
        if objection := self._objection(name, found[0].value, declared):
            return replace(by_default, objection=objection)
        return replace(by_default, value=found[0].value, source=found[0].source, masked=found[1:])

    def _objection(self, name: str, value: str, declared: Declaration) -> str:
        """Why a value is not in force; empty where it is."""
        if not declared.admits(value):
            return f"not {declared.expected}"
        if off := self.switches_off(name):
            return f"not in force without {' and '.join(off)}"
        if not value and declared.default:
            return "empty means the default"
        return self._rejected.get(name, "")

    def switches_off(self, name: str) -> tuple[str, ...]:
        """The switches that are off, without which a `device.` parameter is not in force (D21)."""
        if not name.startswith("device.") or self._dictionary.lookup(f"{name}.set") is None:
            return ()
        return missing_switches(self._parameters, name)

    def _kept(self, name: str) -> Masked | None:
        """The value in flash."""
        kept = self._device.find(name)
        if kept is None:
            return None
        file = kept.file.replace(OWN_MAC, self._mac.digits)
        return Masked(value=kept.value, source=Source(file=file, line=None, kind=LayerKind.KEPT))

    def __iter__(self) -> Iterator[str]:
        in_files = (name for layer in self._parameters.layers for name in layer.values)
        return iter(dict.fromkeys((*in_files, *(kept.name for kept in self._device.values))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _source(self, found: Found) -> Source:
        if found.source is None:
            return Source(file="", line=None, kind=None)
        return Source(file=found.source.file_of(self._mac), line=found.line, kind=found.source.kind)
