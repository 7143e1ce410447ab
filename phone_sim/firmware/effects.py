"""The effects: what a phone may ask for, and the replies that it may get.

Every flow of the firmware is a coroutine that awaits an `Effect` and gets the reply that the effect's type names
(`phone_sim.firmware.asking`). This module does not know how an effect is performed. A missing file, a refusal or a
broken transfer is a reply and not an exception: all three are part of a phone's ordinary life. Power loss is the flow
being closed.

What is asked of the network besides the boot server is in `phone_sim.firmware.network_effects`, when to be
woken in `phone_sim.firmware.timer_effects`.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from phone_sim.firmware.asking import Ask
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.location import Location
from phone_sim.firmware.log_line import LogFormat
from phone_sim.firmware.network_effects import AskDirectory, AskLease, AskMove, AskTime
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.stage import Stage
from phone_sim.firmware.syslog import SyslogServer
from phone_sim.firmware.timer_effects import AskTimeAfter, PollAfter, UploadLogAfter, WakeAt
from phone_sim.firmware.transfer_facts import NO_HEAD, FailureKind, FileProtocol, HttpHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(Ask["FetchReply"]):
    """Download a file of at most `limit` bytes. Reply: `Fetched`, `NotFound`, `Refused` or `TransferFailed`.

    With `is_head`, over HTTP only, nothing but the head of the answer is asked for: a HEAD.
    """

    location: Location
    limit: int
    user_agent: str
    is_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Ask["StreamReply"]):
    """Download a file without keeping it, of at most `limit` bytes. Without `reads_all` the transfer is dropped as soon
    as the first `header` bytes are there. Reply: `Streamed`, `NotFound`, `Refused` or `TransferFailed`."""

    location: Location
    header: int
    reads_all: bool
    limit: int
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Ask["UploadReply"]):
    """Send a whole file (PUT, WRQ, STOR). Reply: `Uploaded`, `NotFound`, `Refused` or `TransferFailed`.

    With an `offset` in bytes, over HTTP only, the body is appended to the server's file there (Content-Range).
    """

    location: Location
    body: bytes
    user_agent: str
    offset: int | None = None

    @property
    def content_range(self) -> str | None:
        """The field of HTTP that says where the piece belongs, in the form of RFC 9110 14.4; None for a whole file."""
        if self.offset is None:
            return None
        end = self.offset + len(self.body)
        return f"bytes {self.offset}-{end - 1}/{end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Ask[None]):
    """Write a line to the log of a stage, and send it to a syslog server, if there is one; the clock gives its stamp.
    Reply: None."""

    component: str
    level: str
    text: str
    format: LogFormat
    syslog: SyslogServer | None = None
    stage: Stage = Stage.APPLICATION


@dataclass(frozen=True, slots=True)
class ReadLog(Ask["LogContents"]):
    """Read the log file of a stage. Reply: `LogContents`."""

    stage: Stage = Stage.APPLICATION


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetLog(Ask[None]):
    """Erase the log file of a stage; `on_server` is what the boot server holds of it now. Reply: None."""

    on_server: bytes
    stage: Stage = Stage.APPLICATION


@dataclass(frozen=True, slots=True)
class ReadFlash(Ask["FlashReply"]):
    """Read what survives a power cycle. Reply: `FlashContents`, `FlashDamaged` or `FlashUnreadable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteFlash(Ask["Written | WriteFailed"]):
    """Replace the contents of flash, wholly or not at all. Reply: `Written` or `WriteFailed`."""

    contents: FlashContents


@dataclass(frozen=True, slots=True)
class ReadClock(Ask["ClockReading"]):
    """Read the clock. Reply: `ClockReading`."""


@dataclass(frozen=True, slots=True)
class SetClock(Ask[None]):
    """Set the clock to an instant, which is now. Reply: None."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Pause(Ask[None]):
    """Go on after so many seconds. Reply: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Show(Ask[None]):
    """Show a frame on the display. Reply: None."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Reboot(Ask[None]):
    """Restart the phone; the flow ends here."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole file. `status` is None where the protocol has none for success; `head` is that of HTTP."""

    data: bytes
    status: int | None = field(default=None, compare=False)
    head: HttpHead = field(default=NO_HEAD, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A file of which `size` bytes were read, all or up to where the transfer was dropped; `header` is its beginning.
    `status` and `head` as for `Fetched`."""

    header: bytes
    size: int
    is_all: bool
    status: int | None = field(default=None, compare=False)
    head: HttpHead = field(default=NO_HEAD, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The file was taken. `status` is None where the protocol has none for success; `head` is that of HTTP."""

    status: int | None = field(default=None, compare=False)
    head: HttpHead = field(default=NO_HEAD, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """An answer that is no: the words of the server, its `status` in its protocol, None without one, and the head."""

    words: str
    status: int | None = None
    protocol: FileProtocol = FileProtocol.HTTP
    head: HttpHead = field(default=NO_HEAD, compare=False, repr=False)

    @property
    def reason(self) -> str:
        """The status and the words, for people."""
        if self.status is None:
            return self.words
        return f"{self.protocol.title} {self.status} {self.words}".rstrip()


@dataclass(frozen=True, slots=True)
class NotFound(_Refusal):
    """The server has no such file: HTTP 404 and 410, TFTP error 1, FTP 550."""


@dataclass(frozen=True, slots=True)
class Refused(_Refusal):
    """The server answered, and the answer is no: another HTTP status, TFTP or FTP error."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """There is no whole answer; `unanswered` when not one byte of an answer came. `reason` is for people.

    `head` is what is known of an HTTP answer: the redirects, and its fields if it was an answer that broke off.
    """

    kind: FailureKind
    reason: str
    unanswered: bool = False
    head: HttpHead = field(default=NO_HEAD, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FlashDamaged:
    """What is in flash is not what was written."""

    reason: str


@dataclass(frozen=True, slots=True)
class FlashUnreadable:
    """Flash could not be read; what is in it may be whole, so it must not be written over."""

    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """Flash holds the new contents, and will after a power cut."""


@dataclass(frozen=True, slots=True)
class WriteFailed:
    """Flash holds the old contents."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogContents:
    """The log file: what was logged since the last upload, and what the boot server holds from earlier ones."""

    pending: bytes
    on_server: bytes


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time in UTC; None while the clock was never set (D12)."""

    instant: datetime | None


Effect = (
    Fetch
    | Stream
    | Upload
    | AskLease
    | AskTime
    | AskDirectory
    | AskMove
    | Log
    | ReadLog
    | ForgetLog
    | ReadFlash
    | WriteFlash
    | ReadClock
    | SetClock
    | WakeAt
    | UploadLogAfter
    | AskTimeAfter
    | PollAfter
    | Pause
    | Show
    | Reboot
)
FetchReply = Fetched | NotFound | Refused | TransferFailed
StreamReply = Streamed | NotFound | Refused | TransferFailed
UploadReply = Uploaded | NotFound | Refused | TransferFailed
FlashReply = FlashContents | FlashDamaged | FlashUnreadable

Result = TypeVar("Result")
Flow = Coroutine[Effect, Any, Result]
