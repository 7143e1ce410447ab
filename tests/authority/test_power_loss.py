"""The power goes (`kill -9`) in a redemption, in a batch, while files are written: nothing is lost or halved."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import LEDGER_FILE, open_authority
from phone_sim.cli.main import main
from phone_sim.licensing.license_file import read_all
from tests.authority import batch_of, counted, entered, new_authority, phone_order, phones

pytestmark = pytest.mark.slow

REDEEMER = """
import sys
from pathlib import Path
from phone_sim.authority.activation import redeem_phone
from phone_sim.authority.ledger import Ledger
from tests.authority import ASKS, NOW, phones

with Ledger(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    for number, mac in zip(sys.argv[2:], phones(10_000)):
        redeem_phone(ledger, number, mac, at=NOW, requester=ASKS)
        print(number, flush=True)
"""
BATCHER = """
import sys
from pathlib import Path
from phone_sim.authority.activation import redeem_batch
from phone_sim.authority.ledger import Ledger
from tests.authority import ASKS, NOW, batch_of, phones

batches = [(number, batch_of(number, phones(200))) for number in sys.argv[2:]]
with Ledger(Path(sys.argv[1])) as ledger:
    print("ready", flush=True)
    for number, batch in batches:
        redeem_batch(ledger, batch, at=NOW, requester=ASKS)
        print(number, flush=True)
"""
SIGNER = """
import os, signal, sys
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_key import LicenseType, new_key
from tests.authority import phones

keys = [new_key(serial=mac.serial, license_type=LicenseType.PHONE, grants={2: NEVER}) for mac in phones(200)]
keys *= 15 * len(os.sched_getaffinity(0))  # each core signs for seconds
signal.alarm(int(sys.argv[1]))  # which no handler hears, and the processes that help do not get
print("ready", flush=True)
test_signing_key().sign_all(keys)
"""
ROOT = Path(__file__).parents[2]
ROUNDS = 10


def killed(command: list[str], *, after: float, mark: str = "ready") -> list[str]:
    """Run a program, kill it some seconds after it has printed `mark`, and return what it printed from there on."""
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if mark in line:
                break
        time.sleep(after)
        child.kill()
        return child.stdout.read().split()


def test_killed_redemption_happened_or_did_not(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    dice = random.Random(1)
    with Ledger(path) as ledger:
        numbers = [entered(ledger, phone_order()) for _ in range(100 * ROUNDS)]
    for round_ in range(ROUNDS):
        own = numbers[100 * round_ : 100 * round_ + 100]
        told = killed(["-c", REDEEMER, str(path), *own], after=dice.uniform(0, 0.05))
        redeemed = {number: uses for number, uses in counted(path).items() if number in own}
        assert set(redeemed.values()) <= {(1, 1)}
        # What was told is in the ledger, and at most the one that was under way besides.
        assert set(told) <= set(redeemed)
        assert len(redeemed) <= len(told) + 1
    with Ledger(path) as ledger:
        assert len(ledger.orders()) == len(numbers)
        assert len(ledger.redemptions()) == len(counted(path))


def test_killed_batch_is_redeemed_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    dice = random.Random(2)
    with Ledger(path) as ledger:
        numbers = [entered(ledger, phone_order(quantity=200)) for _ in range(30 * ROUNDS)]
    for round_ in range(ROUNDS):
        own = numbers[30 * round_ : 30 * round_ + 30]
        told = killed(["-c", BATCHER, str(path), *own], after=dice.uniform(0, 0.1))
        redeemed = {number: uses for number, uses in counted(path).items() if number in own}
        assert set(redeemed.values()) <= {(200, 200)}
        assert set(told) <= set(redeemed)
        assert len(redeemed) <= len(told) + 1


@pytest.mark.parametrize("seed", range(2))
def test_killed_publish_leaves_whole_files_and_export_makes_the_rest(tmp_path: Path, seed: int) -> None:
    folder, site, macs = tmp_path / "authority", tmp_path / "site", phones(60)
    new_authority(folder)
    dice = random.Random(seed)
    words = ["license", "--authority", str(folder)]
    for _ in range(3):
        with open_authority(folder) as authority:
            number = entered(authority.ledger, phone_order(quantity=len(macs)))
        (tmp_path / "batch").write_text(batch_of(number, macs))
        mailed = ["--mail-to", "a@example.org", "--mail-folder", str(tmp_path / "mail"), "--publish", str(site)]
        command = ["-m", "phone_sim", *words, "batch", str(tmp_path / "batch"), *mailed]
        killed(command, after=dice.uniform(0, 0.1), mark="activation files mailed")
        assert counted(folder / LEDGER_FILE)[number] == (len(macs), len(macs))
        for file in site.glob("*-license.cfg"):
            assert read_all(file.read_bytes())
    exported = CliRunner().invoke(main, [*words, "export", *map(str, macs), "--publish", str(site)])
    assert exported.exit_code == 0, exported.output
    with open_authority(folder) as authority:
        files = authority.activation_files([mac.serial for mac in macs])
    assert {file.name: file.read_bytes() for file in site.glob("*-license.cfg")} == files
    # What the three orders grant is the same, so they have one key (D24).
    assert all(len(read_all(data)) == 1 for data in files.values())


def test_killed_signer_leaves_no_process_behind() -> None:
    # Returns when the last process that holds the pipe has ended.
    done = subprocess.run([sys.executable, "-c", SIGNER, "1"], capture_output=True, timeout=60, cwd=ROOT)
    assert done.returncode == -signal.SIGALRM


@pytest.mark.parametrize("after", [0.05, 0.5])
def test_interrupted_signing_ends_in_silence(after: float) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SIGNER, "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(after)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does: all of the group hear it
        _, said = child.communicate(timeout=60)
    assert said.endswith("\nKeyboardInterrupt\n")
    assert said.count("Traceback") == 1
