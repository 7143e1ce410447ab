"""The gates: whether each licensable feature is on, and why (B3, B13).

Model, parameters, keys and the local date go in, one gate for each feature comes out; log lines, screens and `--json`
are made from gates. `is_enabled` of a gate tells whether the feature can be used, `reason` why. This module does not
know how keys were verified.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, cast

from phone_sim.errors import UsageError
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.firmware.parameters.provenance import Setting
from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader
from phone_sim.firmware.profile import FirmwareProfile
from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.models import Feature, Model, Requirement

_KEPT = 16  # the phones of a site have the same; our choice


class _ShownShort:
    """A gate in one line, as a failing assertion shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        gate = cast(Gate, self)
        return f"<Gate {gate.feature.key} {'on' if gate.is_enabled else 'off'}: {gate.reason}>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Enabled(_ShownShort):
    """Configured for use, and licensed until `expiry`."""

    is_enabled: ClassVar[bool] = True
    feature: Feature
    expiry: Expiry

    @property
    def reason(self) -> str:
        """Why, in words."""
        return "licensed, does not expire" if self.expiry.never else f"licensed until {self.expiry}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class BuiltIn(_ShownShort):
    """Configured for use, and needing no license on this model."""

    is_enabled: ClassVar[bool] = True
    feature: Feature
    reason: str = "built in, needs no license"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NotLicensed(_ShownShort):
    """Configured for use without a valid license: logged, disabled, and the phone goes on (B13)."""

    is_enabled: ClassVar[bool] = False
    feature: Feature
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OffByConfiguration(_ShownShort):
    """Not configured for use, licensed or not; `switch` is the parameter that a file sets to off, if one does."""

    is_enabled: ClassVar[bool] = False
    feature: Feature
    switch: str | None = None
    reason: str = "not configured for use"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NotOnThisModel(_ShownShort):
    """Not on this model, configured or not."""

    is_enabled: ClassVar[bool] = False
    feature: Feature
    configured: bool
    reason: str = "not on this model"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NotCovered(_ShownShort):
    """On a model beyond the bulletin: whether it has the feature, and needs a license for it, is not known.

    It counts as off, configured or not, since nothing shows that it is on (our decision).
    """

    is_enabled: ClassVar[bool] = False
    feature: Feature
    configured: bool
    reason: str = Requirement.NOT_COVERED.value


Gate = Enabled | BuiltIn | NotLicensed | OffByConfiguration | NotOnThisModel | NotCovered


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSet:
    """The features of a model under a firmware, the ones that are configured for use, and their gates.

    `switched_off` has the parameter that switches a feature off, for each that a file switches off, and `switched_on`
    the one that switches it on; `problems` are the values of switches that cannot be used.
    """

    model: Model
    profile: FirmwareProfile
    features: tuple[Feature, ...]
    wanted: frozenset[str]
    switched_off: Mapping[str, str] = field(default_factory=dict)
    switched_on: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[BadParameter, ...] = ()

    def gate(self, feature: Feature, ring: KeyRing, today: date | None) -> Gate:
        """The gate of one feature on this local date; None is an unset clock, which expires nothing (D12)."""
        requirement = self.model.requirement(feature)
        configured = feature.key in self.wanted
        if requirement is Requirement.NOT_ON_THIS_MODEL:
            return NotOnThisModel(feature=feature, configured=configured)
        if requirement is Requirement.NOT_COVERED:
            return NotCovered(feature=feature, configured=configured)
        if not configured:
            return OffByConfiguration(feature=feature, switch=self.switched_off.get(feature.key))
        if requirement is Requirement.BUILT_IN:
            return BuiltIn(feature=feature)
        if not self.profile.supports_licensing(self.model):
            return NotLicensed(feature=feature, reason=f"no licensing before firmware {self.model.minimum_firmware}")
        expiry = ring.grants.get(feature.bit)
        if expiry is None:
            return NotLicensed(feature=feature, reason="no license")
        if expiry.is_over(today):
            return NotLicensed(feature=feature, reason=f"license expired, last day {expiry}")
        return Enabled(feature=feature, expiry=expiry)

    def gates(self, ring: KeyRing, today: date | None) -> tuple[Gate, ...]:
        """The gate of every feature, in the order of their option bits."""
        return tuple(self.gate(feature, ring, today) for feature in self.features)

    def lacks_license(self, ring: KeyRing, today: date | None) -> bool:
        """True when a feature is configured for use and has no valid license: the phone asks for a file (B9)."""
        return self.profile.supports_licensing(self.model) and any(
            isinstance(self.gate(feature, ring, today), NotLicensed) for feature in self.features
        )


def lacks_proven_license(gate: Gate) -> bool:
    """True for a feature that is configured for use and has no license, or may need one for all that is known."""
    return isinstance(gate, NotLicensed) or (isinstance(gate, NotCovered) and gate.configured)


def goes_by(name: str, feature: Feature) -> bool:
    """True when the name is the key of the feature or its full name, in any case."""
    return name.strip().lower() in (feature.key.lower(), feature.name.lower())


def feature_named(name: str, features: Iterable[Feature]) -> Feature:
    """The feature that goes by this name.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    there = tuple(features)
    for feature in there:
        if goes_by(name, feature):
            return feature
    known = ", ".join(f"{one.key} ({one.name})" for one in there)
    raise UsageError(f"{name!r} is no feature; those there are: {known}")


def gate_reason(gate: Gate, parameters: Mapping[str, Setting]) -> str:
    """The reason of a gate, with file and line of the parameter that switches the feature off and what that masks."""
    if isinstance(gate, OffByConfiguration) and gate.switch is not None:
        return f"{gate.reason} ({parameters[gate.switch]})"
    return gate.reason


def feature_set(
    model: Model,
    profile: FirmwareProfile,
    features: tuple[Feature, ...],
    parameters: Parameters,
    dictionary: ParameterDictionary,
) -> FeatureSet:
    """The features of a phone, and which of them its parameters configure for use (field notes 5)."""
    relevant = parameters.about(_topics(features, profile.dialect))
    read = _kept_switches if relevant.are_usual else _read_switches
    switched = read(features, profile.dialect, relevant.layers, dictionary)
    return FeatureSet(
        model=model,
        profile=profile,
        features=features,
        wanted=switched.wanted,
        switched_on=switched.on,
        switched_off=switched.off,
        problems=switched.problems,
    )


@lru_cache(maxsize=_KEPT)
def later_switches(features: tuple[Feature, ...]) -> tuple[str, ...]:
    """The parameters that switch features on in UC Software 3.3 and later, and that SIP 3.x does not have."""
    known = {name for feature in features for name in feature.configured["sip-3"].parameters}
    names = (name for feature in features for name in feature.configured["ucs-3.3"].parameters)
    return tuple(name for name in names if name not in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Switched:
    """The features that are `wanted`, and by their keys the parameters that switch each on, and others off."""

    wanted: frozenset[str]
    on: Mapping[str, str]
    off: Mapping[str, str]
    problems: tuple[BadParameter, ...]


@lru_cache(maxsize=_KEPT)
def _topics(features: tuple[Feature, ...], dialect: str) -> frozenset[str]:
    """The first words of the parameters that switch features on."""
    names = (name for feature in features for name in feature.configured[dialect].parameters)
    return frozenset(name.partition(".")[0] for name in ("feature.N.enabled", *names))


def _read_switches(
    features: tuple[Feature, ...], dialect: str, layers: tuple[Layer, ...], dictionary: ParameterDictionary
) -> _Switched:
    reader = ParameterReader(Parameters(layers), dictionary)
    on: dict[str, str] = {}
    off: dict[str, str] = {}
    for feature in features:
        # All are read, so that each value that cannot be used is reported.
        switches = {name: reader.is_on(name) for name in _switches(feature, reader, dialect)}
        if name := next((name for name, is_on in switches.items() if is_on), None):
            on[feature.key] = name
        elif there := [name for name in switches if name in reader.parameters]:
            # One that the files disagree on is the one to look at.
            off[feature.key] = max(there, key=lambda name: len(reader.parameters.values_of(name)))
    return _Switched(
        wanted=frozenset(on), on=MappingProxyType(on), off=MappingProxyType(off), problems=tuple(reader.problems)
    )


_kept_switches = lru_cache(maxsize=_KEPT)(_read_switches)


def _switches(feature: Feature, reader: ParameterReader, dialect: str) -> Iterator[str]:
    """The parameters each of which switches the feature on."""
    configured = feature.configured[dialect]
    yield from configured.parameters
    if configured.numbered and dialect == "sip-3":
        numbers = reader.parameters.numbered_features()
        yield from (f"feature.{numbers[name]}.enabled" for name in configured.numbered if name in numbers)
