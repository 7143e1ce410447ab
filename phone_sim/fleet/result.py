"""What became of a fleet: how many phones are in which state, and with how many which feature is on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.message import Fields, sendable

LOST = "lost with a worker"
"""The state of phones that nobody can say anything of any more."""
OFF = "off"
_REASONS_SHOWN = 10
_REASONS_SENT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The phones of a fleet by state, its features by what their gates say, and why phones are not as expected.

    `faults` are those that their requests were given on purpose, by kind.
    """

    states: Counter[str] = field(default_factory=Counter)
    features: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    reboots: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, fleet: Fleet, wanted: int) -> Self:
        """The phones as they are; one of the `wanted` ones that was not switched on is off, and not as expected."""
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        reasons: Counter[str] = Counter()
        for member in fleet.members.values():
            states[member.phone.state.value] += 1
            if reason := fleet.shortcoming(member):
                reasons[reason] += 1
            for gate in member.phone.service.gates if member.phone.service is not None else ():
                features.setdefault(gate.feature.key, Counter())["on" if gate.is_enabled else gate.reason] += 1
        reboots = sum(member.reboots for member in fleet.members.values())
        missing = cls.off(wanted - len(fleet.members))
        return cls(
            states=states + missing.states,
            features=features,
            reasons=reasons + missing.reasons,
            reboots=reboots,
            faults=Counter(fleet.faults),
        )

    @classmethod
    def off(cls, count: int) -> Self:
        """Phones that were not switched on."""
        return cls(states=+Counter({OFF: count}), reasons=+Counter({"it was not switched on": count}))

    @classmethod
    def lost(cls, count: int) -> Self:
        """Phones whose worker does not answer any more: whatever it last said of them need not be so."""
        return cls(states=+Counter({LOST: count}), reasons=+Counter({f"it was {LOST}": count}))

    @classmethod
    def together(cls, found: "Iterable[Census]") -> Self:
        """Several parts of a fleet as one."""
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        reasons: Counter[str] = Counter()
        faults: Counter[str] = Counter()
        reboots = 0
        for each in found:
            states += each.states
            faults += each.faults
            reasons += each.reasons
            reboots += each.reboots
            for key, counts in each.features.items():
                features[key] = features.get(key, Counter()) + counts
        return cls(states=states, features=features, reasons=reasons, reboots=reboots, faults=faults)

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
        }

    @classmethod
    def read(cls, fields: Fields, phones: int) -> Self:
        """The census in a message. Raises UsageError unless it is one of so many phones."""
        features = fields.table("features")
        found = cls(
            states=fields.counts("states"),
            features={key: features.counts(key) for key in fields.tables("features")},
            reasons=fields.counts("reasons"),
            reboots=fields.whole("reboots"),
            faults=fields.counts("faults"),
        )
        if found.phones != phones or found.reasons.total() > phones:
            raise fields.error("states", f"these are not {phones} phones")
        return found


def _sendable(counts: Counter[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for text, count in counts.items():
        found[sendable(text)] += count
    return dict(found)


def census(fleet: Fleet, wanted: int) -> dict[str, Any]:
    """What became of the `wanted` phones of a fleet."""
    return Census.of(fleet, wanted).result()
