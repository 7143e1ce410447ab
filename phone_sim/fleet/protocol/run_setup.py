"""The setup of a run: its phones, their boot server and their settings; and a worker's share of it, as a message.

A message has limits, and is read as strictly as a user's input: the population in it is a population file. This module
does not know how messages travel.
"""

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.fleet.population.phones import PHONE_LIMIT, Population
from phone_sim.fleet.population.population_file import read_fleet_file
from phone_sim.fleet.protocol.message import read_message
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import TLS_VERSIONS, Tls, check_addresses
from phone_sim.toml_table import SIZE_LIMIT, Table

AT_ONCE_LIMIT = 10_000
"""Maximum number of phones of one process that are busy at once (our choice)."""
LONGEST_TIMEOUT = 60.0
_ADDRESS_LIMIT = 4096
_PEM_LIMIT = 64 * 1024
_SAMPLED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """The phones of a run, their boot server and their settings.

    `population_text` is the text of the population file, which workers read again; empty without a file. `timeout` is
    in seconds, for an answer. `tls` has the settings of HTTPS and FTPS; the files that it names are on each worker's
    machine, at the same paths as on the master's. At most `at_once` phones are busy at the same time.
    """

    population: Population
    population_text: str = ""
    boot_server: str
    anchor: TrustAnchor
    timeout: float
    expectation: BootExpectation
    at_once: int
    tls: Tls = field(default_factory=Tls)
    watched: tuple[MacAddress, ...] = ()

    def of(self, users: int) -> Self:
        """The same with `users` phones. Raises UsageError if a population cannot have that many."""
        return replace(self, population=self.population.of(users))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A worker's share of a setup: the phones whose numbers are in a range. `run` counts the runs."""

    setup: RunSetup
    numbers: range
    run: int

    def message(self) -> dict[str, Any]:
        """The assignment as a master sends it to a worker."""
        setup = self.setup
        return {
            "run": self.run,
            "first": self.numbers.start,
            "end": self.numbers.stop,
            "population": setup.population_text,
            "phones": setup.population.count,
            "sample": sample(setup.population, self.numbers),
            "boot_server": setup.boot_server,
            "anchor": setup.anchor.pem().decode(),
            "timeout": setup.timeout,
            "expectation": setup.expectation.value,
            "at_once": setup.at_once,
            "ca_file": _absolute(setup.tls.ca_file),
            "client_cert": _absolute(setup.tls.client_cert),
            "tls_min": setup.tls.oldest,
            "tls_max": setup.tls.newest or "",
            "ciphers": setup.tls.ciphers,
            "watched": [mac.digits for mac in setup.watched],
        }

    @classmethod
    def read(cls, data: Any) -> Self:
        """The assignment in a message.

        Raises:
            UsageError: it is not an assignment, or its phones are not the phones that the master means.
        """
        fields = read_message("what the master says", data)
        population = _population(fields.any_text("population", SIZE_LIMIT)).of(
            fields.whole("phones", low=1, high=PHONE_LIMIT)
        )
        end = fields.whole("end", high=population.count)
        numbers = range(fields.whole("first", high=end), end)
        if sample(population, numbers) != fields.any_text("sample"):
            raise UsageError("the master means other phones than this worker: they are not of the same version")
        boot_server = fields.any_text("boot_server", _ADDRESS_LIMIT)
        check_addresses(boot_server)
        setup = RunSetup(
            population=population,
            boot_server=boot_server,
            anchor=TrustAnchor.from_pem(fields.any_text("anchor", _PEM_LIMIT).encode(), "the master's trust anchor"),
            timeout=fields.number("timeout", low=0.1, high=LONGEST_TIMEOUT),
            expectation=BootExpectation(fields.choice("expectation", [one.value for one in BootExpectation])),
            at_once=fields.whole("at_once", low=1, high=AT_ONCE_LIMIT),
            tls=_tls(fields),
            watched=tuple(MacAddress.parse(mac) for mac in fields.listed("watched")),
        )
        return cls(setup=setup, numbers=numbers, run=fields.whole("run"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The workers that share the phones, and the address on which their master listens.

    The run begins when `expected` workers have come, within `patience` seconds; `started` workers are processes of this
    machine.
    """

    bind: tuple[str, int]
    expected: int
    patience: float
    started: int = 0


def split_evenly(count: int, workers: int) -> list[range]:
    """The numbers of `count` phones as a range for each worker; sizes differ by one phone at most."""
    size, more = divmod(count, workers)
    starts = [place * size + min(place, more) for place in range(workers + 1)]
    return [range(start, end) for start, end in itertools.pairwise(starts)]


def in_turn(total: int, sizes: dict[str, int]) -> dict[str, int]:
    """How many of `total` phones are on in each range, by name, when ranges of these sizes switch on in turn."""
    every = len(sizes)
    return {name: min(size, (total + every - 1 - place) // every) for place, (name, size) in enumerate(sizes.items())}


def sample(population: Population, numbers: range) -> str:
    """A digest of a hundred of the phones, which differs where two programs plan different phones."""
    step = max(1, len(numbers) // _SAMPLED)
    planned = (population.phone(number) for number in [*numbers[::step], *numbers[-1:]])
    return hashlib.sha256("\n".join(map(repr, planned)).encode()).hexdigest()


def _absolute(path: Path | None) -> str:
    """A path as a worker in another folder finds it; empty without a path."""
    return f"{path.absolute()}" if path is not None else ""


def _tls(fields: Table) -> Tls:
    return Tls(
        ca_file=_path(fields, "ca_file"),
        client_cert=_path(fields, "client_cert"),
        oldest=fields.choice("tls_min", TLS_VERSIONS),
        newest=fields.choice("tls_max", ("", *TLS_VERSIONS)) or None,
        ciphers=fields.any_text("ciphers", 1024),
    )


def _path(fields: Table, key: str) -> Path | None:
    text = fields.any_text(key, _ADDRESS_LIMIT)
    return Path(text) if text else None


def _population(text: str) -> Population:
    if not text:
        return Population(count=1)
    with TemporaryDirectory() as folder:
        file = Path(folder, "population.toml")
        file.write_text(text, encoding="utf-8")
        try:
            return read_fleet_file(file).population
        except UsageError as error:
            raise UsageError(str(error).replace(f"{file}", "the master's population file")) from error
