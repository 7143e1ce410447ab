"""A full disk: what servers, recordings and reports do, and that nothing half-written is left.

The disk is a small tmpfs in a mount namespace of its own.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.report_file import write_report
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetched, Refused, Uploaded
from phone_sim.recording.files import IfThere, load_recording
from phone_sim.runtime.transport import network_transport
from tests.authority.test_full_disk import fill, in_a_small_disk
from tests.recording.dialogues import proxied, served
from tests.runtime.phones import PATIENT, fetch, upload

pytestmark = pytest.mark.slow

NAME = "0004f2aabbcc-app.log"


def upload_story(disk: Path) -> None:
    """The site is on the disk."""
    (disk / NAME).write_bytes(b"old")
    ballast = fill(disk)
    transport = network_transport(limits=PATIENT)
    with BootServer(FolderSite(disk)) as server:
        for url, status in ((server.url, 507), (server.tftp_url, 3)):
            for name in (NAME, "new/0004f2aabbcc-boot.log"):
                reply = transport.upload(upload(url + name, bytes(100_000)))
                assert isinstance(reply, Refused), reply
                assert reply.status == status, reply
        assert (disk / NAME).read_bytes() == b"old"
        assert {path.name for path in disk.rglob("*")} <= {NAME, "ballast", "new"}
        ballast.unlink()
        assert transport.upload(upload(server.url + NAME, b"new")) == Uploaded()
    transport.close()
    assert (disk / NAME).read_bytes() == b"new"


def journal_story(disk: Path) -> None:
    """The journal is on the disk."""
    journal_file = disk / "journal.jsonl"
    with (
        Journal(file=journal_file, capacity=0) as journal,
        BootServer(MemorySite({"a": b"1"}), journal=journal) as server,
    ):
        transport = network_transport(limits=PATIENT)
        assert transport.fetch(fetch(server.url + "a")) == Fetched(b"1")
        fill(disk)
        for _ in range(60):  # more than there is room for in the last page
            assert transport.fetch(fetch(server.url + "a")) == Fetched(b"1")
        transport.close()
        lines = journal_file.read_bytes().splitlines(keepends=True)
        assert 1 < len(lines) < 60
        assert all(line.endswith(b"}\n") for line in lines)


def recording_story(disk: Path) -> None:
    """The recording is on the disk."""
    out, ended = disk / "out.jsonl", list[str]()
    transport = network_transport(limits=PATIENT)
    with served(MemorySite({"a": b"1" * 1000})) as real:
        with proxied(real.http, out, ended=ended) as front:
            assert isinstance(transport.fetch(fetch(front.http + "a")), Fetched)
            ballast = fill(disk)
            for _ in range(10):
                assert isinstance(transport.fetch(fetch(front.http + "a")), Fetched)
        first = load_recording(out)
        assert first.broken_line is None
        assert 0 < len(first.exchanges) < 11
        assert ["No space left" in why for why in ended] == [True]
        ballast.unlink()
        with proxied(real.http, out, if_there=IfThere.APPEND) as front:
            assert isinstance(transport.fetch(fetch(front.http + "a")), Fetched)
    transport.close()
    assert len(load_recording(out).exchanges) == len(first.exchanges) + 1


def report_story(disk: Path) -> None:
    """The report is on the disk."""
    report = disk / "report.html"
    report.write_bytes(b"old")
    fill(disk)
    with pytest.raises(UsageError, match=r"^--html .*/report\.html: No space left on device$"):
        write_report("--html", report, bytes(100_000))
    assert report.read_bytes() == b"old"
    assert {path.name for path in disk.iterdir()} == {"report.html", "ballast"}


STORIES: tuple[Callable[[Path], None], ...] = (upload_story, journal_story, recording_story, report_story)


def test_full_disk_halves_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("unshare") is None or in_a_small_disk(disk, "true").returncode:
        pytest.skip("only root can mount a small disk")
    done = in_a_small_disk(disk, sys.executable, "-m", "tests.test_full_disk", str(disk))
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    for story in STORIES:
        (folder := Path(sys.argv[1], story.__name__)).mkdir()
        story(folder)
        shutil.rmtree(folder)
