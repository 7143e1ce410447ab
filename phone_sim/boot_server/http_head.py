"""The head of an HTTP request: how long it may be, and what it says of the path and the end of the request.

http.server limits each line of a head, but not all of them together. This module does not know what is answered.
"""

import io
import re
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from http.client import LineTooLong
from urllib.parse import quote, unquote_to_bytes

_AUTHORITY = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)
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


def is_length_clear(headers: Message) -> bool:
    """True when it is clear where a request with these headers ends (RFC 9112 6.3).

    A line that is no header ends the head for Python's parser, which would lose a length after it.
    """
    lengths = headers.get_all("Content-Length", [])
    is_clear = not lengths or (
        len(lengths) == 1 and "Transfer-Encoding" not in headers and re.fullmatch("[0-9]{1,19}", lengths[0]) is not None
    )
    lost = (FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect)
    return is_clear and not any(isinstance(defect, lost) for defect in headers.defects)


def path_of(target: str) -> str:
    """The path in the target of a request line, which http.server reads as Latin-1: UTF-8, percent-encoded or not."""
    path = re.split("[?#]", _AUTHORITY.sub("", target), maxsplit=1)[0]
    return unquote_to_bytes(path.encode("latin-1")).decode(errors="replace")


def target_of(target: str) -> str:
    """The path and query in the target of a request line as they were written, without the slash in front.

    What may not be in a URL is percent-encoded.
    """
    below = _AUTHORITY.sub("", target).partition("#")[0].removeprefix("/")
    return quote(below.encode("latin-1"), safe="/?:@!$&'()*+,;=[]%")
