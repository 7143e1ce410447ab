"""What Locust counted, as the result of a run: by name, with the failures, and for the thresholds.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

from collections import Counter
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
from phone_sim.fleet.protocol.run_report import LICENSED_NAME


def measures(stats: RequestStats) -> dict[str, Any]:
    """The requests by method and name, the failures by reason, and Locust's tables of both."""
    return {
        "requests": [_measures(entry) for _, entry in sorted(stats.entries.items())],
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


def percentiles(times: Counter[int]) -> dict[str, float]:
    """How many times there are, and which of them, in milliseconds, so many percent were no longer than."""
    count = times.total()
    shown = {f"p{part:.0%}".rstrip("%"): part for part in (0.5, 0.95, 0.99)} | {"max": 1.0}
    return {"count": count} | (
        {name: float(calculate_response_time_percentile(times, count, part)) for name, part in shown.items()}
        if count
        else {}
    )


def measure(stats: RequestStats, licensed: Counter[int], name: str, metric: str) -> float | None:
    """What was counted of the requests of a name; of several methods, the worst. None if there is nothing."""
    if name == LICENSED_NAME:
        return _of_times(licensed, metric) if licensed else None
    entries = [each for (found, _), each in stats.entries.items() if found == name and each.num_requests]
    if name == ALL:
        entries = [stats.total]
    measured = [_metric(entry, metric) for entry in entries]
    return None if not measured else min(measured) if metric == "rate" else max(measured)


def _of_times(times: Counter[int], metric: str) -> float:
    if metric == "avg":
        return sum(time * count for time, count in times.items()) / times.total()
    part = 1.0 if metric == "max" else int(metric[1:]) / 100
    return float(calculate_response_time_percentile(times, times.total(), part))


def _measures(entry: StatsEntry) -> dict[str, Any]:
    return {
        "method": entry.method,
        "name": entry.name,
        "count": entry.num_requests,
        "failures": entry.num_failures,
        **{metric: _metric(entry, metric) for metric in ("p50", "p95", "p99", "max", "rate")},
    }


def _metric(entry: StatsEntry, metric: str) -> float:
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
