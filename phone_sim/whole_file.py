"""Files that are written whole: a reader sees the old file or the new one, and never a part.

It works alike on Linux, macOS and Windows, which cannot move an open file. A writer that is killed leaves a temporary
file, which `remove_leftovers` removes. This module does not know what is in a file.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from phone_sim.file_lock import try_lock
from phone_sim.file_modes import PUBLISHED, Modes

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What systems answer where the disk, the quota or the limit of the process is full."""

# What systems answer where the file system, such as FAT, has no hard links.
_NO_HARD_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_ENDING = ".phone-sim-part"
_NAME_KEPT = 40  # characters, so that a long name stays in what a file system takes
_DAY = 86400.0


def write_whole(path: Path, data: bytes, modes: Modes = PUBLISHED, *, is_forced: bool = True) -> None:
    """Write a file in one step, in place of an older one; it is forced to the disk unless not `is_forced`.

    Raises:
        OSError: the file was not written; an older one is unchanged.
    """
    with temporary_file(path, data, modes, is_forced=is_forced) as temporary:
        temporary.replace(path)


def write_new(path: Path, data: bytes, modes: Modes = PUBLISHED, *, is_forced: bool = True) -> None:
    """Write a file in one step if there is none yet; it is forced to the disk unless not `is_forced`.

    Raises:
        FileExistsError: there is one; of two processes that write the same file, one gets this.
        OSError: the file was not written.
    """
    with temporary_file(path, data, modes, is_forced=is_forced) as temporary:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            path.open("xb").close()  # takes the name: without hard links, a power cut here leaves an empty file
            temporary.replace(path)


def replace_report(path: Path, data: bytes, modes: Modes | None = None) -> None:
    """Write a file that a user asked for by name; it keeps its mode, and a symbolic link to it stays.

    A new file gets the mode that the umask leaves. With `modes` either gets the mode of these. What is no regular file,
    as a pipe, is written to as it is.

    Raises:
        OSError: the file was not written; an older one is unchanged.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    remove_leftovers(target.parent)
    if modes is None:
        modes = usual_modes()
        modes = modes._replace(file=stat.S_IMODE(target.stat().st_mode)) if target.exists() else modes
    write_whole(target, data, modes)


def usual_modes() -> Modes:
    """What the umask, which can be read only by setting it, leaves to new files and folders."""
    umask = os.umask(0o077)
    os.umask(umask)
    return Modes(file=0o666 & ~umask, folder=0o777 & ~umask)


def holds(path: Path, data: bytes) -> bool:
    """Whether a file is there and holds just these bytes. Raises OSError if it cannot be read."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(data) + 1) == data


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, except on Windows, which opens no folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path, *, below: bool = False) -> None:
    """Remove the temporary files of killed writers from a folder; those of a writer at work stay.

    With `below` it is done in all folders below it as well; symbolic links are not followed.
    On Windows, where a file is moved unlocked, they are removed when they are a day old. What cannot be removed stays.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") and entry.name.endswith(_ENDING) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    _remove_unless_in_use(Path(entry.path))
            elif below and entry.is_dir(follow_symlinks=False):
                remove_leftovers(Path(entry.path), below=True)


def _remove_unless_in_use(path: Path) -> None:
    if sys.platform == "win32":
        if time.time() - path.stat().st_mtime > _DAY:
            path.unlink()
        return
    with path.open("r+b") as file:
        if try_lock(file.fileno()):
            path.unlink()


@contextmanager
def temporary_file(path: Path, data: bytes, modes: Modes, *, is_forced: bool) -> Iterator[Path]:
    """A file beside the path, with the data; it is removed in the end, unless it was moved."""
    descriptor, temporary = _new_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if is_forced:
                os.fsync(descriptor)
            temporary.chmod(modes.file)
            if sys.platform == "win32":
                file.close()
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _new_beside(path: Path) -> tuple[int, Path]:
    """An open file beside the path that only its owner can read, locked as long as it is open."""
    while True:
        descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name[:_NAME_KEPT]}.", suffix=_ENDING)
        temporary = Path(name)
        try:
            is_locked = try_lock(descriptor)
        except OSError:  # a file system without locks
            is_locked = True
        if is_locked and temporary.exists():
            return descriptor, temporary
        os.close(descriptor)  # taken for a leftover before it was locked
