"""A transport without a network: a function answers, and what was asked is recorded.

For tests and for simulations that need no sockets. `serve` makes one from a dictionary of files.
"""

from collections.abc import Callable, MutableMapping
from urllib.parse import urlsplit

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind, HttpHead
from phone_sim.runtime.transport.streamed_file import streamed_from

NOT_FOUND = NotFound("Not Found", 404)
"""The reply of a server in memory that has no such file."""


class MemoryTransport:
    """A transport that asks `fetch` and `upload`; `requests` is all that was asked, in order.

    A file over the limit of its request is a failed transfer, as it is on a network.
    """

    def __init__(self, fetch: Callable[[Fetch], FetchReply], upload: Callable[[Upload], UploadReply]) -> None:
        self._fetch = fetch
        self._upload = upload
        self.requests: list[Fetch | Stream | Upload] = []

    def fetch(self, request: Fetch) -> FetchReply:
        """Ask for a file."""
        self.requests.append(request)
        return self._fetched(request)

    def stream(self, request: Stream) -> StreamReply:
        """Ask for a file that is not kept."""
        self.requests.append(request)
        return streamed_from(request, self._fetched)

    def upload(self, request: Upload) -> UploadReply:
        """Hand over a file."""
        self.requests.append(request)
        return self._upload(request)

    def close(self) -> None:
        """Nothing is held open."""

    def _fetched(self, request: Fetch) -> FetchReply:
        reply = self._fetch(request)
        if isinstance(reply, Fetched) and len(reply.data) > request.limit:
            return TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {request.limit} bytes")
        return reply


def found(request: Fetch, data: bytes) -> Fetched:
    """The reply for a file that is there, as HTTP gives it: of a HEAD no more than the length."""
    head = HttpHead(fields=((b"Content-Length", str(len(data)).encode()),))
    return Fetched(b"", 200, head) if request.is_head else Fetched(data, 200)


def appended(there: bytes, request: Upload) -> bytes:
    """The server's file after an upload: all that was sent, or what was there up to the offset and then the piece."""
    return request.body if request.offset is None else there[: request.offset] + request.body


def serve(files: MutableMapping[str, bytes]) -> MemoryTransport:
    """A transport to a boot server that holds `files`, by path without a leading slash, and takes uploads into it."""

    def path(url: str) -> str:
        return urlsplit(url).path.lstrip("/")

    def fetch(request: Fetch) -> FetchReply:
        data = files.get(path(request.location.url))
        return NOT_FOUND if data is None else found(request, data)

    def upload(request: Upload) -> UploadReply:
        name = path(request.location.url)
        status = 204 if name in files else 201
        files[name] = appended(files.get(name, b""), request)
        return Uploaded(status)

    return MemoryTransport(fetch, upload)
