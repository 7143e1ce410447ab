"""Which name is meant by one that no table has."""

import pytest

from phone_sim.findings.parameter_names import KnownNames
from phone_sim.runtime.parameter_tables import load_dictionary


@pytest.fixture(scope="module")
def known() -> KnownNames:
    return KnownNames(load_dictionary("ucs-3.3"), load_dictionary("sip-3"), ["feature.nwayConference.enabled"])


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("LICENSE.POLLING.TIME", "license.polling.time"),
        ("licence.poling.time", "license.polling.time"),
        ("feature.NwayConference.enabled", "feature.nWayConference.enabled"),
        ("reg.7.label2", ""),
        ("voice.codecPref.G728", ""),
        ("up.x", ""),
        ("lice.poll.time", ""),
        ("reg.1.2.address", ""),
        ("n" * 100_000, ""),
        ("", ""),
    ],
)
def test_nearest_name_differs_in_case_or_a_letter_or_two(known: KnownNames, name: str, nearest: str) -> None:
    assert known.nearest(name) == nearest


def test_numbers_of_a_name_have_a_range(known: KnownNames) -> None:
    assert known.index_range("reg.1.address") == ""
    assert known.index_range("reg.0.address") == "1 to 34"
    assert known.index_range("acd.101.unavailreason.active") == "1 to 100"
    assert known.index_range("no.such.1.name") == ""


def test_switches_of_features_are_known_beside_the_tables(known: KnownNames) -> None:
    assert known.has("feature.nwayConference.enabled")
    assert known.is_of_other("feature.19.name")
    assert not known.has("feature.19.name")
