"""The head of an HTTP request, bounded: http.server limits each of its lines, and not all of them together."""

import io
from http.client import LineTooLong

_LIMIT = 16 * 1024


class RequestHead(io.BufferedIOBase):
    """The header lines of one request, all of them together at most 16 KiB (our choice)."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self._left = _LIMIT

    def readline(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002 - http.client asks for more than the limit
        """Read a line. Raises LineTooLong if the head exceeds the limit."""
        line = self._file.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise LineTooLong("request head")
        return line
