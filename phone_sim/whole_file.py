"""Files that are written whole: a reader sees the old file or the new one, and never a part.

It works alike on Linux, macOS and Windows, which cannot move an open file. This module does not know what is in a file.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

# What systems answer where the file system, such as FAT, has no hard links.
_NO_HARD_LINKS = (errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that everybody can read, in one step, in place of an older one.

    Raises:
        OSError: the file was not written; an older one is unchanged.
    """
    with _temporary_file(path, data, mode=0o644, is_forced=True) as temporary:
        temporary.replace(path)


def write_new(path: Path, data: bytes, *, mode: int = 0o644, is_forced: bool = True) -> None:
    """Write a file in one step if there is none yet; it is forced to the disk unless not `is_forced`.

    Raises:
        FileExistsError: there is one; of two processes that write the same file, one gets this.
        OSError: the file was not written.
    """
    with _temporary_file(path, data, mode=mode, is_forced=is_forced) as temporary:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            path.open("xb").close()  # takes the name: without hard links, a power cut here leaves an empty file
            temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk, except on Windows, which opens no folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _temporary_file(path: Path, data: bytes, *, mode: int, is_forced: bool) -> Iterator[Path]:
    """A closed file beside the path, with the data; it is removed in the end, unless it was moved."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # only its owner can read it
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if is_forced:
                os.fsync(file.fileno())
        temporary.chmod(mode)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
