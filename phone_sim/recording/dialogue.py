"""The values of a recording: what was asked of a boot server, and what was answered.

Pure. It does not know how a recording is written down, nor who made it.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from phone_sim.boot_server.http_headers import Headers
from phone_sim.boot_server.journal import Contents, Request
from phone_sim.firmware.transfer_facts import FileProtocol

Protocol = Literal["http", "https", "tftp"]

VERSION = 2
"""The version of recordings that are made."""
UPLOADS = (FileProtocol.HTTP.write, FileProtocol.TFTP.write)
DOWNLOADS = (FileProtocol.HTTP.read, "HEAD", FileProtocol.TFTP.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request or an answer: its size in bytes, its SHA-256 in hexadecimal digits, itself unless it is
    too large."""

    size: int
    sha256: str
    data: bytes | None

    @classmethod
    def of(cls, data: bytes, limit: int) -> "Body":
        """The body of a file, kept up to `limit` bytes."""
        return cls(size=len(data), sha256=sha256(data).hexdigest(), data=data if len(data) <= limit else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A request and its answer, as the client had them.

    `at` is seconds since the recording began; `client` is `ip:port`; `method`, `status` and `fault` are those of the
    journal's `Request`; `path` has its percent signs decoded and lacks one leading slash; `reason` are the words of the
    status; `received` is the uploaded file and `sent` the body of the answer, None where there was none; `seconds` is
    the time that the answer took. The headers are those of the client and of the server, without credentials; None
    where the protocol has none, and in a recording of version 1, which has no bodies of refusals either.
    """

    at: float
    client: str
    protocol: Protocol
    method: str
    path: str
    user_agent: str
    status: int
    reason: str
    received: Body | None = None
    sent: Body | None = None
    fault: str = ""
    seconds: float = 0.0
    request_headers: Headers | None = None
    answer_headers: Headers | None = None

    @property
    def is_file(self) -> bool:
        """True when the answer is a whole file."""
        return self.status == (0 if self.protocol == "tftp" else 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A dialogue: the root of the `server` without user and password, when it `began` (UTC), and the exchanges in the
    order of the requests. `broken_line` is the number of a last line that breaks off and is left out, None for none.
    `version` is that of the file's form; the first one has no headers."""

    server: str
    began: datetime
    exchanges: tuple[RecordedExchange, ...] = ()
    broken_line: int | None = None
    version: int = VERSION


def exchange_of(request: Request, contents: Contents, began: datetime, body_limit: int) -> RecordedExchange:
    """The exchange that a journal tells of; of files over `body_limit` bytes size and digest are kept."""
    return RecordedExchange(
        at=max(0.0, round((request.at - began).total_seconds(), 6)),
        client=request.client,
        protocol=request.protocol,
        method=request.method,
        path=contents.path.removeprefix("/"),
        user_agent=request.user_agent,
        status=request.status,
        reason=contents.reason,
        received=None if contents.received is None else Body.of(contents.received, body_limit),
        sent=None if contents.sent is None else Body.of(contents.sent, body_limit),
        fault=request.fault,
        seconds=max(0.0, round(request.seconds, 6)),
        request_headers=contents.asked_headers,
        answer_headers=contents.answered_headers,
    )
