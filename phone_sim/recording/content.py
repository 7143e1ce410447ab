"""What is in the body of an answer: unpacked where it is compressed (RFC 9110 8.4.1).

Pure. It does not know what the content means.
"""

import zlib

from phone_sim.boot_server.http_headers import values_of
from phone_sim.recording.dialogue import RecordedExchange

TOTAL_LIMIT = 256 * 1024 * 1024
"""Most bytes that are unpacked of one recording (our choice)."""

# The formats of zlib: gzip, and for deflate the one of RFC 1950.
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Unpacking:
    """Unpacks the answers of one recording, at most `TOTAL_LIMIT` bytes in all."""

    def __init__(self) -> None:
        self._left = TOTAL_LIMIT

    def content(self, exchange: RecordedExchange) -> bytes | None:
        """The content; None where it is not recorded, is packed in another way, or is not whole or too large."""
        data = None if exchange.sent is None else exchange.sent.data
        encoding = (values_of(exchange.answer_headers or (), "Content-Encoding") or "identity").strip().lower()
        if data is None or encoding == "identity":
            return data
        if encoding not in _WINDOWS:
            return None
        stream = zlib.decompressobj(_WINDOWS[encoding])
        try:
            content = stream.decompress(data, self._left + 1)
        except zlib.error:
            return None
        self._left -= min(len(content), self._left)
        return content if stream.eof and not stream.unused_data else None
