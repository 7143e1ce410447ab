"""Thresholds of a run."""

import pytest

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.thresholds import Threshold, passed

MEASURED = {("boot", "p95"): 2000.5, ("<MAC>-license.cfg", "failures"): 1.0, ("all", "rate"): 9.5}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("boot.p95>2s", True),
        ("boot.p95 > 2001ms", False),
        ("boot.p95<3s", True),
        ("<MAC>-license.cfg.failures>0.5%", True),
        ("<MAC>-license.cfg.failures>1%", False),
        ("all.rate<10", True),
        ("all.rate<9.5", False),
        ("boot.p99>100s", True),
    ],
)
def test_rule_holds_past_its_limit(rule: str, holds: bool) -> None:
    threshold = Threshold.parse(rule)
    found = passed((threshold,), lambda name, metric: MEASURED.get((name, metric)))
    assert bool(found) is holds


def test_passed_rules_say_what_was_measured() -> None:
    rules = tuple(map(Threshold.parse, ("boot.p95>2s", "nothing.max>1s", "all.rate<1")))
    found = passed(rules, lambda name, metric: MEASURED.get((name, metric)))
    assert found == {"boot.p95>2s": 2000.5, "nothing.max>1s": None}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("boot", "is no threshold"),
        ("boot.p96>1s", "is no threshold"),
        ("boot.p95=1s", "is no threshold"),
        ("boot.p95>1", "p95 has a value in ms or s"),
        ("boot.failures>1s", "failures has a value in %"),
        ("boot.rate<1%", "rate has a value in no unit"),
        ("licensed.failures>1%", "licensed is a time, and has no failures"),
        ("licensed.rate<1", "licensed is a time, and has no rate"),
    ],
)
def test_wrong_rules_are_refused(rule: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Threshold.parse(rule)
