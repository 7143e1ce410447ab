"""The `device.*` parameters: settings of the phone that configuration files can set, and that flash keeps (D21).

A file sets one only with `device.set="1"` and the parameter's own `.set="1"`. The value is then kept until it is set
anew, also when no file has it any more. Our choice: an empty value restores the default, and a value that cannot be
used changes nothing. Only names that the dictionary declares are kept, so their number and size have a limit. This
module does not know what any of them does.
"""

from dataclasses import dataclass
from functools import lru_cache

from phone_sim.firmware.parameters.dictionary import TRUTH, ParameterDictionary
from phone_sim.firmware.parameters.layers import Layer, LayerSource, Parameters
from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader

_TOPIC = "device"
_MASTER_SWITCH = "device.set"
_SWITCH = ".set"
_UPDATES_KEPT = 16

SERVER_NAME, SERVER_TYPE = "device.prov.serverName", "device.prov.serverType"
USER, PASSWORD = "device.prov.user", "device.prov.password"  # nosec B105
BOOT_SERVER_PARAMETERS = (SERVER_NAME, SERVER_TYPE, USER, PASSWORD)
"""The parameters that name a boot server and what is told to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptValue:
    """A value in flash, and the name of the file that set it, written as in `LayerSource`."""

    name: str
    value: str
    file: str


@dataclass(frozen=True, slots=True)
class DeviceParameters:
    """The `device.*` parameters in force, by name; a parameter that was never set is not among them."""

    values: tuple[KeptValue, ...] = ()

    def find(self, name: str) -> KeptValue | None:
        """What is kept of a parameter."""
        return next((one for one in self.values if one.name == name), None)

    def get(self, name: str) -> str:
        """The value of a parameter; empty for one that was never set."""
        found = self.find(name)
        return "" if found is None else found.value

    def without_boot_server(self) -> "DeviceParameters":
        """These without the parameters that name a boot server."""
        return DeviceParameters(tuple(one for one in self.values if one.name not in BOOT_SERVER_PARAMETERS))

    def known_to(self, dictionary: ParameterDictionary) -> "DeviceParameters":
        """Those that the dictionary declares, with values that it admits: another firmware may have kept the others."""
        if not self.values:
            return self
        known = {one.name: one for one in self.values if one.value and _is_known(one, dictionary)}
        return DeviceParameters(tuple(known.values()))


NOTHING_KEPT = DeviceParameters()


def missing_switches(parameters: Parameters, name: str) -> tuple[str, ...]:
    """The parameters that would have to be on for files to set a `device.*` parameter, and are not."""
    return tuple(one for one in (_MASTER_SWITCH, f"{name}{_SWITCH}") if not TRUTH.get(parameters.get(one), False))


def updated(
    kept: DeviceParameters, parameters: Parameters, dictionary: ParameterDictionary
) -> tuple[DeviceParameters, tuple[BadParameter, ...]]:
    """What is kept after configuration files with these parameters were read, and the values that cannot be used.

    User and password were for the boot server that they were set with: they are dropped where another one is named
    without them, so that it is never told them (our choice).
    """
    if not any(_TOPIC in layer.topics for layer in parameters.layers):
        return kept, ()
    layers, sources = zip(*parameters.with_sources(), strict=True)
    update = _kept_update if parameters.are_usual else _update
    return update(kept, layers, sources, dictionary)


def _update(
    kept: DeviceParameters,
    layers: tuple[Layer, ...],
    sources: tuple[LayerSource | None, ...],
    dictionary: ParameterDictionary,
) -> tuple[DeviceParameters, tuple[BadParameter, ...]]:
    parameters = Parameters(layers, sources)
    reader = ParameterReader(parameters, dictionary)
    values = {one.name: one for one in kept.values}
    was_set: set[str] = set()
    for switch in dict.fromkeys(name for layer in layers for name in layer.values if _is_switch(name)):
        name = switch.removesuffix(_SWITCH)
        file = parameters.file_of(name)
        declared = dictionary.lookup(name)
        if file is None or declared is None or not (reader.is_on(_MASTER_SWITCH) and reader.is_on(switch)):
            continue
        value = parameters.get(name)
        if not declared.admits(value):
            reader.reject(name, declared.expected, kept.get(name) or declared.default)
            continue
        was_set.add(name)
        values[name] = KeptValue(name=name, value=value, file=file)
    if SERVER_NAME in was_set and values[SERVER_NAME].value != kept.get(SERVER_NAME):
        for name in {USER, PASSWORD} - was_set:
            values.pop(name, None)
    problems = {bad.name: bad for bad in reader.problems}
    return DeviceParameters(tuple(one for one in values.values() if one.value)), tuple(problems.values())


_kept_update = lru_cache(maxsize=_UPDATES_KEPT)(_update)


def _is_switch(name: str) -> bool:
    return name.startswith("device.") and name.endswith(_SWITCH) and name != _MASTER_SWITCH


def _is_known(one: KeptValue, dictionary: ParameterDictionary) -> bool:
    declared = dictionary.lookup(one.name) if dictionary.lookup(f"{one.name}{_SWITCH}") is not None else None
    return declared is not None and declared.admits(one.value)
