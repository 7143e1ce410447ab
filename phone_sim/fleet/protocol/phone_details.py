"""The details of one phone of a fleet: its state, its features with the reasons, and its log; also as a message.

A worker's message has limits, and is read as strictly as any other. This module does not know who asks, nor how
messages travel.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Self

from phone_sim.errors import PhoneSimError
from phone_sim.firmware.boot import InService
from phone_sim.fleet.census import OFF
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.fleet_phone import NOT_SWITCHED_ON, Shortcoming, ShortcomingKind
from phone_sim.fleet.population.phones import PlannedPhone, Population
from phone_sim.fleet.protocol.census_message import kind_named
from phone_sim.fleet.protocol.message import named_tables, sendable
from phone_sim.mac_address import MacAddress
from phone_sim.toml_table import Table

LOG_LIMIT = 1024 * 1024
"""Maximum number of bytes of a log, the last ones (our choice). A log of the default size is smaller."""
PARAMETERS_SHOWN = 1000
"""Maximum number of parameters of a phone that are told (our choice); a phone itself has all."""
_STATE_LIMIT = 100


class PhoneDetailsError(PhoneSimError):
    """The details of a phone cannot be had, for this reason; `status` is the HTTP status for it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureState:
    """A feature of a phone: on or off, and why."""

    key: str
    is_on: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterState:
    """A parameter of a phone: its value, where that was set, and what it masks, in words."""

    value: str
    source: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneDetails:
    """A phone now. `shortcoming` is why it is not as expected; None if it is.

    `log` is all that it has logged so far, uploaded or not, without the beginning when it `is_cut`.
    """

    mac: MacAddress
    model: str
    firmware: str
    state: str
    shortcoming: Shortcoming | None
    reboots: int = 0
    features: tuple[FeatureState, ...] = ()
    parameters: Mapping[str, ParameterState] = field(default_factory=dict)
    log: str = ""
    is_cut: bool = False

    @classmethod
    def of(cls, fleet: Fleet, number: int) -> Self:
        """The phone of this number, switched on or not."""
        planned = fleet.population.phone(number)
        phone = fleet.switched_on.get(number)
        if phone is None:
            return cls.off(planned)
        log, is_cut = _end(fleet.log(phone))
        return cls(
            mac=planned.mac,
            model=planned.model,
            firmware=planned.firmware,
            state=phone.state.value,
            shortcoming=fleet.shortcoming(phone),
            reboots=phone.reboots,
            features=_features(phone.service),
            parameters=_parameters(phone.service),
            log=log,
            is_cut=is_cut,
        )

    @classmethod
    def off(cls, planned: PlannedPhone) -> Self:
        """A phone that was not switched on."""
        return cls(
            mac=planned.mac, model=planned.model, firmware=planned.firmware, state=OFF, shortcoming=NOT_SWITCHED_ON
        )

    @property
    def is_off(self) -> bool:
        """True for a phone that was not switched on, and has no log."""
        return self.shortcoming is not None and self.shortcoming.kind is ShortcomingKind.NOT_SWITCHED_ON

    def result(self) -> dict[str, Any]:
        """The details as JSON."""
        return {
            "mac": self.mac.digits,
            "model": self.model,
            "firmware": self.firmware,
            "state": self.state,
            "as_expected": self.shortcoming is None,
            "shortcoming": "" if self.shortcoming is None else self.shortcoming.text,
            "shortcoming_kind": None if self.shortcoming is None else self.shortcoming.kind.value,
            "reboots": self.reboots,
            "features": {each.key: {"on": each.is_on, "reason": each.reason} for each in self.features},
            "parameters": {name: asdict(one) for name, one in self.parameters.items()},
            "log": self.log.removesuffix("\n").split("\n") if self.log else [],
            "log_is_cut": self.is_cut,
        }

    def message(self) -> dict[str, Any]:
        """The details as a worker sends them to its master."""
        shortcoming = self.shortcoming
        return {
            "mac": self.mac.digits,
            "state": self.state,
            "shortcoming": {} if shortcoming is None else {shortcoming.kind.value: sendable(shortcoming.text)},
            "reboots": self.reboots,
            "features": {each.key: {"on": each.is_on, "reason": sendable(each.reason)} for each in self.features},
            "parameters": {
                sendable(name): {key: sendable(text) for key, text in asdict(one).items()}
                for name, one in self.parameters.items()
            },
            "log": sendable(self.log, LOG_LIMIT),
            "is_cut": self.is_cut,
        }

    @classmethod
    def read(cls, fields: Table, planned: PlannedPhone) -> Self:
        """The details in a message. Raises UsageError unless they are of that phone."""
        if fields.any_text("mac") != planned.mac.digits:
            raise fields.error("mac", f"this is not {planned.mac}, which was asked for")
        return cls(
            mac=planned.mac,
            model=planned.model,
            firmware=planned.firmware,
            state=fields.any_text("state", _STATE_LIMIT),
            shortcoming=_shortcoming_in(fields.table("shortcoming")),
            reboots=fields.whole("reboots"),
            features=tuple(
                FeatureState(key=key, is_on=feature.flag("on"), reason=feature.any_text("reason"))
                for key, feature in named_tables(fields.table("features")).items()
            ),
            parameters={
                name: ParameterState(**{key: one.any_text(key) for key in ("value", "source", "masked")})
                for name, one in named_tables(fields.table("parameters")).items()
            },
            log=fields.any_text("log", LOG_LIMIT),
            is_cut=fields.flag("is_cut"),
        )


def _shortcoming_in(table: Table) -> Shortcoming | None:
    found = [Shortcoming(kind_named(table, name), table.any_text(name)) for name in table.text_keys()]
    return found[0] if found else None


def planned_phone(population: Population, mac: MacAddress) -> tuple[int, PlannedPhone]:
    """The phone with this address, and its number. Raises PhoneDetailsError if there is none."""
    number = population.number_of(mac)
    if number is None:
        first, last = population.phone(0).mac, population.phone(population.count - 1).mac
        raise PhoneDetailsError(404, f"{mac}: no phone has this address; the first has {first}, the last {last}")
    return number, population.phone(number)


def _features(service: InService | None) -> tuple[FeatureState, ...]:
    if service is None:
        return ()
    return tuple(
        FeatureState(key=gate.feature.key, is_on=gate.is_enabled, reason=service.reason(gate)) for gate in service.gates
    )


def _parameters(service: InService | None) -> dict[str, ParameterState]:
    if service is None:
        return {}
    return {
        one.name: ParameterState(
            value=one.shown(one.value),
            source=one.source_text,
            masked=one.masked_text,
        )
        for one in islice(service.parameters.values(), PARAMETERS_SHOWN)
    }


def _end(log: bytes) -> tuple[str, bool]:
    """The log as text, from the first whole line within the limit; and whether its beginning is left off."""
    is_cut = len(log) > LOG_LIMIT
    if is_cut:
        log = log[-LOG_LIMIT:].partition(b"\n")[2]
    return log.decode(errors="replace"), is_cut
