"""Thresholds that fail a run: `boot.p95>2s`, `all.failures>1%`. This module does not know how metrics are counted."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from phone_sim.errors import UsageError
from phone_sim.fleet.protocol.run_status import LICENSED_NAME

_RULE = re.compile(
    r"\s*(\S.*?)\.(p50|p90|p95|p99|max|avg|failures|rate)\s*([<>])\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|%|)\s*"
)
_UNITS = {"failures": {"%": 1.0}, "rate": {"": 1.0}}
_TIMES = {"ms": 1.0, "s": 1000.0}
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A run fails if the `metric` of the requests of a `name` is past the `limit`, above it or below.

    The name is that of the requests in the statistics, `boot`, `licensed`, or `all`. Times are in milliseconds,
    failures in percent, a rate in requests a second.
    """

    text: str
    name: str
    metric: str
    above: bool
    limit: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """The threshold in `NAME.METRIC>VALUE` or with `<`.

        Metrics are p50, p90, p95, p99, max and avg with a value in ms or s, failures in %, and rate.

        Raises:
            UsageError: the text is not a threshold.
        """
        match = _RULE.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is no threshold such as boot.p95>2s, all.failures>1% or boot.rate<10")
        name, metric, sign, value, unit = match.groups()
        if name == LICENSED_NAME and metric in _UNITS:
            raise UsageError(f"{text!r}: {LICENSED_NAME} is a time, and has no {metric}")
        units = _UNITS.get(metric, _TIMES)
        if unit not in units:
            expected = " or ".join(units).strip() or "no unit"
            raise UsageError(f"{text!r}: {metric} has a value in {expected}")
        return cls(text=text, name=name, metric=metric, above=sign == ">", limit=float(value) * units[unit])

    def is_passed(self, found: float | None) -> bool:
        """True when the value is past the limit, or when nothing was counted."""
        if found is None:
            return True
        return found > self.limit if self.above else found < self.limit


def passed(
    thresholds: tuple[Threshold, ...], metric_value: Callable[[str, str], float | None]
) -> dict[str, float | None]:
    """The thresholds that are passed, as text, with the `metric_value` of their name and metric."""
    found = ((each, metric_value(each.name, each.metric)) for each in thresholds)
    return {each.text: value for each, value in found if each.is_passed(value)}
