"""The journal: every request that a boot server got, in the order of the answers.

It does not know what a request means to a phone, nor which of the servers wrote it.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Literal, Self

from phone_sim.boot_server.http_headers import Headers, values_of
from phone_sim.errors import UsageError
from phone_sim.firmware.transfer_facts import HTTP_TAKEN
from phone_sim.line_file import LineFile
from phone_sim.printable import visible

FILE_LIMIT = 64 * 1024 * 1024
"""The most bytes of a journal's file unless a journal says otherwise (our choice): some 200,000 requests."""

BROKEN_OFF = -1
"""The `status` of a TFTP transfer that ended before its last block was sent, without an error code or with 0, which
stands for what was served; and of any request that got no answer, because of a fault or because the client went away.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in a request and its answer, for who wants it.

    `root` is that of the server, as the client calls it, with a slash at its end; `path` is the path that the site was
    asked for; `reason` are the words of the status; `received` is the uploaded file and `sent` the body of the answer,
    as a fault left it, None where there was none. A transfer may have broken off before all of `sent` was moved. The
    headers of HTTP are without credentials; None where the protocol has none.
    """

    root: str = ""
    path: str = ""
    reason: str = ""
    received: bytes | None = None
    sent: bytes | None = None
    asked_headers: Headers | None = None
    answered_headers: Headers | None = None

    @property
    def size(self) -> int:
        """The bytes that it takes to keep this, about."""
        fields = (*(self.asked_headers or ()), *(self.answered_headers or ()))
        return len(self.received or b"") + len(self.sent or b"") + sum(len(name) + len(value) for name, value in fields)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """One request and how it ended, as a `FileRequest` where the journal keeps contents.

    `at` is when it came in, aware and in UTC; `client` is `ip:port`, with IPv6 `[ip]:port`; `method` is GET, HEAD, PUT,
    RRQ or WRQ, another method of HTTP that was refused, or empty where none could be read; `path` is as the client
    wrote it but for one leading slash, of what could not be read the first line;
    `status` is the HTTP status, or for TFTP 0 = served, the error code sent, or `BROKEN_OFF`; `size` is the bytes of
    the file that were moved, in netascii as they were sent; `user_agent` is empty for TFTP; `seconds` is the time the
    answer took; `fault` is the rule of the fault that the request was answered with, empty for none.
    """

    at: datetime
    protocol: Literal["http", "https", "tftp"]
    client: str
    method: str
    path: str
    status: int
    size: int
    user_agent: str
    seconds: float
    fault: str = ""
    contents: Contents | None = field(default=None, compare=False)

    @property
    def url(self) -> str:
        """The whole address, as the client calls the server. Raises UsageError where contents are not kept."""
        return f"{self._kept.root}{self.path}"

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields of the answer, by their names in any case. Raises UsageError as `url` does."""
        from requests.structures import CaseInsensitiveDict

        fields = self._kept.answered_headers or ()
        return CaseInsensitiveDict({name: values_of(fields, name) or "" for name, _ in fields})

    @property
    def body(self) -> bytes:
        """The file that was served or received; empty for one that was not. Raises UsageError as `url` does."""
        is_served = self.status == 0 if self.protocol == "tftp" else self.status in HTTP_TAKEN
        return self._kept.received or (self._kept.sent if is_served else b"") or b""

    def as_json(self) -> str:
        """The request as one line of JSON without its newline; `at` in ISO 8601; `fault` only where there was one."""
        values = asdict(replace(self, contents=None)) | {"at": self.at.isoformat()}
        del values["contents"]
        if not self.fault:
            del values["fault"]
        return json.dumps(values)

    @property
    def _kept(self) -> Contents:
        if self.contents is None:
            raise UsageError(
                f"the journal does not keep the contents of {self!r}: make it with Journal(contents_limit=BYTES), "
                "larger than all contents together"
            )
        return self.contents

    def __repr__(self) -> str:
        fault = f", fault {self.fault}" if self.fault else ""
        return f"<Request {visible(f'{self.method} {self.path}', kept='')}: {self.status}{fault}>"


class Journal:
    """The last `capacity` requests, in memory and on request in a file of JSON lines; any thread may use it.

    The servers record a request before its last byte leaves, so who has the whole answer finds it here.
    `on_request`, and `on_exchange` with the contents, are called for one request at a time and hold up the server's
    answer. An older file is added to. When a line would make it larger than `file_limit` bytes, the file is renamed to
    end in `.1`, or in one more than the highest number there is, and a new one starts; none is removed. A file that can
    no longer be written is given up with one line in the program's log; requests go on. Requests keep their contents
    as long as all contents together have at most `contents_limit` bytes.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(
        self,
        *,
        capacity: int = 100_000,
        file: Path | None = None,
        file_limit: int = FILE_LIMIT,
        contents_limit: int = 0,
        on_request: Callable[[Request], None] | None = None,
        on_exchange: Callable[[Request, Contents], None] | None = None,
    ) -> None:
        self._requests: deque[Request] = deque(maxlen=capacity)
        self._recorded = 0
        self._changed = Condition()
        self._on_request = on_request
        self._on_exchange = on_exchange
        self._path = file
        self._file_limit = file_limit
        self._contents_limit = self._contents_left = contents_limit
        self._file = None if file is None else _opened(file)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far, oldest first; a snapshot."""
        with self._changed:
            return tuple(self._requests)

    @property
    def tells_contents(self) -> bool:
        """True when somebody wants the contents of the requests."""
        return self._on_exchange is not None or self._contents_left > 0

    def record(self, request: Request, contents: Contents = Contents()) -> None:
        """Add a request, in the file as well: flushed, so that a reader of the file sees it at once."""
        with self._changed:
            self._contents_left -= contents.size
            self._requests.append(replace(request, contents=contents) if self._contents_left > 0 else request)
            self._recorded += 1
            self._write(request)
            if self._on_request is not None:
                self._on_request(request)
            if self._on_exchange is not None:
                self._on_exchange(request, contents)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget the requests so far; the file keeps them."""
        with self._changed:
            self._requests.clear()
            self._recorded = 0
            self._contents_left = self._contents_limit

    def wait_for(self, count: int, timeout: float) -> bool:
        """Wait until `count` requests were recorded since the start or `clear`; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._recorded >= count, timeout)

    def close(self) -> None:
        """Close the file; the requests stay readable."""
        with self._changed:
            file, self._file = self._file, None
            if file is not None:
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, request: Request) -> None:
        if self._file is None or self._path is None:
            return
        line = request.as_json().encode("ascii") + b"\n"
        try:
            if (size := self._file.size) > 0 and size + len(line) > self._file_limit:
                self._file.close()
                self._path.rename(_free_name(self._path))
                self._file = _opened(self._path)
            self._file.append(line)
        except OSError as error:
            _log.error("the journal file is given up: %s", error)
            self.close()


def _opened(path: Path) -> LineFile:
    file = LineFile(path)
    try:
        file.end_broken_line()
    except OSError:
        file.close()
        raise
    return file


def _free_name(path: Path) -> Path:
    """The name for a full file: one number more than the highest that is there."""
    found = [re.fullmatch(re.escape(path.name) + r"\.([0-9]{1,9})", file.name) for file in path.parent.iterdir()]
    return path.with_name(f"{path.name}.{max((int(one[1]) for one in found if one), default=0) + 1}")
