"""Facts about the transfer of a file: why it failed, whose status it ended with, and the head of an HTTP answer.

Values only. What is derived from a head is worked out when somebody asks for it: a fleet gets a head with each answer
and looks at few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, StrEnum


class FailureKind(StrEnum):
    """Why there is no whole answer."""

    UNREACHABLE = "unreachable"
    """No way leads to the server, or this machine has no address or port to ask from."""
    CONNECTION_REFUSED = "connection_refused"
    """Nothing listens at the server's port: a refused connection, ICMP port unreachable."""
    NAME_NOT_FOUND = "name_not_found"
    """The server's name has no address, or the resolver gave none in time."""
    TIMED_OUT = "timed_out"
    """The server said nothing, or nothing more, in time."""
    CERTIFICATE = "certificate"
    """The server's certificate is not accepted."""
    TLS = "tls"
    """There is no agreement on TLS for another reason than the server's certificate."""
    BROKEN_OFF = "broken_off"
    """The server ended the connection before the answer was whole."""
    TOO_LARGE = "too_large"
    """The answer is larger than the phone takes."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    """The server redirects the phone more often than it follows."""
    NOT_THE_PROTOCOL = "not_the_protocol"
    """The answer is malformed, or of another protocol."""
    UNUSABLE_ADDRESS = "unusable_address"
    """No transport speaks the scheme of the address, or its protocol cannot ask for the name."""
    NOT_ASKED = "not_asked"
    """The server was not asked."""


class FileProtocol(Enum):
    """The protocols whose answers have a status: `title` introduces it, `missing` are those of a missing file.

    `read` and `write` are the methods that ask for a file and upload one.
    """

    HTTP = "HTTP", (404, 410), "GET", "PUT"
    FTP = "FTP", (550,), "RETR", "STOR"
    TFTP = "TFTP error", (1,), "RRQ", "WRQ"

    def __init__(self, title: str, missing: tuple[int, ...], read: str, write: str) -> None:
        self.title = title
        self.missing = missing
        self.read = read
        self.write = write


HTTP_TAKEN = (200, 201, 204)
"""The statuses of HTTP for an upload that was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A redirect that the phone got: from the URL `source` to the URL `target`, with an HTTP status."""

    source: str
    target: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpHead:
    """The head of an HTTP answer: its `fields` as they came, and the redirects that led to it, in order.

    Of an answer of another protocol it is empty.
    """

    fields: Sequence[tuple[bytes, bytes]] = ()
    redirects: tuple[Redirect, ...] = ()

    @property
    def headers(self) -> Mapping[str, str]:
        """The fields by their names in lower case; values of a repeated one are joined by commas (RFC 9110 5.3)."""
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return {name: ", ".join(values) for name, values in found.items()}

    @property
    def content_type(self) -> str | None:
        """The type that the server names, with its parameters."""
        return self.headers.get("content-type")

    @property
    def content_encoding(self) -> str | None:
        """The encoding that the server names; the file is passed on as it came."""
        return self.headers.get("content-encoding")

    @property
    def content_length(self) -> int | None:
        """The length that the server announces, in bytes."""
        length = self.headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS else None

    @property
    def date(self) -> datetime | None:
        """The server's date, in UTC."""
        try:
            date = parsedate_to_datetime(self.headers.get("date", ""))
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (ValueError, OverflowError):
            return None


_LENGTH_DIGITS = 18
NO_HEAD = HttpHead()
"""What there is to say of an answer without a head."""
