"""Locust counts the requests of each name in each second, and keeps that for ever; this forgets the old seconds.

Nothing but the rate of the last ten seconds is made of them. Without it a fleet that stays on grows by about 100 bytes
a name and second.
"""

from locust.stats import RequestStats

KEPT = 60
"""Seconds whose counts stay; ours."""


def forget_old_seconds(statistics: RequestStats) -> None:
    """Forget the counts of seconds that are long before the last request."""
    first = int(statistics.last_request_timestamp or 0) - KEPT
    for entry in (statistics.total, *statistics.entries.values()):
        for counts in (entry.num_reqs_per_sec, entry.num_fail_per_sec):
            for second in [second for second in counts if second < first]:
                del counts[second]
