"""The modes of files and folders that this project creates: who may read them, whatever the umask (our choice).

What holds secrets or personal data is private, what a boot server hands out is published. Windows has no such modes:
there a file is as private as the folder that it is in, which for a user's own folders is enough.
"""

import os
import stat
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

_BINARY = getattr(os, "O_BINARY", 0)  # Windows writes text otherwise


class Modes(NamedTuple):
    """The modes of a file and of a folder."""

    file: int
    folder: int


PRIVATE = Modes(file=0o600, folder=0o700)
"""For the owner only."""
PUBLISHED = Modes(file=0o644, folder=0o755)
"""Everybody can read it."""


def make_folder(folder: Path, modes: Modes) -> None:
    """Create a folder and those above it that are missing; one that exists keeps its mode.

    Raises:
        OSError: it cannot be created.
    """
    missing = [*takewhile(lambda one: not one.exists(), (folder, *folder.parents))]
    for one in reversed(missing or [folder]):
        try:
            one.mkdir(mode=PRIVATE.folder)
        except FileExistsError:
            if not one.is_dir():
                raise
        else:
            one.chmod(modes.folder)


def open_private(path: Path, flags: int) -> int:
    """Open a file by the `flags` of `os.open`; one that is created or there already becomes private.

    What is no file, such as a pipe, keeps its mode, and so does somebody else's file that is only read.

    Raises:
        OSError: the file cannot be opened, or is to be written and cannot become private.
    """
    descriptor = os.open(path, flags | _BINARY, PRIVATE.file)
    try:
        make_private(path)
    except OSError:
        if flags & (os.O_WRONLY | os.O_RDWR):
            os.close(descriptor)
            raise
    return descriptor


def make_private(path: Path) -> None:
    """Make a file private. Raises OSError if it is somebody else's."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode) and stat.S_IMODE(mode) != PRIVATE.file:
        path.chmod(PRIVATE.file)
