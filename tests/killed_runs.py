"""Runs that make licenses, killed again and again: `python -m tests.killed_runs FOLDER SEED`.

Each run is a child of its own, forked from a process that has imported everything, and killed at a random moment; the
next one goes on from what is there. One that was not killed in time has to have made everything, and all begins anew.
"""

import os
import random
import shutil
import signal
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

from phone_sim.authority.license_authority import LEDGER_FILE, open_authority
from phone_sim.cli.main import main
from phone_sim.web.portal.service import PortalService
from tests.authority import ASKS, NOW, batch_of, counted, entered, new_authority, phone_order, phones

KILLS = 50
PHONES = 8
POPULATION = f"""\
count = {PHONES}
[server.files]
"000000000000.cfg" = '<APPLICATION LICENSE_DIRECTORY="licenses"/>'
[[server.licenses]]
[[server.licenses]]
kind = "site"
share = 0.5
features = ["LDAP"]
"""


class Story(ABC):
    """A run, in a folder of its own; in the end each order has so many `redemptions`, and there are no others."""

    redemptions: tuple[int, ...]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority, self.site, self.mail = folder / "authority", folder / "site", folder / "mail"
        folder.mkdir()
        new_authority(self.authority)
        self.begin()

    def begin(self) -> None:
        """Begin anew, with nothing ordered and nothing written."""
        for path in (self.site, self.mail):
            shutil.rmtree(path, ignore_errors=True)
        for path in self.authority.glob(f"{LEDGER_FILE}*"):
            path.unlink()

    @abstractmethod
    def run(self) -> None:
        """Run once; ends without an error when everything is made."""

    def check(self) -> None:
        """Every license was redeemed once, every phone has its file, and nothing else is there."""
        assert tuple(sorted(uses for _, uses in counted(self.authority / LEDGER_FILE).values())) == self.redemptions
        with open_authority(self.authority) as authority:
            assert len(authority.ledger.orders()) == len(self.redemptions)
        self.check_licenses(self.site)

    def check_licenses(self, folder: Path) -> None:
        """Every phone has its file."""
        with open_authority(self.authority) as authority:
            files = authority.activation_files(mac.serial for mac in phones(PHONES))
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


class WriteSite(Story):
    """`fleet --write-site`."""

    redemptions = (1, PHONES)

    def run(self) -> None:
        """Write the site."""
        (population := self.folder / "population.toml").write_text(POPULATION)
        words = ["--population", str(population), "--write-site", str(self.site), "--authority", str(self.authority)]
        main(["fleet", *words], standalone_mode=False)

    def check_licenses(self, folder: Path) -> None:
        """Every phone has its file, every second one with the license of the site as well."""
        assert sorted(path.name for path in folder.iterdir()) == ["000000000000.cfg", "licenses"]
        there = {path.name: path.read_bytes().count(b"<licenseKey ") for path in (folder / "licenses").iterdir()}
        assert len(there) == PHONES
        assert [keys for _, keys in sorted(there.items())] == [1, 2] * (PHONES // 2)


class Batch(Story):
    """`license batch` with mail and `--publish`."""

    redemptions = (PHONES,)

    def begin(self) -> None:
        """Order the licenses."""
        super().begin()
        with open_authority(self.authority) as authority:
            number = entered(authority.ledger, phone_order(quantity=PHONES))
        (self.folder / "batch").write_text(batch_of(number, phones(PHONES)))

    def run(self) -> None:
        """Redeem the batch."""
        words = ["--mail-to", ASKS, "--mail-folder", str(self.mail), "--publish", str(self.site)]
        command = ["license", "--authority", str(self.authority), "batch", str(self.folder / "batch"), *words]
        main(command, standalone_mode=False)

    def check(self) -> None:
        """The mail was written as well."""
        super().check()
        assert {path.suffix for path in self.mail.iterdir()} == {".eml"}


class PortalBatch(Batch):
    """A batch that is sent to the portal."""

    def run(self) -> None:
        """Send the batch."""
        portal = PortalService(authority_folder=self.authority, boot_server=self.site, mail_folder=self.mail)
        text = (self.folder / "batch").read_text()
        report = portal.redeem_batch(text, mail_to=ASKS, all_or_nothing=False, at=NOW)
        assert not report.refused
        assert not report.problems


STORIES = (WriteSite, Batch, PortalBatch)


def ended_by(story: Story, seconds: float) -> int:
    """The signal that has ended a run, 0 for none, which is killed after some seconds."""
    child = os.fork()
    if child == 0:
        try:
            story.run()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code <= 0, "the run has failed"
    return -code


def tell(story: Story, dice: random.Random) -> None:
    """Kill runs until 50 were killed, at moments that are drawn from a span that follows what runs take."""
    started = time.monotonic()
    story.run()
    span = time.monotonic() - started
    story.check()
    story.begin()
    kills = whole = 0
    while kills < KILLS:
        if ended_by(story, dice.uniform(0, span)):
            kills += 1
            span *= 1.05
        else:
            whole += 1
            span *= 0.9
            story.check()
            story.begin()
    story.run()
    story.check()
    print(f"{type(story).__name__}: {kills} runs killed, {whole} not; all within {span:.3f} s", file=sys.stderr)


def tell_all(folder: Path, seed: int) -> None:
    """Tell the stories, each in a folder of its own below `folder`."""
    print(f"seed {seed}", file=sys.stderr)
    dice = random.Random(seed)
    for kind in STORIES:
        tell(kind(folder / kind.__name__), dice)


if __name__ == "__main__":
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        tell_all(Path(sys.argv[1]), int(sys.argv[2]))
