"""Files that are written whole, and what writers that were killed left beside them."""

import os
import sys
from pathlib import Path

import pytest

from phone_sim import whole_file
from phone_sim.file_lock import try_lock
from phone_sim.file_modes import PUBLISHED
from phone_sim.whole_file import holds, remove_leftovers, write_new, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def begin(path: Path) -> tuple[int, Path]:
    """Begin to write a file, as a writer that is killed before it is done; the descriptor is its lock."""
    return whole_file._new_beside(path)


def test_file_is_written_anew_or_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_new(path, b"1")
    with pytest.raises(FileExistsError):
        write_new(path, b"2")
    assert holds(path, b"1")
    write_whole(path, b"3", PUBLISHED)
    assert holds(path, b"3")
    assert not holds(path, b"33")
    assert not holds(path, b"")
    assert not holds(tmp_path, b"")
    assert names(tmp_path) == ["a"]


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    dead, _ = begin(tmp_path / "a")
    os.close(dead)
    alive, at_work = begin(tmp_path / "a")
    others = [".a.phone-sim-part.txt", "a.phone-sim-part", ".a.upload"]
    for name in others:
        (tmp_path / name).write_text("somebody's own")
    (tmp_path / ".folder.phone-sim-part").mkdir()
    (tmp_path / ".link.phone-sim-part").symlink_to(others[0])
    kept = sorted([*others, at_work.name, ".folder.phone-sim-part", ".link.phone-sim-part"])
    remove_leftovers(tmp_path)
    assert names(tmp_path) == kept
    os.close(alive)
    remove_leftovers(tmp_path)
    assert names(tmp_path) == sorted({*kept} - {at_work.name})
    remove_leftovers(tmp_path / "absent")


def test_file_taken_for_a_leftover_before_it_is_locked_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = [try_lock]

    def sweep_and_lock(descriptor: int) -> bool:
        lock = locked.pop()
        monkeypatch.setattr(whole_file, "try_lock", lock)
        remove_leftovers(tmp_path)
        return lock(descriptor)

    monkeypatch.setattr(whole_file, "try_lock", sweep_and_lock)
    write_whole(tmp_path / "a", b"1", PUBLISHED)
    assert locked == []
    assert names(tmp_path) == ["a"]
    assert holds(tmp_path / "a", b"1")


def test_without_locks_leftovers_go_after_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor, temporary = begin(tmp_path / "a")
    os.close(descriptor)
    monkeypatch.setattr(sys, "platform", "win32")
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [temporary.name]
    long_ago = temporary.stat().st_mtime - 2 * 86400
    os.utime(temporary, (long_ago, long_ago))
    remove_leftovers(tmp_path)
    assert names(tmp_path) == []
