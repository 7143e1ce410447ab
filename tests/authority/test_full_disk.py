"""A full disk: a clear error, nothing half-written, and work goes on when there is space again.

The disk is a small tmpfs in a mount namespace of its own, which is gone with the process that stories are told in.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.authority.activation import redeem_batch, redeem_phone
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import LEDGER_FILE, create_authority, open_authority
from phone_sim.cli.main import main
from phone_sim.errors import AuthorityError
from phone_sim.licensing.license_file import read_all
from phone_sim.mac_address import MacAddress
from tests.authority import ASKS, NOW, batch_of, counted, entered, phone_order, phones

pytestmark = pytest.mark.slow

IN_A_SMALL_DISK = 'mount -t tmpfs -o size=800k none "$1" && shift && exec "$@"'
ROOT = Path(__file__).parents[2]


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(512)):
            pass
    return ballast


def room_for(disk: Path, *, files: int) -> None:
    """Take all the space but that for some small files."""
    (reserve := disk / "reserve").write_bytes(bytes(files * 4096))
    fill(disk)
    reserve.unlink()


def complaint(call: Callable[[], object]) -> str:
    """What a call raises for want of space."""
    try:
        call()
    except AuthorityError as error:
        return str(error)
    raise AssertionError("the disk was to be full")


def license_verb(disk: Path, *words: str) -> Result:
    """Run a verb of `phone-sim license`."""
    return CliRunner().invoke(main, ["license", "--authority", str(disk.parent / "authority"), *words])


def ledger_story(disk: Path) -> None:
    """The ledger is on the disk."""
    path, macs, reserve = disk / "ledger", phones(9_000), disk / "reserve"
    reserve.write_bytes(bytes(160 * 1024))
    with Ledger(path) as ledger:
        number = entered(ledger, phone_order(quantity=9_000))
        redeem_phone(ledger, number, macs[0], at=NOW, requester=ASKS)
        batch = batch_of(number, macs[1:8_000])
        said = complaint(lambda: redeem_batch(ledger, batch, at=NOW, requester=ASKS))
        assert "database or disk is full" in said, said
        assert len(ledger.redemptions()) == 1
        redeem_phone(ledger, number, macs[-1], at=NOW, requester=ASKS)
        fill(disk)
        told: list[MacAddress] = []

        def redeem_until_full() -> None:
            for mac in macs[1:8_000]:
                redeem_phone(ledger, number, mac, at=NOW, requester=ASKS)
                told.append(mac)

        said = complaint(redeem_until_full)
        assert "nothing was written: database or disk is full" in said, said
        assert len(ledger.redemptions()) == 2 + len(told)
        reserve.unlink()
        redeem_phone(ledger, number, macs[-2], at=NOW, requester=ASKS)
    assert counted(path) == {number: (3 + len(told), 3 + len(told))}


def new_ledger_story(disk: Path) -> None:
    """The authority is to be made on the disk."""
    ballast = fill(disk)
    said = complaint(lambda: create_authority(disk / "authority"))
    assert "the ledger cannot be opened: database or disk is full" in said, said
    ballast.unlink()
    create_authority(disk / "authority")
    with open_authority(disk / "authority") as authority:
        entered(authority.ledger, phone_order())


def publish_story(disk: Path) -> None:
    """The boot server's folder is on the disk."""
    create_authority(disk.parent / "authority")
    old, new = (str(mac) for mac in phones(2))
    number = license_verb(disk, "order", "--quantity", "3").stdout.strip()
    assert license_verb(disk, "redeem", number, old, "--publish", str(disk)).exit_code == 0
    before = (disk / f"{old}-license.cfg").read_bytes()
    second = license_verb(disk, "order", "--software", "H323").stdout.strip()
    ballast = fill(disk)
    for own, mac in ((second, old), (number, new)):
        done = license_verb(disk, "redeem", own, mac, "--publish", str(disk))
        assert done.exit_code == 1, done.output
        assert (
            f"No space left on device; the licenses are redeemed: license export {mac} makes the file again"
            in done.stderr
        )
    assert sorted(path.name for path in disk.iterdir()) == [f"{old}-license.cfg", "ballast"]
    assert (disk / f"{old}-license.cfg").read_bytes() == before
    ballast.unlink()
    assert license_verb(disk, "export", old, new, "--publish", str(disk)).exit_code == 0
    assert [len(read_all((disk / f"{mac}-license.cfg").read_bytes())) for mac in (old, new)] == [2, 1]


def batch_story(disk: Path) -> None:
    """The boot server's folder is on the disk, and a batch does not fit."""
    create_authority(disk.parent / "authority")
    number = license_verb(disk, "order", "--quantity", "30").stdout.strip()
    (batch := disk.parent / "batch").write_text(batch_of(number, phones(30)))
    room_for(disk, files=10)
    mail = ("--mail-to", "a@example.org", "--mail-folder", str(disk.parent / "mail"))
    done = license_verb(disk, "batch", str(batch), *mail, "--publish", str(disk))
    assert done.exit_code == 1, done.output
    again = f"license export --batch {batch} makes the files again"
    assert f"No space left on device; the licenses are redeemed: {again}" in done.stderr
    assert 0 < len(list(disk.glob("*-license.cfg"))) < 30
    (disk / "ballast").unlink()
    assert license_verb(disk, "export", "--batch", str(batch), "--publish", str(disk)).exit_code == 0
    assert license_verb(disk, "batch", str(batch), *mail, "--publish", str(disk)).exit_code == 0
    assert sorted(path.name for path in disk.iterdir()) == [f"{mac}-license.cfg" for mac in phones(30)]
    assert counted(disk.parent / "authority" / LEDGER_FILE) == {number: (30, 30)}


def site_story(disk: Path) -> None:
    """The boot server's folder of a population is on the disk."""
    create_authority(folder := disk.parent / "authority")
    (population := disk.parent / "population.toml").write_text("count = 30\n[[server.licenses]]\n")
    words = ["--population", str(population), "--write-site", str(disk), "--authority", str(folder)]
    room_for(disk, files=10)
    done = CliRunner().invoke(main, ["fleet", *words])
    assert done.exit_code == 1, done.output
    again = "the same command goes on from here, and orders nothing twice"
    assert f"No space left on device; the licenses are redeemed: {again}" in done.stderr
    assert 0 < len(list(disk.glob("*-license.cfg"))) < 30
    (disk / "ballast").unlink()
    assert CliRunner().invoke(main, ["fleet", *words]).exit_code == 0
    assert len(list(disk.iterdir())) == len(list(disk.glob("*-license.cfg"))) == 30
    assert list(counted(folder / LEDGER_FILE).values()) == [(30, 30)]


STORIES = {story.__name__: story for story in (ledger_story, new_ledger_story, publish_story, batch_story, site_story)}


def in_a_small_disk(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command while a small disk is mounted on the folder, for it alone."""
    words = ["unshare", "--mount", "sh", "-c", IN_A_SMALL_DISK, "sh", str(folder), *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=ROOT)


@pytest.mark.parametrize("story", STORIES)
def test_full_disk_halves_nothing(story: str, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("unshare") is None or in_a_small_disk(disk, "true").returncode:
        pytest.skip("only root can mount a small disk")
    done = in_a_small_disk(disk, sys.executable, "-m", "tests.authority.test_full_disk", story, str(disk))
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(disk.iterdir()) == []


if __name__ == "__main__":
    STORIES[sys.argv[1]](Path(sys.argv[2]))
