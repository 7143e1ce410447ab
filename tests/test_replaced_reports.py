"""Files that are written whole, and what killed writers leave."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from phone_sim.file_modes import PUBLISHED
from phone_sim.whole_file import remove_leftovers, replace_report, temporary_file, write_new, write_whole

KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from phone_sim.file_modes import PUBLISHED
from phone_sim.whole_file import temporary_file

with temporary_file(Path(sys.argv[1]), b"new", PUBLISHED, is_forced=False):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_writer(path: Path) -> None:
    """Write a file, and be killed just before it is in its place."""
    assert subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)]).returncode == -signal.SIGKILL


@pytest.mark.slow
def test_leftover_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("file", "sub/file"):
        killed_writer(tmp_path / name)
    assert [len(list(folder.iterdir())) for folder in (tmp_path, tmp_path / "sub")] == [2, 1]
    with temporary_file(tmp_path / "file", b"mine", PUBLISHED, is_forced=False) as beside:
        remove_leftovers(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([beside, tmp_path / "sub"])
        assert len(list((tmp_path / "sub").iterdir())) == 1
        remove_leftovers(tmp_path, below=True)
        beside.replace(tmp_path / "file")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "sub"]
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    write_new(path, b"one")
    with pytest.raises(FileExistsError):
        write_new(path, b"two")
    write_whole(path, b"three")
    assert [(each, each.read_bytes()) for each in tmp_path.iterdir()] == [(path, b"three")]


@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o666), (0o022, 0o644), (0o077, 0o600)])
def test_new_report_has_the_permissions_that_the_umask_gives(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        replace_report(tmp_path / "report", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == mode


def test_report_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_bytes(b"old")
    report.chmod(0o640)
    (tmp_path / "link").symlink_to("report")
    replace_report(tmp_path / "link", b"new")
    assert (report.read_bytes(), stat.S_IMODE(report.stat().st_mode)) == (b"new", 0o640)
    assert (tmp_path / "link").is_symlink()


def test_report_goes_into_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    replace_report(pipe, b"new")
    reader.join(60)
    assert heard == [b"new"]
    assert pipe.is_fifo()


def test_next_report_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    killed_writer(tmp_path / "report")
    replace_report(tmp_path / "report", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
