"""Checks of the parameters in force: values that cannot be used, parameters that are ignored, and overrides.

Pure: each function judges the phones that booted and asks nothing. The words for people are in `checks`.
"""

import re
from collections.abc import Iterator

from phone_sim.audit.finding import Judgment, bad, good, unknown
from phone_sim.audit.observations import Observations, ObservedBoot
from phone_sim.firmware.features import OffByConfiguration
from phone_sim.firmware.parameters.layers import LayerKind

# SIP 3.x alone reads its numbered features; the phones of an audit have later firmware.
_NUMBERED_FEATURE = re.compile(r"feature\.[0-9]+\.(name|enabled)")


def parameter_values(seen: Observations) -> Judgment:
    """Phones can use the values of the parameters."""
    boots = _configured(seen)
    if not boots:
        return unknown("no phone has a configuration")
    wrong = dict.fromkeys(str(boot.parameters[name]) for boot in boots for name in sorted(boot.rejected))
    return bad(*wrong) if wrong else good("no value was rejected")


def ignored_parameters(seen: Observations) -> Judgment:
    """What the files set is in force (D19, D21, D22)."""
    boots = _configured(seen)
    if not boots:
        return unknown("no phone has a configuration")
    ignored = dict.fromkeys(line for boot in boots for line in _ignored(boot))
    if ignored:
        return bad(*ignored)
    foreign = dict.fromkeys(line for boot in boots for line in _without_declaration(boot))
    return unknown(*foreign) if foreign else good("each parameter is one that phones know")


def _ignored(boot: ObservedBoot) -> Iterator[str]:
    yield from (f"{name} stands beside APPLICATION in a master configuration file" for name in boot.master.ignored)
    names = frozenset(boot.parameters)
    for name, setting in boot.parameters.items():
        # A switch that is there and off, as in the vendor's device.cfg, is meant so.
        if setting.objection and setting.masked[0].value and not names.issuperset(boot.parameters.switches_off(name)):
            yield str(setting)
        elif _NUMBERED_FEATURE.fullmatch(name):
            yield f"{setting}: only firmware before 3.3.0 reads it"


def _without_declaration(boot: ObservedBoot) -> Iterator[str]:
    dictionary = boot.parameters.dictionary
    for name in boot.parameters:
        if dictionary.lookup(name) is None:
            # Without the value: where a name is misspelt, nobody knows that it is a password.
            yield f"{name} in {boot.parameters[name].source_text}: {dictionary.name} has no such parameter"


def overrides(seen: Observations) -> Judgment:
    """No override switches a feature off that the site switches on."""
    boots = _configured(seen)
    if not boots:
        return unknown("no phone has a configuration")
    off = dict.fromkeys(line for boot in boots for line in _switched_off_by_override(boot))
    return bad(*off) if off else good("no override switches a feature off")


def _switched_off_by_override(boot: ObservedBoot) -> Iterator[str]:
    for gate in boot.gates:
        if isinstance(gate, OffByConfiguration) and gate.switch is not None:
            setting = boot.parameters[gate.switch]
            source = setting.decided_by
            if source is not None and source.kind is LayerKind.OVERRIDE and setting.is_in_conflict:
                yield f"{gate.feature.name} is off: {setting}"


def _configured(seen: Observations) -> list[ObservedBoot]:
    """The boots with a configuration, one for each model: the license rule changes nothing about parameters."""
    return [boot for boot in seen.boots if boot.always and not boot.problem]
