"""What became of a fleet: how many phones are in which state, and with how many which feature is on."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Self

from phone_sim.firmware.lifecycle import State
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.message import Fields, sendable
from phone_sim.mac_address import MacAddress

LOST = "lost with a worker"
"""The state of phones that nobody can say anything of any more."""
OFF = "off"
NOT_SWITCHED_ON = "it was not switched on"
NAMED = 50
"""Most phones that are named as not as expected; ours."""
_PASSING = frozenset(f"it is {state.value}" for state in State)
_REASONS_SHOWN = 10
_REASONS_SENT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The phones of a fleet by state, its features by what their gates say, and why phones are not as expected.

    `faults` are those that their requests were given on purpose, by kind. `unexpected` names some of the phones that
    are not as expected, by number with the reason: those that are still coming up only where there is room.
    """

    states: Counter[str] = field(default_factory=Counter)
    features: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    reboots: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    unexpected: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fleet: Fleet, wanted: range) -> Self:
        """The phones as they are; one of the `wanted` ones that was not switched on is off, and not as expected."""
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        unexpected: dict[int, str] = {}
        for fleet_phone in fleet.phones.values():
            states[fleet_phone.phone.state.value] += 1
            if reason := fleet.shortcoming(fleet_phone):
                unexpected[fleet_phone.number] = reason
            for gate in fleet_phone.phone.service.gates if fleet_phone.phone.service is not None else ():
                features.setdefault(gate.feature.key, Counter())["on" if gate.is_enabled else gate.reason] += 1
        reboots = sum(fleet_phone.reboots for fleet_phone in fleet.phones.values())
        missing = len(wanted) - len(fleet.phones)
        are_off = islice((number for number in wanted if number not in fleet.phones), min(missing, NAMED))
        return cls(
            states=states + Counter({OFF: missing}),
            features=features,
            reasons=Counter(unexpected.values()) + Counter({NOT_SWITCHED_ON: missing}),
            reboots=reboots,
            faults=Counter(fleet.faults),
            unexpected=_first(chain(unexpected.items(), ((number, NOT_SWITCHED_ON) for number in are_off))),
        )

    @classmethod
    def off(cls, numbers: range) -> Self:
        """Phones that were not switched on."""
        return cls._all(numbers, OFF, NOT_SWITCHED_ON)

    @classmethod
    def lost(cls, numbers: range) -> Self:
        """Phones whose worker does not answer any more: whatever it last said of them need not be so."""
        return cls._all(numbers, LOST, f"it was {LOST}")

    @classmethod
    def _all(cls, numbers: range, state: str, reason: str) -> Self:
        count = len(numbers)
        return cls(
            states=+Counter({state: count}),
            reasons=+Counter({reason: count}),
            unexpected=dict.fromkeys(numbers[:NAMED], reason),
        )

    @classmethod
    def together(cls, found: "Iterable[Census]") -> Self:
        """Several parts of a fleet as one."""
        parts = list(found)
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        reasons: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        reboots = 0
        for each in parts:
            states += each.states
            faults += each.faults
            reasons += each.reasons
            reboots += each.reboots
            for key, counts in each.features.items():
                features[key] = features.get(key, Counter()) + counts
        unexpected = _first(chain.from_iterable(each.unexpected.items() for each in parts))
        return cls(
            states=states, features=features, reasons=reasons, reboots=reboots, faults=faults, unexpected=unexpected
        )

    def named(self, population: Population) -> tuple[tuple[MacAddress, str], ...]:
        """Some of the phones that are not as expected, with the reason."""
        return tuple((population.phone(number).mac, reason) for number, reason in self.unexpected.items())

    @property
    def phones(self) -> int:
        """How many there are."""
        return self.states.total()

    def result(self) -> dict[str, Any]:
        """The census as it is told in the end."""
        return {
            "phones": self.phones,
            "as_expected": self.phones - self.reasons.total(),
            "states": dict(self.states),
            "features": {key: dict(counts) for key, counts in self.features.items()},
            "shortcomings": dict(self.reasons.most_common(_REASONS_SHOWN)),
            "reboots": self.reboots,
            "faults": dict(self.faults),
        }

    def message(self) -> dict[str, Any]:
        """The census as a worker tells it; of very many reasons, the rarest are told as one."""
        reasons = Counter(dict(self.reasons.most_common(_REASONS_SENT)))
        if rest := self.reasons.total() - reasons.total():
            reasons["another reason"] += rest
        return {
            "states": dict(self.states),
            "features": {key: _sendable(counts) for key, counts in self.features.items()},
            "reasons": _sendable(reasons),
            "reboots": self.reboots,
            "faults": dict(self.faults),
            "unexpected": {number: sendable(reason) for number, reason in self.unexpected.items()},
        }

    @classmethod
    def read(cls, fields: Fields, numbers: range) -> Self:
        """The census in a message. Raises UsageError unless it is one of the phones of these numbers."""
        features = fields.table("features")
        found = cls(
            states=fields.counts("states"),
            features={key: features.counts(key) for key in fields.tables("features")},
            reasons=fields.counts("reasons"),
            reboots=fields.whole("reboots"),
            faults=fields.counts("faults"),
            unexpected=fields.numbered("unexpected", NAMED),
        )
        if found.phones != len(numbers) or found.reasons.total() > len(numbers):
            raise fields.error("states", f"these are not {len(numbers)} phones")
        if any(number not in numbers for number in found.unexpected):
            raise fields.error("unexpected", "these are phones of another")
        return found


def _sendable(counts: Counter[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for text, count in counts.items():
        found[sendable(text)] += count
    return dict(found)


def _first(unexpected: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Those of phones not as expected that are named: by number, and those that are coming up after all others."""
    return dict(heapq.nsmallest(NAMED, unexpected, key=lambda each: (_passes(each[1]), each[0])))


def _passes(reason: str) -> int:
    return 2 if reason == NOT_SWITCHED_ON else 1 if reason in _PASSING else 0


def census(fleet: Fleet, wanted: int) -> dict[str, Any]:
    """What became of the `wanted` phones of a fleet."""
    return Census.of(fleet, range(wanted)).result()
