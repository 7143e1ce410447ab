"""Flash on disk: one file, replaced as a whole, so that a cut of the power at any moment leaves the old or the new.

`MemoryFlash` is the same without a disk. What the bytes mean is the business of `phone_sim.firmware.flash`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from phone_sim.errors import FlashDamagedError
from phone_sim.file_lock import locked
from phone_sim.file_modes import PRIVATE, make_folder, open_private
from phone_sim.firmware.effects import FlashDamaged, FlashReply, FlashUnreadable, WriteFailed, Written
from phone_sim.firmware.flash import SIZE_LIMIT, FlashContents, decode, encode
from phone_sim.whole_file import remove_leftovers, sync_folder, temporary_file


class Flash(Protocol):
    """A phone's flash."""

    def read(self) -> FlashReply:
        """What is in it; blank flash is a `FlashContents` of nothing."""

    def write(self, contents: FlashContents) -> Written | WriteFailed:
        """Replace what is in it."""


class MemoryFlash:
    """Flash for as long as the process lives."""

    def __init__(self, contents: FlashContents | None = None) -> None:
        self._contents = contents or FlashContents()

    def read(self) -> FlashReply:
        """What was written last."""
        return self._contents

    def write(self, contents: FlashContents) -> Written | WriteFailed:
        """Keep the contents."""
        self._contents = contents
        return Written()


class FlashFile:
    """Flash in a file. The folder is made when it is missing. Two running phones do not share it: see `held_flash`.

    It is private: flash holds passwords, of the boot server and in parameters.

    A damaged file is not written over: it is kept beside the new one, with `.damaged` at the end of its name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_damaged = False

    def read(self) -> FlashReply:
        """What is in the file; no file is blank flash."""
        try:
            with os.fdopen(open_private(self._path, os.O_RDONLY), "rb") as file:
                data = file.read(SIZE_LIMIT + 1)
        except FileNotFoundError:
            return FlashContents()
        except OSError as error:
            return FlashUnreadable(f"{self._path}: {error.strerror}")
        self._is_damaged = True
        if len(data) > SIZE_LIMIT:
            return FlashDamaged(f"more than {SIZE_LIMIT} bytes")
        try:
            contents = decode(data)
        except FlashDamagedError as error:
            return FlashDamaged(str(error))
        self._is_damaged = False
        return contents

    def write(self, contents: FlashContents) -> Written | WriteFailed:
        """Write a new file beside the old one, force it to the disk, and put it in the old one's place."""
        data = encode(contents)
        if len(data) > SIZE_LIMIT:
            return WriteFailed(f"{len(data)} bytes are more than flash holds")
        try:
            make_folder(self._path.parent, PRIVATE)
            with temporary_file(self._path, data, PRIVATE, is_forced=True) as beside:
                if self._is_damaged:
                    self._path.replace(self._path.with_name(self._path.name + ".damaged"))
                    self._is_damaged = False
                beside.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            return WriteFailed(f"{self._path}: {error.strerror}")
        return Written()


@contextmanager
def held_flash(folder: Path, phone: str) -> Iterator[FlashFile]:
    """The flash of a phone in a folder for many, which is made when it is missing; no other process has it meanwhile.

    What processes that were killed have left in the folder is removed.

    Raises:
        UsageError: another process has it, which the message names.
        OSError: the folder cannot be used.
    """
    make_folder(folder, PRIVATE)
    with locked(folder / f"{phone}.lock", f"{folder}: phone {phone}"):
        remove_leftovers(folder)
        yield FlashFile(folder / f"{phone}.flash")
