"""Two processes that want the same thing at the same moment: one gets it, the other is told."""

import multiprocessing
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from phone_sim.authority.activation import redeem_batch, redeem_phone
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import create_authority, open_authority
from phone_sim.errors import AuthorityError
from phone_sim.mac_address import MacAddress
from tests.authority import ASKS, NOW, batch_of, counted, entered, phone_order, phones

pytestmark = pytest.mark.slow

ROUNDS = 150
BATCH_ROUNDS = 20
INIT_ROUNDS = 6
PATIENCE = 60.0

_start: list[Barrier] = []


def _take(barrier: Barrier) -> None:
    _start[:] = [barrier]


def race(*runners: Callable[[], list[str]]) -> list[list[str]]:
    """What each runner says, each in a process of its own; they wait for one another with `_start`."""
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(len(runners))
    with ProcessPoolExecutor(len(runners), spawn, initializer=_take, initargs=(barrier,)) as pool:
        return [running.result(PATIENCE) for running in [pool.submit(runner) for runner in runners]]


class Redeemer:
    """Redeems one number after the other for a phone."""

    def __init__(self, path: Path, numbers: Sequence[str], mac: MacAddress) -> None:
        self.path, self.numbers, self.mac = path, numbers, mac

    def __call__(self) -> list[str]:
        said = []
        with Ledger(self.path) as ledger:
            for number in self.numbers:
                _start[0].wait(PATIENCE)
                try:
                    redeem_phone(ledger, number, self.mac, at=NOW, requester=ASKS)
                except AuthorityError as error:
                    said.append(str(error))
                else:
                    said.append("")
        return said


class Batcher:
    """Redeems one batch after the other; says why each line was refused."""

    def __init__(self, path: Path, batches: Sequence[str]) -> None:
        self.path, self.batches = path, batches

    def __call__(self) -> list[str]:
        said = []
        for batch in self.batches:
            _start[0].wait(PATIENCE)
            with Ledger(self.path) as ledger:
                said += [line.refused for line in redeem_batch(ledger, batch, at=NOW, requester=ASKS)]
        return said


class Opener:
    """Opens new ledgers; says how many orders are in each."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths

    def __call__(self) -> list[str]:
        said = []
        for path in self.paths:
            _start[0].wait(PATIENCE)
            with Ledger(path) as ledger:
                said.append(str(len(ledger.orders())))
        return said


class Founder:
    """Makes authorities in folders."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = folders

    def __call__(self) -> list[str]:
        said = []
        for folder in self.folders:
            _start[0].wait(PATIENCE)
            try:
                create_authority(folder)
            except AuthorityError as error:
                said.append(str(error))
            else:
                said.append("")
        return said


def test_last_activation_has_one_winner(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        numbers = [entered(ledger, phone_order(quantity=1 + place % 2)) for place in range(ROUNDS)]
        for number in numbers[1::2]:
            redeem_phone(ledger, number, MacAddress("0004f2ffffff"), at=NOW, requester=ASKS)
    first, second = race(*(Redeemer(path, numbers, mac) for mac in phones(2)))
    for place, (one, other) in enumerate(zip(first, second, strict=True)):
        assert sorted([bool(one), bool(other)]) == [False, True]
        assert (one or other).endswith("quantity used up" if place % 2 else "already redeemed")
    assert counted(path) == {number: (1 + place % 2,) * 2 for place, number in enumerate(numbers)}


def test_overlapping_batches_redeem_no_line_twice(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with Ledger(path) as ledger:
        numbers = [entered(ledger, phone_order(quantity=30)) for _ in range(BATCH_ROUNDS)]
    macs = phones(40)
    first, second = race(
        Batcher(path, [batch_of(number, macs[:25]) for number in numbers]),
        Batcher(path, [batch_of(number, macs[15:]) for number in numbers]),
    )
    # Ten lines are in both batches: who comes second finds them redeemed for the same phones.
    assert (first + second).count("") == 40 * BATCH_ROUNDS
    assert set(first + second) == {"", "quantity used up"}
    assert counted(path) == dict.fromkeys(numbers, (30, 30))


def test_new_ledger_is_opened_by_two_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"ledger-{place}" for place in range(ROUNDS)]
    assert race(*[Opener(paths)] * 2) == [["0"] * ROUNDS] * 2


def test_authority_is_founded_by_one_of_two(tmp_path: Path) -> None:
    folders = [tmp_path / f"authority-{place}" for place in range(INIT_ROUNDS)]
    first, second = race(*[Founder(folders)] * 2)
    for folder, one, other in zip(folders, first, second, strict=True):
        assert sorted([bool(one), bool(other)]) == [False, True]
        assert (one or other) == f"{folder} has a signing key already, which is never replaced"
        assert stat.S_IMODE((folder / "signing_key.pem").stat().st_mode) == 0o600
        with open_authority(folder) as authority:
            assert (folder / "trust_anchor.pem").read_bytes() == authority.anchor.pem()
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
