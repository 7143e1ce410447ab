"""One request of a phone to a boot server, and what came of it. It does not know who asked, nor how."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    Stream,
    Streamed,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FileProtocol, Redirect

# As urlsplit takes a URL apart (RFC 3986, appendix B), at a fraction of its cost: a fleet asks for many a path.
_PATH = re.compile(r"[^:/?#]*://[^/?#]*/*([^?#]*)")
_PROTOCOLS = {"tftp": FileProtocol.TFTP, "ftp": FileProtocol.FTP, "ftps": FileProtocol.FTP}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Exchange:
    """One request of the phone and its reply, as a `FileRequest`; `seconds` is how long it took."""

    request: Fetch | Stream | Upload
    reply: FetchReply | StreamReply | UploadReply
    seconds: float

    @property
    def is_head(self) -> bool:
        """True for a HEAD, which asks of a file only what is known of it."""
        return isinstance(self.request, Fetch) and self.request.is_head

    @property
    def method(self) -> str:
        """The method of the protocol: GET, HEAD, PUT, RETR, STOR, RRQ or WRQ."""
        if self.is_head:
            return "HEAD"
        return self._protocol.write if isinstance(self.request, Upload) else self._protocol.read

    @property
    def url(self) -> str:
        """The address that was asked for, without user and password."""
        return self.request.location.url

    @property
    def path(self) -> str:
        """The path of the address without its leading slash, percent signs as they are."""
        found = _PATH.match(self.url)
        return found[1] if found is not None else ""

    @property
    def status(self) -> int | None:
        """The HTTP status, the TFTP error or the FTP code; None for a failed transfer and a success without one."""
        return None if isinstance(self.reply, TransferFailed) else self.reply.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields of the HTTP answer, by their names in any case; empty for another protocol."""
        from requests.structures import CaseInsensitiveDict

        return CaseInsensitiveDict(self.reply.head.headers)

    @property
    def redirects(self) -> tuple[Redirect, ...]:
        """The redirects that the phone got, in order: `source`, `target` and `status` of each."""
        return self.reply.head.redirects

    @property
    def body(self) -> bytes:
        """The file that was fetched, or that was to be uploaded; empty for one that was not fetched or not kept."""
        if isinstance(self.request, Upload):
            return self.request.body
        return self.reply.data if isinstance(self.reply, Fetched) else b""

    @property
    def size(self) -> int:
        """The bytes of `body`; of a file that was not kept, those that were read."""
        return self.reply.size if isinstance(self.reply, Streamed) else len(self.body)

    @property
    def user_agent(self) -> str:
        """The User-Agent that the phone sent; empty for another protocol than HTTP."""
        return self.request.user_agent if self._protocol is FileProtocol.HTTP else ""

    @property
    def outcome(self) -> str:
        """What came of it, for people."""
        if self.is_head and isinstance(self.reply, Fetched):
            return f"length {self.reply.head.content_length}"
        if isinstance(self.reply, Fetched):
            return f"{len(self.reply.data)} bytes"
        if isinstance(self.reply, Streamed):
            return f"{self.reply.size} bytes, {'not kept' if self.reply.is_all else 'then dropped'}"
        return "taken" if isinstance(self.reply, Uploaded) else self.reply.reason

    @property
    def _protocol(self) -> FileProtocol:
        return _PROTOCOLS.get(self.url.partition("://")[0].lower(), FileProtocol.HTTP)

    def __repr__(self) -> str:
        return f"<Exchange {self.method} {self.path}: {self.outcome}>"


def reply_facts(exchange: Exchange) -> dict[str, Any]:
    """What is known of the reply, as JSON has it; what is not known is None."""
    reply, head = exchange.reply, exchange.reply.head
    return {
        "status": exchange.status,
        "failure": reply.kind.value if isinstance(reply, TransferFailed) else None,
        "content_type": head.content_type,
        "content_encoding": head.content_encoding,
        "content_length": head.content_length,
        "date": head.date.isoformat() if head.date is not None else None,
        "redirects": [{"from": one.source, "to": one.target, "status": one.status} for one in head.redirects],
    }
