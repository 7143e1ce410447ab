"""Flash on disk: one file, replaced as a whole, so that a cut of the power at any moment leaves the old or the new.

`MemoryFlash` is the same without a disk. What the bytes mean is the business of `phone_sim.firmware.flash`.
"""

import os
from pathlib import Path
from typing import Protocol

from phone_sim.errors import FlashDamagedError
from phone_sim.file_modes import PRIVATE, make_folder, open_private
from phone_sim.firmware.effects import FlashDamaged, FlashReply, FlashUnreadable, WriteFailed, Written
from phone_sim.firmware.flash import SIZE_LIMIT, FlashContents, decode, encode
from phone_sim.whole_file import sync_folder


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
    """Flash in a file. The folder is made when it is missing; the file is not shared between two running phones.

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
        beside = self._path.with_name(self._path.name + ".new")
        try:
            make_folder(self._path.parent, PRIVATE)
            with os.fdopen(open_private(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if self._is_damaged:
                self._path.replace(self._path.with_name(self._path.name + ".damaged"))
                self._is_damaged = False
            beside.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            return WriteFailed(f"{self._path}: {error.strerror}")
        return Written()
