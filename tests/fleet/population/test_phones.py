"""Populations: which phones there are, by number."""

from collections import Counter
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import UsageError
from phone_sim.fleet.population.phones import PHONE_LIMIT, Pattern, Population
from phone_sim.mac_address import MacAddress


@pytest.mark.slow
@given(
    count=st.integers(1, 400),
    seed=st.integers(0, 2**63 - 1),
    shares=st.lists(st.floats(0, 1000), min_size=1, max_size=8).filter(lambda shares: sum(shares) > 0.001),
)
def test_shares_are_met_to_within_a_phone(count: int, seed: int, shares: list[float]) -> None:
    models = {f"model {place}": share for place, share in enumerate(shares)}
    population = Population(count=count, seed=seed, models=models)
    found = Counter(population.phone(number).model for number in range(count))
    for model, share in models.items():
        assert abs(found[model] - count * share / sum(shares)) <= 1.001


def test_same_seed_makes_the_same_phones() -> None:
    models = {"SPIP_670": 1.0, "VVX_1500": 1.0}
    first, again, other = (Population(count=200, seed=seed, models=models) for seed in (7, 7, 8))
    every = range(200)
    assert [first.phone(number) for number in every] == [again.phone(number) for number in every]
    assert [first.phone(number) for number in every] != [other.phone(number) for number in every]


def test_addresses_count_up_from_the_first() -> None:
    population = Population(count=300, first_mac=MacAddress("0004f20000ff"))
    assert [str(population.phone(number).mac) for number in (0, 1, 299)] == [
        "0004f20000ff",
        "0004f2000100",
        "0004f200022a",
    ]


def test_listed_addresses_are_taken_in_order() -> None:
    macs = [MacAddress("0004f2aabbcc"), MacAddress("0004f2000007")]
    population = Population(count=2, macs=macs)
    assert [population.phone(number).mac for number in (0, 1)] == macs


def test_sources_are_taken_in_turn() -> None:
    networks = [IPv4Network("127.1.0.0/30"), IPv4Network("127.2.0.9/32")]
    population = Population(count=5, source_networks=networks)
    assert [population.phone(number).source_address for number in range(5)] == [
        "127.1.0.1",
        "127.1.0.2",
        "127.2.0.9",
        "127.1.0.1",
        "127.1.0.2",
    ]
    assert Population(count=1).phone(0).source_address is None


def test_ramp_spreads_phones_over_its_time() -> None:
    ramp = Population(count=4, pattern=Pattern.RAMP, seconds=20.0)
    storm = Population(count=4, pattern=Pattern.STORM, seconds=20.0)
    assert [ramp.phone(number).switched_on for number in range(4)] == [0.0, 5.0, 10.0, 15.0]
    assert [storm.phone(number).switched_on for number in range(4)] == [0.0] * 4


@pytest.mark.parametrize("number", [-1, 3])
def test_no_phone_is_outside_the_count(number: int) -> None:
    with pytest.raises(IndexError):
        Population(count=3).phone(number)


@pytest.mark.parametrize("count", [0, -1, PHONE_LIMIT + 1])
def test_count_has_limits(count: int) -> None:
    with pytest.raises(UsageError, match="a population has 1 to"):
        Population(count=count)


def test_phones_past_the_last_address_are_refused() -> None:
    last = MacAddress("ffffffffffff")
    assert Population(count=1, first_mac=last).phone(0).mac == last
    with pytest.raises(UsageError, match="there are not 2 MAC addresses"):
        Population(count=1, first_mac=last).of(2)


def test_too_few_listed_addresses_are_refused() -> None:
    with pytest.raises(UsageError, match="1 MAC addresses are too few for 2 phones"):
        Population(count=2, macs=[MacAddress("0004f2aabbcc")])


@pytest.mark.parametrize("shares", [{}, {"SPIP_670": 0.0}, {"SPIP_670": -1.0, "VVX_1500": 2.0}])
def test_shares_must_be_positive(shares: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="not positive"):
        Population(count=1, models=shares)
