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
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)


class MemoryTransport:
    """A transport that asks `fetch` and `upload`; `requests` is all that was asked, in order.

    A file over the limit of its request is a failed transfer, as it is on a network.
    """

    def __init__(self, fetch: Callable[[Fetch], FetchReply], upload: Callable[[Upload], UploadReply]) -> None:
        self._fetch = fetch
        self._upload = upload
        self.requests: list[Fetch | Upload] = []

    def fetch(self, request: Fetch) -> FetchReply:
        """Ask for a file."""
        self.requests.append(request)
        reply = self._fetch(request)
        if isinstance(reply, Fetched) and len(reply.data) > request.limit:
            return TransferFailed(f"the file has more than {request.limit} bytes")
        return reply

    def upload(self, request: Upload) -> UploadReply:
        """Hand over a file."""
        self.requests.append(request)
        return self._upload(request)

    def close(self) -> None:
        """Nothing is held open."""


def serve(files: MutableMapping[str, bytes]) -> MemoryTransport:
    """A transport to a boot server that holds `files`, by path without a leading slash, and takes uploads into it."""

    def path(url: str) -> str:
        return urlsplit(url).path.lstrip("/")

    def fetch(request: Fetch) -> FetchReply:
        data = files.get(path(request.location.url))
        return NotFound("HTTP 404 Not Found") if data is None else Fetched(data)

    def upload(request: Upload) -> UploadReply:
        files[path(request.location.url)] = request.body
        return Uploaded()

    return MemoryTransport(fetch, upload)
