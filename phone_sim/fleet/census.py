"""The census of a fleet: how many phones are in which state, how many have which feature on, and why not."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Self

from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.fleet_phone import NOT_SWITCHED_ON, Shortcoming, ShortcomingKind
from phone_sim.fleet.population.phones import Population
from phone_sim.mac_address import MacAddress

LOST = "lost with a worker"
"""The state of phones whose worker is lost."""
OFF = "off"
NAMED = 50
"""Maximum number of phones that are named as not as expected (our choice)."""
# The kinds of shortcomings whose phones are named after all others.
_NAMED_LATE = {ShortcomingKind.COMING_UP: 1, ShortcomingKind.NOT_SWITCHED_ON: 2}
_LOST = Shortcoming(ShortcomingKind.LOST, f"it was {LOST}")
_REASONS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """The phones of a fleet by state, its features by the reason of their gates, and why phones are not as expected.

    `faults` are the injected faults, by kind, and `failed_log_uploads` the logs that the boot server did not take;
    after a later upload it has them. `unexpected` has some of the phones that are not as expected, by number
    with the reason: phones that are still coming up only if there is room.
    """

    states: Counter[str] = field(default_factory=Counter)
    features: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[Shortcoming] = field(default_factory=Counter)
    reboots: int = 0
    failed_log_uploads: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    unexpected: dict[int, Shortcoming] = field(default_factory=dict)

    @classmethod
    def of(cls, fleet: Fleet, wanted: range) -> Self:
        """The phones now; a `wanted` phone that was not switched on is off, and not as expected."""
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        unexpected: dict[int, Shortcoming] = {}
        for phone in fleet.switched_on.values():
            states[phone.state.value] += 1
            if (shortcoming := fleet.shortcoming(phone)) is not None:
                unexpected[phone.number] = shortcoming
            for gate in phone.gates:
                features.setdefault(gate.feature.key, Counter())["on" if gate.is_enabled else gate.reason] += 1
        reboots = sum(phone.reboots for phone in fleet.switched_on.values())
        missing = len(wanted) - len(fleet.switched_on)
        are_off = islice((number for number in wanted if number not in fleet.switched_on), min(missing, NAMED))
        return cls(
            states=states + Counter({OFF: missing}),
            features=features,
            reasons=Counter(unexpected.values()) + Counter({NOT_SWITCHED_ON: missing}),
            reboots=reboots,
            failed_log_uploads=fleet.failed_log_uploads,
            faults=Counter(fleet.faults),
            unexpected=_first(chain(unexpected.items(), ((number, NOT_SWITCHED_ON) for number in are_off))),
        )

    @classmethod
    def off(cls, numbers: range) -> Self:
        """Phones that were not switched on."""
        return cls._all(numbers, OFF, NOT_SWITCHED_ON)

    @classmethod
    def lost(cls, numbers: range) -> Self:
        """Phones whose worker is lost: what it last reported may no longer be true."""
        return cls._all(numbers, LOST, _LOST)

    @classmethod
    def _all(cls, numbers: range, state: str, shortcoming: Shortcoming) -> Self:
        count = len(numbers)
        return cls(
            states=+Counter({state: count}),
            reasons=+Counter({shortcoming: count}),
            unexpected=dict.fromkeys(numbers[:NAMED], shortcoming),
        )

    @classmethod
    def together(cls, censuses: "Iterable[Census]") -> Self:
        """The census of several ranges of phones as one."""
        every = list(censuses)
        states: Counter[str] = Counter()
        features: dict[str, Counter[str]] = {}
        reasons: Counter[Shortcoming] = Counter()
        faults: Counter[str] = Counter()
        reboots = failed_log_uploads = 0
        for each in every:
            states += each.states
            faults += each.faults
            reasons += each.reasons
            reboots += each.reboots
            failed_log_uploads += each.failed_log_uploads
            for key, counts in each.features.items():
                features[key] = features.get(key, Counter()) + counts
        unexpected = _first(chain.from_iterable(each.unexpected.items() for each in every))
        return cls(
            states=states,
            features=features,
            reasons=reasons,
            reboots=reboots,
            failed_log_uploads=failed_log_uploads,
            faults=faults,
            unexpected=unexpected,
        )

    def named(self, population: Population) -> tuple[tuple[MacAddress, Shortcoming], ...]:
        """The phones in `unexpected` by MAC address, with the reason."""
        return tuple((population.phone(number).mac, shortcoming) for number, shortcoming in self.unexpected.items())

    @property
    def phones(self) -> int:
        """The number of phones."""
        return self.states.total()

    def result(self) -> dict[str, Any]:
        """The census as the result of a run shows it."""
        kinds: Counter[str] = Counter()
        for shortcoming, count in self.reasons.items():
            kinds[shortcoming.kind.value] += count
        return {
            "phones": self.phones,
            "as_expected": self.phones - self.reasons.total(),
            "states": dict(self.states),
            "features": {key: dict(counts) for key, counts in self.features.items()},
            "shortcomings": {each.text: count for each, count in self.reasons.most_common(_REASONS_SHOWN)},
            "shortcoming_kinds": dict(kinds),
            "reboots": self.reboots,
            "failed_log_uploads": self.failed_log_uploads,
            "faults": dict(self.faults),
        }


def _first(unexpected: Iterable[tuple[int, Shortcoming]]) -> dict[int, Shortcoming]:
    """The unexpected phones that are named: by number, but phones that are coming up after all others."""
    return dict(heapq.nsmallest(NAMED, unexpected, key=lambda each: (_NAMED_LATE.get(each[1].kind, 0), each[0])))


def census(fleet: Fleet, wanted: int) -> dict[str, Any]:
    """The census of the `wanted` phones of a fleet, as the result of a run shows it."""
    return Census.of(fleet, range(wanted)).result()
