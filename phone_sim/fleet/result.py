"""What became of a fleet: how many phones are in which state, and with how many which feature is on."""

from collections import Counter
from typing import Any

from phone_sim.fleet.fleet import Fleet

_REASONS_SHOWN = 10


def census(fleet: Fleet, wanted: int) -> dict[str, Any]:
    """The phones of a fleet by state, its features by what their gates say, and why phones are not as expected.

    A phone of the `wanted` ones that was not switched on counts as off, and as not as expected.
    """
    states: Counter[str] = Counter()
    features: dict[str, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    for member in fleet.members.values():
        states[member.phone.state.value] += 1
        if reason := fleet.shortcoming(member):
            reasons[reason] += 1
        for gate in member.phone.service.gates if member.phone.service is not None else ():
            features.setdefault(gate.feature.key, Counter())["on" if gate.is_enabled else gate.reason] += 1
    if missing := wanted - len(fleet.members):
        states["off"] += missing
        reasons["it was not switched on"] += missing
    return {
        "phones": wanted,
        "as_expected": wanted - reasons.total(),
        "states": dict(states),
        "features": {key: dict(counts) for key, counts in features.items()},
        "shortcomings": dict(reasons.most_common(_REASONS_SHOWN)),
        "reboots": sum(member.reboots for member in fleet.members.values()),
        "faults": fleet.faults,
    }
