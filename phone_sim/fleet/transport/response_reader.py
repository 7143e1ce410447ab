"""The answer to an HTTP request, read by httptools as it arrives.

It takes the answers that servers mean to give. What else can be made of one, from an answer in several parts to one
that is not HTTP, is for a reader with more patience; this one only says so. It knows no sockets.
"""

from httptools import HttpParserError, HttpResponseParser

_WRAPPING_LIMIT = 8 * 1024  # bytes that are not the body's
_HEADER_LIMIT = 100
_PROTOCOL = b"HTTP/1."
_CODING = b"transfer-encoding"
_LENGTH = b"content-length"
_LENGTH_DIGITS = 18


class ResponseReader:
    """The answer to each request of one connection in turn; `begin` makes ready for the next one.

    `status` is 0 until the head is whole, `fields` are those of the head so far, `size` is the bytes of the body so
    far, and `keeps` says that the server keeps the connection alive. `is_odd` says that somebody else has to read all
    of it, from its first byte.
    """

    __slots__ = (
        "__weakref__",
        "_heard",
        "_parser",
        "_parts",
        "_reason",
        "fields",
        "is_odd",
        "is_whole",
        "keeps",
        "size",
        "status",
    )

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.begin()

    def begin(self) -> None:
        """Forget the answer before."""
        self.status = 0
        self.size = 0
        self.is_whole = False
        self.is_odd = False
        self.keeps = False
        self._reason = b""
        self._parts: list[bytes] = []
        self.fields: list[tuple[bytes, bytes]] = []
        self._heard = 0

    @property
    def reason(self) -> str:
        """The words of the status line."""
        return self._reason.decode("latin-1").strip()

    @property
    def length(self) -> int | None:
        """The bytes that the body is to have, where the server says so once and for the whole of it."""
        lengths = [value for name, value in self.fields if name.lower() == _LENGTH]
        is_coded = any(name.lower() == _CODING for name, _ in self.fields)
        is_plain = len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) <= _LENGTH_DIGITS
        return int(lengths[0]) if is_plain and not is_coded else None

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(self._parts)

    def feed(self, data: bytes) -> None:
        """Read on."""
        if not self._heard and not data.startswith(_PROTOCOL):
            self.is_odd = True  # the parser knows protocols that are like HTTP, too
            return
        self._heard += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.is_odd = self.is_odd or not self.is_whole
            self.keeps = False
        if self._heard - self.size > _WRAPPING_LIMIT:
            self.is_odd = True

    def on_status(self, words: bytes) -> None:
        """Take a part of the status line."""
        if not self.is_whole:
            self._reason += words

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self.fields.append((name, value))
        is_coded = len(name) == len(_CODING) and name.lower() == _CODING and value.lower() != b"chunked"
        if is_coded or len(self.fields) > _HEADER_LIMIT:
            self.is_odd = True

    def on_headers_complete(self) -> None:
        """Take the head as whole."""
        if self.is_whole:
            self.keeps = False  # this is an answer that nobody asked for
            return
        self.status = self._parser.get_status_code()
        self.keeps = self._parser.should_keep_alive()
        if self.status < 200:
            self.is_odd = True

    def on_body(self, data: bytes) -> None:
        """Take a part of the body."""
        if not self.is_whole:
            self._parts.append(data)
            self.size += len(data)

    def on_message_complete(self) -> None:
        """Take the answer as whole."""
        self.is_whole = True
