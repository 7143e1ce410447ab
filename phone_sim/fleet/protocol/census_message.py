"""The census of a worker's phones as a message to its master. This module does not know how messages travel."""

from collections import Counter
from typing import Any

from phone_sim.fleet.census import NAMED, Census
from phone_sim.fleet.protocol.message import counts_in, named_tables, numbered_texts, sendable
from phone_sim.toml_table import Table

_REASONS_SENT = 1000


def census_message(census: Census) -> dict[str, Any]:
    """The census as a worker sends it; of more than 1000 reasons, the rarest are sent as one."""
    reasons = Counter(dict(census.reasons.most_common(_REASONS_SENT)))
    if rest := census.reasons.total() - reasons.total():
        reasons["another reason"] += rest
    return {
        "states": dict(census.states),
        "features": {key: _sendable(counts) for key, counts in census.features.items()},
        "reasons": _sendable(reasons),
        "reboots": census.reboots,
        "faults": dict(census.faults),
        "unexpected": {number: sendable(reason) for number, reason in census.unexpected.items()},
    }


def read_census(fields: Table, numbers: range) -> Census:
    """The census in a message. Raises UsageError unless it is a census of the phones of these numbers."""
    census = Census(
        states=counts_in(fields.table("states")),
        features={key: counts_in(feature) for key, feature in named_tables(fields.table("features")).items()},
        reasons=counts_in(fields.table("reasons")),
        reboots=fields.whole("reboots"),
        faults=counts_in(fields.table("faults")),
        unexpected=numbered_texts(fields.table("unexpected"), NAMED),
    )
    if census.phones != len(numbers) or census.reasons.total() > len(numbers):
        raise fields.error("states", f"these are not {len(numbers)} phones")
    if any(number not in numbers for number in census.unexpected):
        raise fields.error("unexpected", "these are phones of another")
    return census


def _sendable(counts: Counter[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for text, count in counts.items():
        found[sendable(text)] += count
    return dict(found)
