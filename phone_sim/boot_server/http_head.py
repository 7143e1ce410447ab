"""The head of an HTTP request: how long it may be, and what it says of the path and the end of the request.

http.server limits each line of a head, but not all of them together, and reads no chunks. This module does not know
what is answered.
"""

import io
import re
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from http.client import LineTooLong
from urllib.parse import quote, unquote_to_bytes

_AUTHORITY = re.compile(r"^https?://[^/?#]*", re.IGNORECASE)
_LIMIT = 16 * 1024
_LIMIT_AROUND_CHUNKS = 1024 * 1024
_CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[^\r\n]*)?\r\n")


class RequestHead(io.BufferedIOBase):
    """The header lines of one request, all of them together at most `limit` bytes (our choice)."""

    def __init__(self, file: io.BufferedIOBase, limit: int = _LIMIT) -> None:
        self._file = file
        self._left = limit

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


def read_chunks(file: io.BufferedIOBase, limit: int) -> bytes | None:
    """The body of a request that comes in chunks (RFC 9112 7.1); None if it has more than `limit` bytes.

    Raises:
        ValueError: the chunks are malformed or break off.
        LineTooLong: what stands around the chunks exceeds 1 MiB (our choice).
    """
    body, lines = bytearray(), RequestHead(file, _LIMIT_AROUND_CHUNKS)
    while True:
        head = _CHUNK_HEAD.fullmatch(lines.readline())
        if head is None:
            raise ValueError("not the head of a chunk")
        size = int(head[1], 16)
        if len(body) + size > limit:
            return None
        if size == 0:
            break
        chunk = file.read(size)
        if len(chunk) < size or lines.readline() != b"\r\n":
            raise ValueError("a chunk is not as long as it says")
        body += chunk
    while line := lines.readline():
        if line == b"\r\n":
            return bytes(body)
    raise ValueError("the end is missing")
