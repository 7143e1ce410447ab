"""What a boot server can do wrong on purpose, one word each. The faults are ours; none is from the bulletin.

Pure. It says which requests a kind acts on and how it is written, not how it is done: `http_faults` and `tftp_faults`
do that. A kind does nothing to a request that it does not act on.

    written          on HTTP                                       on TFTP
    503, 404, ...    this status                                   404, 410: error 1; 401, 403: 2; 413, 507: 3; else 0
    tftp-error=2     1: 404; 2: 403; 3: 413; else 500              this error code
    delay=2          answers seconds later                         the same
    stall            half of the file, then silence; an upload     silence in place of the last block, or of its
                     gets no answer and is not stored              acknowledgment; an upload is not stored
    drip=10/0.2      so many bytes of the file, a pause, ...       the pause before each block; downloads only on both
    reset            the connection is reset without an answer     error 0 in place of the last block, or of its
                                                                   acknowledgment; an upload is not stored
    reset=100        the same after so many bytes of the file      as `reset`
    truncate=100     the file ends there, and nothing shows it     the same
    corrupt          one byte in 64 is another, by the seed        the same
    length=+10       Content-Length is wrong by so much            the `tsize` option is
    type=text/html   this Content-Type                             nothing
    redirect-loop    302 (upload: 307) to the same address         nothing
    challenge=basic  401 that asks for a password; or `digest`     nothing
    lose=3           nothing                                       block 3 is not sent the first time
    duplicate=3      nothing                                       block 3 is sent twice
    late=3/0.5       nothing                                       block 3 is sent seconds later
    forge=3          nothing                                       before block 3 another, of another port, by the seed
    down             the connection is closed without an answer    the request is passed over

For an upload over TFTP, "block" is the acknowledgment of that number. 0 is what answers the request: the OACK, or the
acknowledgment 0. A transfer that has no such block goes undisturbed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import ClassVar, Literal

from phone_sim.boot_server.site import http_status_for, tftp_error_for

Method = Literal["GET", "PUT", "RRQ", "WRQ"]

METHODS: tuple[Method, ...] = ("GET", "PUT", "RRQ", "WRQ")
_ALL: frozenset[Method] = frozenset(METHODS)
_HTTP: frozenset[Method] = frozenset(("GET", "PUT"))
_TFTP: frozenset[Method] = frozenset(("RRQ", "WRQ"))
_DOWNLOADS: frozenset[Method] = frozenset(("GET", "RRQ"))


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to go wrong; `acts_on` are the methods it can be done to, and `str` writes it as a rule has it."""

    word: ClassVar[str]
    acts_on: ClassVar[frozenset[Method]] = _ALL

    def __str__(self) -> str:
        values = [shown(getattr(self, field.name)) for field in fields(self)]
        return "=".join((self.word, "/".join(values))) if values else self.word


@dataclass(frozen=True, slots=True)
class Status(FaultKind):
    """An HTTP status in place of the answer."""

    word = ""
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

    word = "tftp-error"
    code: int

    @property
    def http_status(self) -> HTTPStatus:
        """The status that says the same."""
        return HTTPStatus(http_status_for(self.code))


@dataclass(frozen=True, slots=True)
class Delay(FaultKind):
    """The answer begins `seconds` later."""

    word = "delay"
    seconds: float


@dataclass(frozen=True, slots=True)
class Stall(FaultKind):
    """The answer begins and does not go on."""

    word = "stall"


@dataclass(frozen=True, slots=True)
class Drip(FaultKind):
    """The file comes in pieces of `size` bytes, on TFTP in blocks, with `seconds` before each."""

    word = "drip"
    acts_on = _DOWNLOADS
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Reset(FaultKind):
    """The transfer is broken off after `after` bytes of the file; 0: before a byte of the answer."""

    word = "reset"
    after: int = 0

    def __str__(self) -> str:
        return f"reset={self.after}" if self.after else "reset"


@dataclass(frozen=True, slots=True)
class Truncate(FaultKind):
    """The file ends after `size` bytes."""

    word = "truncate"
    acts_on = _DOWNLOADS
    size: int


@dataclass(frozen=True, slots=True)
class Corrupt(FaultKind):
    """Some bytes of the file are others."""

    word = "corrupt"
    acts_on = _DOWNLOADS


@dataclass(frozen=True, slots=True)
class Length(FaultKind):
    """The announced length is wrong by `offset` bytes."""

    word = "length"
    acts_on = _DOWNLOADS
    offset: int

    def __str__(self) -> str:
        return f"length={self.offset:+d}"


@dataclass(frozen=True, slots=True)
class ContentType(FaultKind):
    """Another Content-Type."""

    word = "type"
    acts_on = frozenset(("GET",))
    text: str


@dataclass(frozen=True, slots=True)
class RedirectLoop(FaultKind):
    """A redirect to where it comes from; a client that follows it makes a new request, which counts as one."""

    word = "redirect-loop"
    acts_on = _HTTP


@dataclass(frozen=True, slots=True)
class Challenge(FaultKind):
    """The demand for a password; none is good enough, but the next request may be spared by the rule."""

    word = "challenge"
    acts_on = _HTTP
    scheme: str


@dataclass(frozen=True, slots=True)
class Lose(FaultKind):
    """A block that is lost once."""

    word = "lose"
    acts_on = _TFTP
    block: int


@dataclass(frozen=True, slots=True)
class Duplicate(FaultKind):
    """A block that is sent twice."""

    word = "duplicate"
    acts_on = _TFTP
    block: int


@dataclass(frozen=True, slots=True)
class Late(FaultKind):
    """A block that is sent `seconds` late."""

    word = "late"
    acts_on = _TFTP
    block: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Forge(FaultKind):
    """A DATA packet of another port with other bytes, ahead of the true block."""

    word = "forge"
    acts_on = frozenset(("RRQ",))
    block: int


@dataclass(frozen=True, slots=True)
class Down(FaultKind):
    """No answer, as if there were no server."""

    word = "down"


def shown(value: float | str) -> str:
    """A value as a rule has it: 2.0 as 2."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


SECONDS = r"([0-9]{1,5}(?:\.[0-9]{1,3})?)"
_COUNT = r"([0-9]{1,9})"
_STATUSES = "|".join(str(status.value) for status in HTTPStatus if status >= 400)
_BLOCK = "([0-9]{1,4})"

_FORMS: tuple[tuple[str, str, Callable[..., FaultKind]], ...] = (
    ("a status of HTTP from 400 on", f"({_STATUSES})", lambda code: Status(HTTPStatus(int(code)))),
    ("tftp-error=0 to 8", "tftp-error=([0-8])", lambda code: TftpError(int(code))),
    ("delay=SECONDS", f"delay={SECONDS}", lambda seconds: Delay(float(seconds))),
    ("stall", "stall", Stall),
    ("drip=BYTES/SECONDS", f"drip=0*([1-9][0-9]{{0,8}})/{SECONDS}", lambda n, s: Drip(int(n), float(s))),
    ("reset", "reset", Reset),
    ("reset=BYTES", f"reset={_COUNT}", lambda size: Reset(int(size))),
    ("truncate=BYTES", f"truncate={_COUNT}", lambda size: Truncate(int(size))),
    ("corrupt", "corrupt", Corrupt),
    ("length=+BYTES or -BYTES", "length=([+-][0-9]{1,9})", lambda offset: Length(int(offset))),
    ("type=MEDIA/TYPE", "type=([!-~]{1,100})", ContentType),
    ("redirect-loop", "redirect-loop", RedirectLoop),
    ("challenge=basic or digest", "challenge=(basic|digest)", Challenge),
    ("lose=BLOCK", f"lose={_BLOCK}", lambda block: Lose(int(block))),
    ("duplicate=BLOCK", f"duplicate={_BLOCK}", lambda block: Duplicate(int(block))),
    ("late=BLOCK/SECONDS", f"late={_BLOCK}/{SECONDS}", lambda block, seconds: Late(int(block), float(seconds))),
    ("forge=BLOCK from 1 on", "forge=0*([1-9][0-9]{0,3})", lambda block: Forge(int(block))),
    ("down", "down", Down),
)

FORMS = tuple(form for form, _, _ in _FORMS)
"""How each kind is written, for people."""


def parse_kind(text: str) -> FaultKind | None:
    """Read one word of a rule; None where it is no fault. Seconds reach to 99999.999, blocks to 9999."""
    for _, pattern, make in _FORMS:
        if found := re.fullmatch(pattern, text):
            return make(*found.groups())
    return None
