"""Recordings as files: written line by line while the dialogue goes on, read whole and bounded.

It does not know what is in a line. A recording holds what the phones got, passwords in configuration files as well, so
the file is private, also one that was there before. What a client sent to log in is not in it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from enum import Enum
from errno import EEXIST
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from phone_sim.boot_server.journal import Contents, Request
from phone_sim.errors import RecordingError
from phone_sim.line_file import LineFile
from phone_sim.recording.dialogue import VERSION, Recording, exchange_of
from phone_sim.recording.json_lines import EXCHANGES_LIMIT, exchange_line, head_line, read_recording

FILE_LIMIT = 256 * 1024 * 1024
"""Most bytes of a recording."""
BODY_LIMIT = 16 * 1024 * 1024
"""Most bytes of a file that is kept in a recording unless the recorder is told otherwise, which may be 64 MiB; of a
larger one size and digest are kept."""

_LINE_LIMIT = 100 * 1024 * 1024


class IfThere(Enum):
    """What a recorder does with a file that is not empty."""

    REFUSE = "refuse"
    APPEND = "append"
    REPLACE = "replace"


class Recorder:
    """Writes exchanges to a file; a context manager.

    An older file is left as it is until `begin`, or the first exchange. It is replaced, or it is a recording of the
    same server, which is added to: then times count from when that one began. `record` is for a `Journal`, which calls
    it for one request at a time. When the file has `file_limit` bytes or all the exchanges that can be read again, or
    can no longer be written, `on_end` is told why, and from then on nothing is recorded.

    Raises:
        FileExistsError: there is something in the file, and `if_there` says to refuse that.
        RecordingError: what is to be added to is no recording of this server.
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
        if_there: IfThere = IfThere.REFUSE,
        on_end: Callable[[str], None],
    ) -> None:
        self._server = server
        self._began = began
        self._body_limit = body_limit
        self._file_limit = file_limit
        self._count = 0
        self._on_end = on_end
        self._is_at_end = False
        self._has_begun = False
        self._lock = Lock()
        self._file = LineFile(path, is_private=True)
        self._is_added_to = self._file.size > 0 and if_there is IfThere.APPEND
        try:
            if self._file.size > 0 and if_there is IfThere.REFUSE:
                raise FileExistsError(EEXIST, "there is something in this file", str(path))
            if self._is_added_to:
                self._go_on(path)
        except BaseException:
            self.close()
            raise

    def begin(self) -> None:
        """Put a recording without exchanges in the place of what is in the file, or go on with it; once."""
        with self._lock:
            if self._has_begun:
                return
            self._has_begun = True
            try:
                if self._is_added_to:
                    self._file.drop_broken_line()
                    return
                with suppress(OSError):  # a pipe holds nothing older
                    self._file.cut(0)
                self._file.append(_encoded(head_line(self._server, self._began)))
            except OSError as error:
                self._end(str(error))

    def record(self, request: Request, contents: Contents) -> None:
        """Add an exchange, so that a reader of the file sees it at once."""
        self.begin()
        if self._is_at_end:
            return
        line = _encoded(exchange_line(exchange_of(request, contents, self._began, self._body_limit)))
        if self._file.size + len(line) > self._file_limit or self._count >= EXCHANGES_LIMIT:
            self._end("the limit of the file is reached")
            return
        self._count += 1
        try:
            self._file.append(line)
        except OSError as error:
            self._end(str(error))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _go_on(self, path: Path) -> None:
        older = load_recording(path)
        if older.server != self._server:
            raise RecordingError(f"{path}: this is a recording of {older.server}, and not of {self._server}")
        if older.version != VERSION:
            raise RecordingError(
                f"{path}: this is a recording of version {older.version}; only one of version {VERSION} can be added to"
            )
        self._began = older.began
        self._count = len(older.exchanges)

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


def _encoded(line: str) -> bytes:
    return line.encode("ascii")
