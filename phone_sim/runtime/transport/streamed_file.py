"""A file that is streamed: its beginning is kept, the rest is counted and dropped, whatever its size.

Every transport uses it; none is known here.
"""

from collections.abc import Callable

from phone_sim.firmware.effects import Fetch, Fetched, FetchReply, Stream, Streamed, StreamReply
from phone_sim.firmware.transfer_facts import NO_HEAD, HttpHead


class StreamedFile:
    """Takes the blocks of a file as they come, for one request."""

    __slots__ = ("_header", "_request", "size")

    def __init__(self, request: Stream) -> None:
        self._request = request
        self._header = bytearray()
        self.size = 0

    def take(self, block: bytes | memoryview) -> bool:
        """Take the next block, whose memory can be used again; false when no more is wanted."""
        self.size += len(block)
        missing = self._request.header - len(self._header)
        if missing > 0:
            self._header += block[:missing]
        return not (self.is_enough or self.is_over_limit)

    @property
    def is_over_limit(self) -> bool:
        """True when it is larger than the phone takes."""
        return self.size > self._request.limit

    @property
    def is_enough(self) -> bool:
        """True when the rest is not wanted."""
        return not self._request.reads_all and self.size >= self._request.header

    def reply(self, status: int | None = None, head: HttpHead = NO_HEAD) -> Streamed:
        """The reply for a file that ended, or of which there is enough."""
        is_enough, header = self.is_enough, bytes(self._header)
        # How much more the network brought before the transfer was dropped is chance.
        size = len(header) if is_enough else self.size
        return Streamed(header=header, size=size, is_all=not is_enough, status=status, head=head)


def streamed_from(request: Stream, fetch: Callable[[Fetch], FetchReply]) -> StreamReply:
    """The reply for a file that is in memory anyway, and that `fetch` gives."""
    reply = fetch(Fetch(location=request.location, limit=request.limit, user_agent=request.user_agent))
    if not isinstance(reply, Fetched):
        return reply
    file = StreamedFile(request)
    file.take(reply.data)
    return file.reply(reply.status, reply.head)
