"""Metrics of a run for Prometheus: phones by state, features by their gates, requests, boots and their times."""

from collections import Counter
from collections.abc import Callable, Iterator

from locust.env import Environment
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from phone_sim.fleet.on_locust.users import BOOT_NAME
from phone_sim.fleet.protocol.run_status import RunStatus

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper ends of the buckets, in seconds (our choice)."""


class FleetCollector(Collector):
    """Collects the numbers of a run. Times are rounded to two digits, as Locust keeps them."""

    def __init__(self, environment: Environment, status: Callable[[], RunStatus]) -> None:
        self._environment = environment
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        status = self._status()
        yield from _phones(status)
        yield from self._requests()
        yield from self._boots()
        yield _histogram("phone_sim_licensed_seconds", "Power-on to all features licensed.", status.licensed)

    def _requests(self) -> Iterator[Metric]:
        labels = ("method", "name", "outcome")
        requests = CounterMetricFamily("phone_sim_requests", "Requests of phones.", labels=labels)
        for (name, method), entry in self._environment.stats.entries.items():
            if name != BOOT_NAME:
                requests.add_metric((method, name, "answered"), entry.num_requests - entry.num_failures)
                requests.add_metric((method, name, "failed"), entry.num_failures)
        yield requests

    def _boots(self) -> Iterator[Metric]:
        entry = self._environment.stats.get(BOOT_NAME, "BOOT")
        boots = CounterMetricFamily("phone_sim_boots", "Boots of phones that have ended.", labels=("outcome",))
        boots.add_metric(("as expected",), entry.num_requests - entry.num_failures)
        boots.add_metric(("not as expected",), entry.num_failures)
        yield boots
        total = entry.total_response_time / 1000
        yield _histogram("phone_sim_boot_seconds", "How long boots took.", Counter(entry.response_times), total)


def registry(environment: Environment, status: Callable[[], RunStatus]) -> CollectorRegistry:
    """The metrics of a run."""
    found = CollectorRegistry(auto_describe=False)
    found.register(FleetCollector(environment, status))
    return found


def _phones(status: RunStatus) -> Iterator[Metric]:
    phones = GaugeMetricFamily("phone_sim_phones", "Phones by state.", labels=("state",))
    for state, count in status.census.states.items():
        phones.add_metric((state,), count)
    yield phones
    features = GaugeMetricFamily("phone_sim_features", "Phones by what a feature is.", labels=("feature", "gate"))
    for feature, counts in status.census.features.items():
        for gate, count in counts.items():
            features.add_metric((feature, gate), count)
    yield features
    yield GaugeMetricFamily("phone_sim_busy", "Phones that are busy.", value=status.busy)
    yield GaugeMetricFamily("phone_sim_waiting", "Phones that wait to be switched on.", value=status.waiting)
    yield GaugeMetricFamily(
        "phone_sim_unexpected_phones", "Phones not as expected.", value=status.census.reasons.total()
    )
    yield GaugeMetricFamily("phone_sim_reboots", "Reboots of phones.", value=status.census.reboots)
    failed = status.census.failed_log_uploads
    yield GaugeMetricFamily("phone_sim_failed_log_uploads", "Uploads of logs that failed.", value=failed)
    workers = GaugeMetricFamily("phone_sim_workers", "Workers by state.", labels=("state",))
    for state, count in Counter(worker["state"] for worker in status.workers).items():
        workers.add_metric((state,), count)
    yield workers


def _histogram(name: str, text: str, times: Counter[int], total: float | None = None) -> Metric:
    """Times in milliseconds as a histogram of seconds; without a total it is as exact as the times are."""
    buckets = [(f"{end}", sum(count for time, count in times.items() if time <= 1000 * end)) for end in BUCKETS]
    if total is None:
        total = sum(time * count for time, count in times.items()) / 1000
    return HistogramMetricFamily(name, text, buckets=[*buckets, ("+Inf", times.total())], sum_value=total)
