"""A server's own log, and one request as it tells it. It does not know which server that was."""

from dataclasses import dataclass
from pathlib import Path

_LONGEST_LOG = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """What a client asked and what the server made of it.

    `method` is an HTTP method, RETR or STOR of FTP (RFC 959), or RRQ (read) or WRQ (write) of TFTP (RFC 1350). `path`
    is as the client sent it, without the leading slash. `status` is the HTTP status or the code of FTP's last reply;
    for TFTP 0 when served, else the error code, `None` when the log doesn't say. `user` is the name the client gave,
    right or wrong, and empty when it gave none.
    """

    method: str
    path: str
    status: int | None
    user_agent: str = ""
    user: str = ""


def log_text(log: Path) -> str:
    """Return the complete lines of a log, at most 16 MiB; empty when the server has not opened it yet.

    Raises:
        RuntimeError: for a longer log: the test has run away.
    """
    try:
        with log.open("rb") as file:
            data = file.read(_LONGEST_LOG + 1)
    except FileNotFoundError:
        return ""
    if len(data) > _LONGEST_LOG:
        raise RuntimeError(f"{log} is longer than {_LONGEST_LOG} bytes")
    return data[: data.rfind(b"\n") + 1].decode("utf-8", errors="backslashreplace")
