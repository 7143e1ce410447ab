"""What a boot server can do wrong on purpose, one class each. The faults are our choice; the bulletin has none.

Pure. A class says how its fault is written, which requests it acts on and what it does: help and guide are made of it.
`http_faults` and `tftp_faults` do it. For an upload over TFTP, "block" is the acknowledgment of that number. Block 0 is
the answer to the request: the OACK, or the acknowledgment 0. A transfer that has no such block is not disturbed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from phone_sim.boot_server.fault_kind import FaultKind, Method
from phone_sim.boot_server.site import http_status_for, tftp_error_for

_HTTP: frozenset[Method] = frozenset(("GET", "PUT"))
_TFTP: frozenset[Method] = frozenset(("RRQ", "WRQ"))
_DOWNLOADS: frozenset[Method] = frozenset(("GET", "RRQ"))

_SECONDS = r"([0-9]{1,5}(?:\.[0-9]{1,3})?)"
_COUNT = r"([0-9]{1,9})"
_BLOCK = "([0-9]{1,4})"


@dataclass(frozen=True, slots=True)
class Status(FaultKind):
    """An HTTP status in place of the answer."""

    form = "a status of HTTP from 400 on"
    examples = ("503", "404")
    pattern = f"({'|'.join(str(status.value) for status in HTTPStatus if status >= 400)})"
    values = (lambda code: HTTPStatus(int(code)),)
    on_http = "this status, any from 400 on"
    on_tftp = "404, 410: error 1; 401, 403: error 2; 413, 507: error 3; others: error 0"
    status: HTTPStatus

    def __str__(self) -> str:
        return str(self.status.value)

    @property
    def tftp_code(self) -> int:
        """The error code that says the same."""
        return tftp_error_for(self.status)


@dataclass(frozen=True, slots=True)
class TftpError(FaultKind):
    """A TFTP error code in place of the answer."""

    form = "tftp-error=0 to 8"
    examples = ("tftp-error=2",)
    pattern = "tftp-error=([0-8])"
    values = (int,)
    on_http = "1: 404; 2: 403; 3: 413; others: 500"
    on_tftp = "this error code"
    code: int

    @property
    def http_status(self) -> HTTPStatus:
        """The status that says the same."""
        return HTTPStatus(http_status_for(self.code))


@dataclass(frozen=True, slots=True)
class Delay(FaultKind):
    """The answer begins `seconds` later."""

    form = "delay=SECONDS"
    examples = ("delay=2",)
    pattern = f"delay={_SECONDS}"
    values = (float,)
    on_http = "the answer begins this number of seconds later"
    on_tftp = "the same"
    seconds: float


@dataclass(frozen=True, slots=True)
class Stall(FaultKind):
    """The answer begins and does not go on."""

    form = pattern = "stall"
    examples = ("stall",)
    on_http = "half of the file, then silence; an upload is not stored and gets no answer"
    on_tftp = "silence instead of the last block, or of its acknowledgment; an upload is not stored"


@dataclass(frozen=True, slots=True)
class Drip(FaultKind):
    """The file comes in pieces of `size` bytes, on TFTP in blocks, with `seconds` before each."""

    form = "drip=BYTES/SECONDS"
    examples = ("drip=10/0.2",)
    pattern = f"drip=0*([1-9][0-9]{{0,8}})/{_SECONDS}"
    values = (int, float)
    acts_on = _DOWNLOADS
    on_http = "the file in pieces of this number of bytes, with this number of seconds before each; downloads only"
    on_tftp = "this number of seconds before each block; downloads only"
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Reset(FaultKind):
    """The transfer is broken off after `after` bytes of the file; 0: before a byte of the answer."""

    form = "reset or reset=BYTES"
    examples = ("reset", "reset=100")
    pattern = f"reset(?:={_COUNT})?"
    values = (lambda size: int(size or 0),)
    on_http = "the connection is reset without an answer, or after this number of bytes of the file"
    on_tftp = "error 0 instead of the last block, or of its acknowledgment; an upload is not stored"
    after: int = 0

    def __str__(self) -> str:
        return f"reset={self.after}" if self.after else "reset"


@dataclass(frozen=True, slots=True)
class Truncate(FaultKind):
    """The file ends after `size` bytes."""

    form = "truncate=BYTES"
    examples = ("truncate=100",)
    pattern = f"truncate={_COUNT}"
    values = (int,)
    acts_on = _DOWNLOADS
    on_http = "the file ends after this number of bytes, and nothing shows it"
    on_tftp = "the same"
    size: int


@dataclass(frozen=True, slots=True)
class Corrupt(FaultKind):
    """Some bytes of the file are others."""

    form = pattern = "corrupt"
    examples = ("corrupt",)
    acts_on = _DOWNLOADS
    on_http = "one byte in each 64 is changed, by the seed"
    on_tftp = "the same"


@dataclass(frozen=True, slots=True)
class Length(FaultKind):
    """The announced length is wrong by `offset` bytes."""

    form = "length=+BYTES or -BYTES"
    examples = ("length=+10",)
    pattern = "length=([+-][0-9]{1,9})"
    values = (int,)
    acts_on = _DOWNLOADS
    on_http = "Content-Length is wrong by this number"
    on_tftp = "the `tsize` option is wrong by this number"
    offset: int

    def __str__(self) -> str:
        return f"length={self.offset:+d}"


@dataclass(frozen=True, slots=True)
class ContentType(FaultKind):
    """Another Content-Type."""

    form = "type=MEDIA/TYPE"
    examples = ("type=text/html",)
    pattern = "type=([!-~]{1,100})"
    values = (str,)
    acts_on = frozenset(("GET",))
    on_http = "this Content-Type"
    text: str


@dataclass(frozen=True, slots=True)
class RedirectLoop(FaultKind):
    """A redirect to the same address; a client that follows it makes a new request, which counts as one."""

    form = pattern = "redirect-loop"
    examples = ("redirect-loop",)
    acts_on = _HTTP
    on_http = "302 (for an upload 307) to the same address"


@dataclass(frozen=True, slots=True)
class Challenge(FaultKind):
    """The demand for a password, which no password meets; the rule may spare the next request."""

    form = "challenge=basic or digest"
    examples = ("challenge=basic", "challenge=digest")
    pattern = "challenge=(basic|digest)"
    values = (str,)
    acts_on = _HTTP
    on_http = "401 that asks for a password"
    scheme: str


@dataclass(frozen=True, slots=True)
class Lose(FaultKind):
    """A block that is lost once."""

    form = "lose=BLOCK"
    examples = ("lose=3",)
    pattern = f"lose={_BLOCK}"
    values = (int,)
    acts_on = _TFTP
    on_tftp = "this block is not sent the first time"
    block: int


@dataclass(frozen=True, slots=True)
class Duplicate(FaultKind):
    """A block that is sent twice."""

    form = "duplicate=BLOCK"
    examples = ("duplicate=3",)
    pattern = f"duplicate={_BLOCK}"
    values = (int,)
    acts_on = _TFTP
    on_tftp = "this block is sent twice"
    block: int


@dataclass(frozen=True, slots=True)
class Late(FaultKind):
    """A block that is sent `seconds` late."""

    form = "late=BLOCK/SECONDS"
    examples = ("late=3/0.5",)
    pattern = f"late={_BLOCK}/{_SECONDS}"
    values = (int, float)
    acts_on = _TFTP
    on_tftp = "this block is sent this number of seconds late"
    block: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Forge(FaultKind):
    """A DATA packet of another port with other bytes, ahead of the true block."""

    form = "forge=BLOCK from 1 on"
    examples = ("forge=3",)
    pattern = "forge=0*([1-9][0-9]{0,3})"
    values = (int,)
    acts_on = frozenset(("RRQ",))
    on_tftp = "before this block comes a packet from another port with other bytes, by the seed"
    block: int


@dataclass(frozen=True, slots=True)
class Down(FaultKind):
    """No answer, as if there were no server."""

    form = pattern = "down"
    examples = ("down",)
    on_http = "the connection is closed without an answer"
    on_tftp = "the request is ignored"


FAULTS: tuple[type[FaultKind], ...] = tuple(
    one for one in list(globals().values()) if isinstance(one, type) and one.__base__ is FaultKind
)
"""Every kind of fault, in the order above."""


def parse_kind(text: str) -> FaultKind | None:
    """Read one word of a rule; None where it is no fault. Seconds reach to 99999.999, blocks to 9999."""
    for kind in FAULTS:
        if found := re.fullmatch(kind.pattern, text):
            make: Callable[..., FaultKind] = kind
            return make(*(value(group) for value, group in zip(kind.values, found.groups(), strict=True)))
    return None
