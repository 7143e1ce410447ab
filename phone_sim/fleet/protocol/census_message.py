"""The census of a worker's phones as a message to its master. This module does not know how messages travel."""

from collections import Counter
from typing import Any

from phone_sim.fleet.census import NAMED, Census
from phone_sim.fleet.fleet_phone import Shortcoming, ShortcomingKind
from phone_sim.fleet.protocol.message import counts_in, named_tables, numbered_texts, sendable
from phone_sim.toml_table import Table

_REASONS_SENT = 1000
_ANOTHER = Shortcoming(ShortcomingKind.OTHER, "another reason")


def census_message(census: Census) -> dict[str, Any]:
    """The census as a worker sends it; of more than 1000 reasons, the rarest are sent as one."""
    reasons = Counter(dict(census.reasons.most_common(_REASONS_SENT)))
    if rest := census.reasons.total() - reasons.total():
        reasons[_ANOTHER] += rest
    return {
        "states": dict(census.states),
        "features": {key: _sendable(counts) for key, counts in census.features.items()},
        "reasons": _reasons_by_kind(reasons),
        "reboots": census.reboots,
        "failed_log_uploads": census.failed_log_uploads,
        "faults": dict(census.faults),
        "unexpected": _unexpected_by_kind(census.unexpected),
    }


def read_census(fields: Table, numbers: range) -> Census:
    """The census in a message. Raises UsageError unless it is a census of the phones of these numbers."""
    census = Census(
        states=counts_in(fields.table("states")),
        features={key: counts_in(feature) for key, feature in named_tables(fields.table("features")).items()},
        reasons=_reasons_in(fields.table("reasons")),
        reboots=fields.whole("reboots"),
        failed_log_uploads=fields.whole("failed_log_uploads"),
        faults=counts_in(fields.table("faults")),
        unexpected=_unexpected_in(fields.table("unexpected")),
    )
    if census.phones != len(numbers) or census.reasons.total() > len(numbers):
        raise fields.error("states", f"these are not {len(numbers)} phones")
    if len(census.unexpected) > NAMED:
        raise fields.error("unexpected", f"it has more than {NAMED} phones")
    if any(number not in numbers for number in census.unexpected):
        raise fields.error("unexpected", "these are phones of another")
    return census


def kind_named(table: Table, name: str) -> ShortcomingKind:
    """The kind of shortcomings that a key of a table names. Raises UsageError."""
    try:
        return ShortcomingKind(name)
    except ValueError:
        raise table.error(name, f"unknown key; expected one of: {', '.join(ShortcomingKind)}") from None


def _sendable(counts: Counter[str]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for text, count in counts.items():
        found[sendable(text)] += count
    return dict(found)


def _reasons_by_kind(reasons: Counter[Shortcoming]) -> dict[str, dict[str, int]]:
    kinds: dict[str, Counter[str]] = {}
    for shortcoming, count in reasons.items():
        kinds.setdefault(shortcoming.kind.value, Counter())[sendable(shortcoming.text)] += count
    return {kind: dict(counts) for kind, counts in kinds.items()}


def _reasons_in(table: Table) -> Counter[Shortcoming]:
    kinds = {kind_named(table, name): counts_in(counts) for name, counts in named_tables(table).items()}
    return Counter({Shortcoming(kind, text): count for kind, counts in kinds.items() for text, count in counts.items()})


def _unexpected_by_kind(unexpected: dict[int, Shortcoming]) -> dict[str, dict[int, str]]:
    kinds: dict[str, dict[int, str]] = {}
    for number, shortcoming in unexpected.items():
        kinds.setdefault(shortcoming.kind.value, {})[number] = sendable(shortcoming.text)
    return kinds


def _unexpected_in(table: Table) -> dict[int, Shortcoming]:
    kinds = {kind_named(table, name): numbered_texts(texts, NAMED) for name, texts in named_tables(table).items()}
    return {number: Shortcoming(kind, text) for kind, texts in kinds.items() for number, text in texts.items()}
