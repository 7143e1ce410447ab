"""Faults of the parameters in force on one phone: what several files say together, and what the phone then does.

It reads nothing by itself: layers, settings and features are the firmware's. What is found is the same for all phones
that have the same files, so it is kept by layers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from phone_sim.findings.documents import shown
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.findings.offline_boot import OfflineBoot
from phone_sim.firmware.corporate_directory_settings import read_corporate_directory_settings
from phone_sim.firmware.features import feature_set
from phone_sim.firmware.parameters.dictionary import TRUTH, ParameterDictionary, ParameterType
from phone_sim.firmware.parameters.layers import Layer, LayerSource, Parameters
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader
from phone_sim.mac_address import DEFAULT_MAC
from phone_sim.models import Model, Requirement

_KEPT = 256
_DST = "tcpIpApp.sntp.daylightSavings"
_FIRST_DAYS = ("1", "8", "15", "22")

REJECTED = Rule(
    code="value-rejected",
    severity=Severity.WARNING,
    summary="A value that is of the right type, and that the phone still cannot use",
    why="The phone logs the value and uses the default instead.",
    remedy="Give a value of the form that the message names.",
    basis=Basis.DECISION,
    source="D22",
)
NOT_PERFORMED = Rule(
    code="not-performed-here",
    severity=Severity.INFO,
    summary="A valid value that phone_sim does not perform",
    why="A real phone can do this; a simulated one does something simpler.",
    remedy="Leave it as it is, and test this on a real phone.",
    basis=Basis.SCHEMA,
    source="field notes 14",
)
DEVICE = Rule(
    code="device-parameter-not-set",
    severity=Severity.WARNING,
    summary="A `device.` parameter without `device.set` or its own `.set`",
    why="Such a parameter is in force only with both switches on.",
    remedy='Set `device.set="1"`, and the parameter\'s name with `.set` to 1.',
    basis=Basis.SCHEMA,
    source="D21",
)
DAY = Rule(
    code="daylight-saving-day",
    severity=Severity.WARNING,
    summary="A day of daylight saving that selects no week of the month",
    why="Without fixedDayEnable, the dates 1, 8, 15 and 22 stand for the first to fourth such weekday.",
    remedy="Give 1, 8, 15 or 22; for a fixed day set fixedDayEnable to 1; for the last week lastInMonth to 1.",
    basis=Basis.OBSERVED,
    source="field notes 5",
)
MODEL = Rule(
    code="feature-not-on-model",
    severity=Severity.WARNING,
    summary="A feature that is configured for use on a model that lacks it",
    why="The phone logs it and continues without the feature.",
    remedy="Switch the feature off for this model, in a file that only such phones read.",
    basis=Basis.BULLETIN,
    source="B3",
)
MASKED = Rule(
    code="value-masked",
    severity=Severity.INFO,
    summary="A value that is not in force since another file sets the parameter differently",
    why="Overrides beat configuration files, and of these the first in CONFIG_FILES wins.",
    remedy="Remove one of the values, if the other is meant for all phones.",
    basis=Basis.OBSERVED,
    source="field notes 2",
)
EMPTY = Rule(
    code="empty-value-masks",
    severity=Severity.WARNING,
    summary="An empty value that masks the value of another file",
    why="An empty value means the default, and a parameter with it still beats what other files say.",
    remedy="Remove the empty parameter, so that the other file counts.",
    basis=Basis.OBSERVED,
    source="field notes 2 and 5",
)
IN_FORCE_RULES = (REJECTED, NOT_PERFORMED, DEVICE, DAY, MODEL, MASKED, EMPTY)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of a parameter, of whichever phone has the layers: `layer` is the place of the file among them."""

    rule: Rule
    name: str
    layer: int
    message: str


def check_in_force(boot: OfflineBoot, models: Iterable[Model]) -> Iterator[Finding]:
    """What is wrong with the parameters in force on a phone, if it is one of these models."""
    parameters, dictionary = boot.configuration.parameters, boot.identity.dictionary
    faults = [
        *_device_faults(parameters.layers, dictionary),
        *_day_faults(parameters.about(frozenset({"tcpIpApp"})).layers, dictionary),
    ]
    yield from (_finding(boot, fault) for fault in faults)
    yield from _rejected(boot)
    yield from _models(boot, models)
    yield from _masked(boot)


def _finding(boot: OfflineBoot, fault: _Fault) -> Finding:
    found = [one for one in boot.configuration.parameters.with_sources() if fault.name in one[0].values][fault.layer]
    return Finding(rule=fault.rule, place=_place(boot, *found, fault.name), message=fault.message)


def _place(boot: OfflineBoot, layer: Layer, source: LayerSource | None, name: str) -> Place:
    file = boot.path_of(source) if source is not None else ""
    return Place(file=file, line=layer.line_of[name], parameter=name[:255])


def _device_faults(layers: tuple[Layer, ...], dictionary: ParameterDictionary) -> tuple[_Fault, ...]:
    relevant = tuple(layer for layer in layers if "device" in layer.topics)
    return _kept_device_faults(relevant, dictionary) if relevant else ()


@lru_cache(maxsize=_KEPT)
def _kept_device_faults(layers: tuple[Layer, ...], dictionary: ParameterDictionary) -> tuple[_Fault, ...]:
    parameters = Parameters(layers)
    in_force = ParametersInForce(parameters, dictionary, DEFAULT_MAC)
    faults: list[_Fault] = []
    for name in in_force:
        if not name.startswith("device.") or not parameters.get(name):
            continue
        off = in_force.switches_off(name)
        # Stock files switch what they do not set off by name; that is no mistake.
        if off and TRUTH.get(parameters.get(f"{name}.set")) is not False:
            faults.append(_Fault(DEVICE, name, 0, f"{shown(name)} is not in force without {' and '.join(off)}"))
    return tuple(faults)


@lru_cache(maxsize=_KEPT)
def _day_faults(layers: tuple[Layer, ...], dictionary: ParameterDictionary) -> tuple[_Fault, ...]:
    reader = ParameterReader(Parameters(layers), dictionary)
    if not reader.is_on(f"{_DST}.enable") or reader.is_on(f"{_DST}.fixedDayEnable"):
        return ()
    faults: list[_Fault] = []
    for end in ("start", "stop"):
        name = f"{_DST}.{end}.date"
        day = reader.text(name)
        if reader.is_set(name) and day not in _FIRST_DAYS and not reader.is_on(f"{_DST}.{end}.dayOfWeek.lastInMonth"):
            text = (
                f"{name} is {day}: the change is on the first such weekday from that day on, not in a week of its own"
            )
            faults.append(_Fault(DAY, name, 0, text))
    return tuple(faults)


def _rejected(boot: OfflineBoot) -> Iterator[Finding]:
    """Values that the dictionary admits and the phone rejects; the others are found in their files."""
    identity, parameters = boot.identity, boot.configuration.parameters
    directory = read_corporate_directory_settings(parameters, identity.dictionary, dialect=identity.profile.dialect)
    for bad in dict.fromkeys((*boot.session.settings.problems, *directory.problems)):
        if identity.dictionary.declaration(bad.name).admits(parameters.get(bad.name)):
            yield from _rejection(boot, bad)


def _rejection(boot: OfflineBoot, bad: BadParameter) -> Iterator[Finding]:
    rule = REJECTED if bad.expected else NOT_PERFORMED
    message = f"{bad.name} is '{shown(bad.value)}', {bad.objection}: {bad.used} is used"
    for layer, source in boot.configuration.parameters.with_sources():
        if bad.name in layer.values:
            yield Finding(rule=rule, place=_place(boot, layer, source, bad.name), message=message)
            return


def _models(boot: OfflineBoot, models: Iterable[Model]) -> Iterator[Finding]:
    identity, parameters = boot.identity, boot.configuration.parameters
    features = feature_set(identity.model, identity.profile, identity.features, parameters, identity.dictionary)
    for feature in identity.features:
        switch = features.switched_on.get(feature.key)
        if switch is None:
            continue
        lacking = [one.token for one in models if one.requirement(feature) is Requirement.NOT_ON_THIS_MODEL]
        for layer, source in parameters.with_sources():
            if lacking and switch in layer.values:
                message = f"{feature.name} is configured for use, and is not on {', '.join(lacking)}"
                yield Finding(rule=MODEL, place=_place(boot, layer, source, switch), message=message)
                break


def _masked(boot: OfflineBoot) -> Iterator[Finding]:
    layers = list(boot.configuration.parameters.with_sources())
    for last in range(1, len(layers)):
        below, below_source = layers[last]
        for first in range(last):
            above, above_source = layers[first]
            for name in _in_conflict(above, below, boot.identity.dictionary):
                if any(name in layers[other][0].values for other in range(first)):
                    continue
                yield _masking(boot, name, (above, above_source), (below, below_source))


def _masking(
    boot: OfflineBoot, name: str, winner: tuple[Layer, LayerSource | None], loser: tuple[Layer, LayerSource | None]
) -> Finding:
    declared = boot.identity.dictionary.lookup(name)
    is_secret = declared is not None and declared.type is ParameterType.PASSWORD
    in_force, masked = (
        "****" if is_secret else f"'{shown(layer.values[name].strip())}'" for layer, _ in (winner, loser)
    )
    at, place = _place(boot, *winner, name), _place(boot, *loser, name)
    if not winner[0].values[name].strip():
        return Finding(rule=EMPTY, place=at, message=f"{shown(name)} is empty and masks {masked} in {place}")
    where = f"{shown(at.file) or 'another file'}, line {at.line}"
    message = f"{shown(name)} is {masked} here and not in force: it is {in_force} in {where}"
    return Finding(rule=MASKED, place=place, message=message, remedy=f"Compare with {at}.")


@lru_cache(maxsize=_KEPT)
def _in_conflict(above: Layer, below: Layer, dictionary: ParameterDictionary) -> tuple[str, ...]:
    """The names that both files set, to values that mean different things.

    A value below that is the default says nothing of its own: stock files list all parameters with their defaults.
    """
    found: list[str] = []
    for name in sorted(above.values.keys() & below.values.keys()):
        if "." not in name or name.startswith("{"):
            continue  # no parameter
        declared = dictionary.lookup(name)
        default = declared.default if declared is not None else ""
        one, other = (layer.values[name].strip() or default for layer in (above, below))
        if TRUTH.get(other, other) not in (TRUTH.get(default, default), TRUTH.get(one, one)):
            found.append(name)
    return tuple(found)
