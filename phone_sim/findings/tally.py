"""Collects findings of many phones: what is wrong in one place is said once, with the number of phones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from phone_sim.findings.finding import Finding, Place, Rule
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model

_MODELS_NAMED = 4
_ANY_MAC = "<mac>"


@dataclass(slots=True)
class _Seen:
    """The finding as its first phone has it, and how many phones have it."""

    finding: Finding
    phones: int = 0
    first: MacAddress | None = None
    last: MacAddress | None = None
    models: set[str] = field(default_factory=set)


class Tally:
    """The findings so far, each with the phones and models that have it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Rule, Place, str], _Seen] = {}

    def add(self, finding: Finding) -> None:
        """Note a finding that is the same for all phones."""
        self._seen.setdefault((finding.rule, finding.place, finding.message), _Seen(finding))

    def add_for(self, finding: Finding, mac: MacAddress, models: Iterable[Model]) -> None:
        """Note a finding of a phone, if it is one of these models. All of one phone come before those of the next.

        Findings that differ in the phone's own MAC address only are one, with `<mac>` in its place.
        """
        key = (finding.rule, finding.place, finding.message.replace(mac.digits, _ANY_MAC))
        seen = self._seen.setdefault(key, _Seen(finding))
        seen.phones += seen.last != mac
        seen.first, seen.last = seen.first or mac, mac
        seen.models.update(model.token for model in models)

    def findings(self, phones: int, models: int) -> Iterator[Finding]:
        """All findings; one that is not of all phones, or not of all models, says of which."""
        for (_, _, message), seen in self._seen.items():
            finding = seen.finding
            if seen.phones > 1 and message != finding.message and seen.first is not None:
                remedy = finding.remedy.replace(seen.first.digits, _ANY_MAC)
                finding = replace(finding, message=message, remedy=remedy)
            whose: list[str] = []
            # What stands in a file of one phone is of that phone.
            if 0 < seen.phones < phones and seen.last is not None and seen.last.digits not in finding.place.file:
                whose.append(f"{seen.phones} of {phones} phones")
            if 0 < len(seen.models) < models:
                named = sorted(seen.models)
                more = f" and {len(named) - _MODELS_NAMED} more" if len(named) > _MODELS_NAMED else ""
                whose.append(f"as {', '.join(named[:_MODELS_NAMED])}{more}")
            yield replace(finding, message=f"{finding.message} ({', '.join(whose)})") if whose else finding
