"""What a master sends to its workers, and how phones are shared among them."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import PhoneSimError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.run_setup import Assignment, RunSetup, in_turn, split_evenly
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Tls
from phone_sim.runtime.trust_file import load_anchor

TEXT = "count = 50\nseed = 3\n[models]\nSPIP_670 = 1\nVVX_1500 = 2\n"
POPULATION = Population(count=40, seed=3, models={"SPIP_670": 1.0, "VVX_1500": 2.0})


def assignment(population: Population = POPULATION, text: str = TEXT) -> Assignment:
    setup = RunSetup(
        population=population,
        population_text=text,
        boot_server="http://boot.example/",
        anchor=load_anchor(),
        timeout=5.0,
        expectation=BootExpectation.LICENSED,
        at_once=100,
        tls=Tls(
            ca_file=Path("/site/ca.pem"),
            client_cert=Path("/site/<MAC>.pem"),
            oldest="1.0",
            newest="1.2",
            ciphers="AES128-SHA",
        ),
        watched=(MacAddress("0004f2000007"),),
    )
    return Assignment(setup=setup, numbers=range(20, 40), run=2)


def test_worker_reads_what_the_master_means() -> None:
    told, read = assignment(), Assignment.read(assignment().message())
    assert (read.numbers, read.run) == (told.numbers, told.run)
    assert [read.setup.population.phone(number) for number in read.numbers] == [
        POPULATION.phone(number) for number in told.numbers
    ]
    assert read.setup.anchor.pem() == told.setup.anchor.pem()
    for name in ("boot_server", "timeout", "expectation", "at_once", "tls", "watched"):
        assert getattr(read.setup, name) == getattr(told.setup, name)


def test_worker_in_another_folder_finds_the_files() -> None:
    told = assignment()
    relative = replace(told, setup=replace(told.setup, tls=Tls(ca_file=Path("ca.pem"))))
    assert Assignment.read(relative.message()).setup.tls == Tls(ca_file=Path.cwd() / "ca.pem")


def test_no_file_means_phones_of_the_default_kind() -> None:
    read = Assignment.read(assignment(Population(count=40), "").message())
    assert read.setup.population.phone(39).mac == MacAddress("0004f2000028")


def test_another_plan_is_refused() -> None:
    message = assignment(Population(count=40, seed=4, models=POPULATION.models)).message()
    with pytest.raises(PhoneSimError, match="the master means other phones than this worker"):
        Assignment.read(message)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("population", "count = 'many'"),
        ("population", "#" * (1024 * 1024 + 1)),
        ("population", 7),
        ("phones", 0),
        ("phones", True),
        ("end", 41),
        ("first", -1),
        ("first", 40.0),
        ("boot_server", "nowhere"),
        ("boot_server", None),
        ("boot_server", "gopher://boot.example/"),
        ("anchor", "no key"),
        ("timeout", float("nan")),
        ("timeout", 1e9),
        ("at_once", 10**9),
        ("expectation", "yes"),
        ("watched", ["4f2"]),
        ("watched", "0004f2000007"),
        ("tls_min", "2.0"),
        ("tls_max", "2.0"),
        ("ciphers", 1),
        ("ca_file", 7),
        ("client_cert", None),
        ("sample", ""),
    ],
)
def test_broken_message_is_refused(key: str, value: Any) -> None:
    message = deepcopy(assignment().message())
    message[key] = value
    with pytest.raises(PhoneSimError):
        Assignment.read(message)


@pytest.mark.parametrize("message", [None, [], "spawn", {}, {n: n for n in range(10_000)}])
def test_message_of_another_form_is_refused(message: Any) -> None:
    with pytest.raises(PhoneSimError):
        Assignment.read(message)


@given(st.integers(1, 5000), st.integers(1, 64))
def test_every_phone_has_one_worker(count: int, workers: int) -> None:
    found = split_evenly(count, workers)
    assert [number for numbers in found for number in numbers] == list(range(count))
    assert max(map(len, found)) - min(map(len, found)) <= 1


@pytest.mark.slow
@given(st.integers(1, 300), st.integers(1, 20))
def test_ranges_are_switched_on_in_turn(count: int, workers: int) -> None:
    sizes = {f"{place}": len(numbers) for place, numbers in enumerate(split_evenly(count, workers))}
    before = dict.fromkeys(sizes, 0)
    for total in range(count + 1):
        counts = in_turn(total, sizes)
        assert sum(counts.values()) == total
        assert all(before[name] <= counts[name] <= sizes[name] for name in sizes)
        before = counts
    assert before == sizes
