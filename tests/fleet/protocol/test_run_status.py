"""What a worker reports, and how the reports of several workers become one census."""

from collections import Counter
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest

from phone_sim.errors import UsageError
from phone_sim.fleet.census import LOST, Census
from phone_sim.fleet.fleet_phone import Shortcoming, ShortcomingKind
from phone_sim.fleet.protocol.census_message import census_message
from phone_sim.fleet.protocol.run_status import ProcessReport

TEN = range(10)
UNLICENSED = Shortcoming(ShortcomingKind.NO_LICENSE, "LDAP: no license")
UP = Census(
    states=Counter(idle=8, rebooting=2),
    features={"LDAP": Counter({"on": 7, "no license": 3})},
    reasons=Counter({UNLICENSED: 3}),
    reboots=1,
    failed_log_uploads=2,
    faults=Counter(reset=2),
    unexpected={7: UNLICENSED},
)
REPORT = ProcessReport(run=1, census=UP, busy=2, waiting=5, licensed=Counter({120: 6, 130: 1}), final=True)


def test_report_survives_its_message() -> None:
    assert ProcessReport.read(REPORT.message(), TEN) == REPORT


def test_report_of_other_phones_is_refused() -> None:
    with pytest.raises(UsageError, match="these are not 11 phones"):
        ProcessReport.read(REPORT.message(), range(11))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("busy", -1),
        ("busy", "2"),
        ("final", 1),
        ("licensed", {"120": 6}),
        ("licensed", {120: -6}),
        ("census", None),
        ("census", {**census_message(UP), "states": {"idle": 8.0, "rebooting": 2}}),
        ("census", {**census_message(UP), "states": {7: 10}}),
        ("census", {**census_message(UP), "features": {"LDAP": 7}}),
        ("census", {**census_message(UP), "reasons": {"no_license": {"x" * 2000: 1}}}),
        ("census", {**census_message(UP), "reasons": {"no_license": {"none": 11}}}),
        ("census", {**census_message(UP), "reasons": {"no_kind": {"none": 1}}}),
        ("census", {**census_message(UP), "reasons": {"none": 1}}),
        ("census", {**census_message(UP), "unexpected": {"no_license": {10: "it is of another worker"}}}),
        ("census", {**census_message(UP), "unexpected": {"no_license": {"7": "no license"}}}),
        ("census", {**census_message(UP), "unexpected": {7: {7: "no license"}}}),
        ("census", {**census_message(UP), "unexpected": {"no_license": dict.fromkeys(range(51), "no license")}}),
    ],
)
def test_broken_report_is_refused(key: str, value: Any) -> None:
    with pytest.raises(UsageError, match="what a worker says"):
        ProcessReport.read({**REPORT.message(), key: value}, TEN)


def test_lost_phones_are_neither_up_nor_as_expected() -> None:
    result = Census.together([UP, Census.lost(range(10, 14)), Census.off(range(14, 15))]).result()
    assert result == {
        "phones": 15,
        "as_expected": 7,
        "states": {"idle": 8, "rebooting": 2, LOST: 4, "off": 1},
        "features": {"LDAP": {"on": 7, "no license": 3}},
        "shortcomings": {f"it was {LOST}": 4, "LDAP: no license": 3, "it was not switched on": 1},
        "shortcoming_kinds": {"lost": 4, "no_license": 3, "not_switched_on": 1},
        "reboots": 1,
        "failed_log_uploads": 2,
        "faults": {"reset": 2},
    }


def test_phones_that_come_up_are_named_last() -> None:
    coming = Census(unexpected=dict.fromkeys(range(3), Shortcoming(ShortcomingKind.COMING_UP, "it is booting")))
    ranges = [Census.off(range(20, 100)), coming, Census.lost(range(100, 200)), UP]
    named = Census.together(ranges[:2] + ranges[3:]).unexpected
    assert list(named) == [7, 0, 1, 2, *range(20, 66)]
    assert list(Census.together(ranges).unexpected) == [7, *range(100, 149)]


def test_words_of_a_server_can_be_sent() -> None:
    texts = ("x" * 2000, "x" * 3000, "file \udcff")
    census = Census(states=Counter(idle=3), reasons=Counter(no_configuration(text) for text in texts))
    told = msgpack.loads(msgpack.dumps(ProcessReport(run=1, census=census).message()), strict_map_key=False)
    expected = {no_configuration("x" * 1000): 2, no_configuration("file ?"): 1}
    assert ProcessReport.read(told, range(3)).census.reasons == expected


def test_rarest_of_very_many_reasons_are_sent_as_one() -> None:
    reasons = Counter(no_configuration(f"reason {place}") for place in range(3000))
    told = census_message(Census(states=Counter(idle=3000), reasons=reasons))["reasons"]
    assert len(told["no_configuration"]) == 1000
    assert told["other"] == {"another reason": 2000}


def no_configuration(text: str) -> Shortcoming:
    """A shortcoming with a text."""
    return Shortcoming(ShortcomingKind.NO_CONFIGURATION, text)
