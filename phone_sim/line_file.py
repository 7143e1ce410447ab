"""A file of lines that grows while others read it: each line is in it whole or not at all, also on a full disk.

This module does not know what is in a line.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from phone_sim.file_modes import open_private

_CHUNK = 64 * 1024
_BINARY = getattr(os, "O_BINARY", 0)  # Windows writes text otherwise


class LineFile:
    """Lines at the end of a file, which is made where it is missing.

    With `is_private` only its owner can read it, also one that is there. A pipe or a device is written to as well.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, *, is_private: bool = False) -> None:
        # A regular file is read as well: its last byte says whether its last line is whole.
        is_regular = path.is_file() or not path.exists()
        flags = (os.O_RDWR if is_regular else os.O_WRONLY) | os.O_CREAT | os.O_APPEND | _BINARY
        descriptor = open_private(path, flags) if is_private else os.open(path, flags, 0o666)
        self._file = os.fdopen(descriptor, "r+b" if is_regular else "wb", buffering=0)

    @property
    def size(self) -> int:
        """The bytes in the file; 0 for a pipe or a device."""
        status = os.fstat(self._file.fileno())
        return status.st_size if stat.S_ISREG(status.st_mode) else 0

    def append(self, line: bytes) -> None:
        """Add a line, which ends with a newline.

        Raises:
            OSError: it is not in the file, not even in part; of a pipe or a device that is not known.
        """
        before, rest = self.size, memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            with suppress(OSError):
                self.cut(before)
            raise

    def end_broken_line(self) -> None:
        """End a last line that its writer was killed in. Raises OSError."""
        if self.size > 0 and self._read(self.size - 1, 1) != b"\n":
            self.append(b"\n")

    def drop_broken_line(self) -> None:
        """Remove a last line that its writer was killed in. Raises OSError."""
        end = self.size
        while end > 0:
            begin = max(0, end - _CHUNK)
            newline = self._read(begin, end - begin).rfind(b"\n")
            if newline >= 0:
                self.cut(begin + newline + 1)
                return
            end = begin
        self.cut(0)

    def cut(self, size: int) -> None:
        """Remove what is after the first `size` bytes of a regular file. Raises OSError for another."""
        self._file.truncate(size)

    def _read(self, begin: int, size: int) -> bytes:
        self._file.seek(begin)
        return self._file.read(size) or b""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
