"""The journal: every request that a boot server answered, in the order of the answers.

It does not know what a request means to a phone, nor which of the servers wrote it.
"""

import json
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Condition
from types import TracebackType
from typing import Literal, Self

BROKEN_OFF = -1
"""The `status` of a TFTP transfer that ended before its last block was sent, without an error code or with 0, which
stands for what was served; and of any request that a fault left without an answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answered request.

    `at` is when it came in, aware and in UTC; `client` is `ip:port`, with IPv6 `[ip]:port`; `method` is GET, HEAD, PUT,
    RRQ or WRQ, or another method of HTTP that was refused; `path` is as the client wrote it but for one leading slash;
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

    def as_json(self) -> str:
        """The request as one line of JSON without its newline; `at` in ISO 8601; `fault` only where there was one."""
        values = asdict(self) | {"at": self.at.isoformat()}
        if not self.fault:
            del values["fault"]
        return json.dumps(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a journal does not keep of a request, for who wants it at the moment.

    `path` is the path that the site was asked for; `reason` are the words of the status; `received` is the uploaded
    file and `sent` the file that was answered, as a fault left it, None where there was none. A transfer may have
    broken off before all of `sent` was moved.
    """

    path: str = ""
    reason: str = ""
    received: bytes | None = None
    sent: bytes | None = None


class Journal:
    """The last `capacity` requests, in memory and on request in a file of JSON lines; any thread may use it.

    The servers record a request before its last byte leaves, so who has the whole answer finds it here.
    `on_request`, and `on_exchange` with the contents, are called for one request at a time and hold up the server's
    answer. A file that can no longer be
    written is given up with one line in the program's log; requests go on.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(
        self,
        *,
        capacity: int = 100_000,
        file: Path | None = None,
        on_request: Callable[[Request], None] | None = None,
        on_exchange: Callable[[Request, Contents], None] | None = None,
    ) -> None:
        self._requests: deque[Request] = deque(maxlen=capacity)
        self._recorded = 0
        self._changed = Condition()
        self._on_request = on_request
        self._on_exchange = on_exchange
        self._file = None if file is None else file.open("a", encoding="utf-8")

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far, oldest first; a snapshot."""
        with self._changed:
            return tuple(self._requests)

    def record(self, request: Request, contents: Contents = Contents()) -> None:
        """Add a request, in the file as well: flushed, so that a reader of the file sees it at once."""
        with self._changed:
            self._requests.append(request)
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
        if self._file is None:
            return
        try:
            self._file.write(request.as_json() + "\n")
            self._file.flush()
        except OSError as error:
            _log.error("the journal file is given up: %s", error)
            with suppress(OSError):
                self.close()
