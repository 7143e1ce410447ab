"""Locust's statistics: as the result of a run, as the metrics of thresholds, and kept small during a long run."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from locust.stats import (
    RequestStats,
    StatsEntry,
    StatsError,
    calculate_response_time_percentile,
    get_error_report_summary,
    get_percentile_stats_summary,
    get_stats_summary,
)

from phone_sim.fleet.on_locust.thresholds import ALL
from phone_sim.fleet.protocol.run_status import LICENSED_NAME

REASON_LIMIT = 500
"""Number of failures by name and reason after which a new reason is `another reason` (our choice)."""
ANOTHER_REASON = "another reason"
SECONDS_KEPT = 60
"""Seconds whose counts are kept (our choice)."""


def statistics_result(stats: RequestStats) -> dict[str, Any]:
    """The requests by method and name, the failures by reason, and Locust's tables of both, as a result shows them."""
    return {
        "requests": [_entry_result(entry) for _, entry in sorted(stats.entries.items())],
        "failures": [
            {
                "method": error.method,
                "name": error.name,
                "reason": StatsError.parse_error(error.error),
                "count": error.occurrences,
            }
            for error in stats.errors.values()
        ],
        "table": [
            *get_stats_summary(stats, current=False),
            *get_percentile_stats_summary(stats),
            *(get_error_report_summary(stats) if stats.errors else []),
        ],
    }


def bounded_reason(known: Collection[str], method: str, name: str, reason: str) -> str:
    """The reason of a failure, or with too many that are `known`, by Locust's keys, `another reason`."""
    is_known = len(known) < REASON_LIMIT or StatsError.create_key(method, name, reason) in known
    return reason if is_known else ANOTHER_REASON


def percentiles(times: Counter[int]) -> dict[str, float]:
    """The number of these times, their 50th, 95th and 99th percentiles and the longest, in milliseconds."""
    count = times.total()
    shown = {f"p{part:.0%}".rstrip("%"): part for part in (0.5, 0.95, 0.99)} | {"max": 1.0}
    return {"count": count} | (
        {name: float(calculate_response_time_percentile(times, count, part)) for name, part in shown.items()}
        if count
        else {}
    )


def metric_value(stats: RequestStats, licensed: Counter[int], name: str, metric: str) -> float | None:
    """A metric of the requests of a name; of several methods, the worst. None if there were no such requests."""
    if name == LICENSED_NAME:
        return _time_metric(licensed, metric) if licensed else None
    entries = [each for (found, _), each in stats.entries.items() if found == name and each.num_requests]
    if name == ALL:
        entries = [stats.total]
    values = [_entry_metric(entry, metric) for entry in entries]
    return None if not values else min(values) if metric == "rate" else max(values)


def drop_old_seconds(stats: RequestStats) -> None:
    """Drop the counts of seconds long before the last request.

    Locust keeps the requests of each name in each second for ever, and uses them only for the rate of the last ten
    seconds. A fleet that stays on would grow by about 100 bytes a name and second.
    """
    first = int(stats.last_request_timestamp or 0) - SECONDS_KEPT
    for entry in (stats.total, *stats.entries.values()):
        for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            for second in [second for second in counts if second < first]:
                del counts[second]


def _time_metric(times: Counter[int], metric: str) -> float:
    if metric == "avg":
        return sum(time * count for time, count in times.items()) / times.total()
    part = 1.0 if metric == "max" else int(metric[1:]) / 100
    return float(calculate_response_time_percentile(times, times.total(), part))


def _entry_result(entry: StatsEntry) -> dict[str, Any]:
    return {
        "method": entry.method,
        "name": entry.name,
        "count": entry.num_requests,
        "failures": entry.num_failures,
        **{metric: _entry_metric(entry, metric) for metric in ("p50", "p95", "p99", "max", "rate")},
    }


def _entry_metric(entry: StatsEntry, metric: str) -> float:
    match metric:
        case "failures":
            return 100 * entry.fail_ratio
        case "rate":
            return float(entry.total_rps)
        case "max":
            return float(entry.max_response_time)
        case "avg":
            return float(entry.avg_response_time)
        case _:
            return float(entry.get_response_time_percentile(int(metric[1:]) / 100))
