"""Recordings as files: written line by line while the dialogue goes on, read whole and bounded.

It does not know what is in a line. A recording holds what the phones got, passwords in configuration files as well, so
the file is private, also one that was there before. What a client sent to log in is not in it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from phone_sim.boot_server.journal import Contents, Request
from phone_sim.errors import RecordingError
from phone_sim.file_modes import open_private
from phone_sim.recording.dialogue import Recording, exchange_of
from phone_sim.recording.json_lines import exchange_line, head_line, read_recording

FILE_LIMIT = 256 * 1024 * 1024
"""Most bytes of a recording."""
BODY_LIMIT = 16 * 1024 * 1024
"""Most bytes of a file that is kept in a recording unless the recorder is told otherwise, which may be 64 MiB; of a
larger one size and digest are kept."""

_LINE_LIMIT = 100 * 1024 * 1024


class Recorder:
    """Writes exchanges to a file; a context manager.

    An older file is left as it is until `begin`, or the first exchange. `record` is for a `Journal`, which calls it for
    one request at a time. When the file has `file_limit` bytes or can no longer be written, `on_end` is told why, and
    from then on nothing is recorded.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        server: str,
        began: datetime,
        *,
        body_limit: int = BODY_LIMIT,
        file_limit: int = FILE_LIMIT,
        on_end: Callable[[str], None],
    ) -> None:
        self._server = server
        self._began = began
        self._body_limit = body_limit
        self._left = file_limit
        self._on_end = on_end
        self._is_at_end = False
        self._has_begun = False
        self._lock = Lock()
        self._file = os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT), "wb")

    def begin(self) -> None:
        """Put a recording without exchanges in the place of what is in the file; once."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
            with suppress(OSError):  # a pipe holds nothing older
                self._file.truncate(0)
            self._write(head_line(self._server, self._began))

    def record(self, request: Request, contents: Contents) -> None:
        """Add an exchange, flushed, so that a reader sees it at once."""
        self.begin()
        if not self._is_at_end:
            self._write(exchange_line(exchange_of(request, contents, self._began, self._body_limit)))

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: str) -> None:
        data = line.encode("ascii")
        if len(data) > self._left:
            self._end("the limit of the file is reached")
            return
        self._left -= len(data)
        try:
            self._file.write(data)
            self._file.flush()
        except (OSError, ValueError) as error:
            self._end(str(error))

    def _end(self, why: str) -> None:
        self._is_at_end = True
        self._on_end(why)


def load_recording(path: Path) -> Recording:
    """The recording in a file of at most `FILE_LIMIT` bytes.

    Raises:
        RecordingError: the file cannot be read or is no recording; the message names the file and the line.
    """
    if not path.is_file():
        raise RecordingError(f"{path}: there is no such file")
    try:
        return read_recording(_lines(path), str(path))
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror}") from error


def _lines(path: Path) -> Iterator[bytes]:
    left = FILE_LIMIT
    with path.open("rb") as file:
        while line := file.readline(_LINE_LIMIT + 1):
            left -= len(line)
            if left < 0:
                raise RecordingError(f"{path}: it has more than {FILE_LIMIT} bytes")
            if len(line) > _LINE_LIMIT:
                raise RecordingError(f"{path}: a line has more than {_LINE_LIMIT} bytes")
            yield line
