"""What nginx, Apache and lighttpd share: TCP, and one form of access log. It knows nobody's configuration.

A log line is `request line<TAB>status<TAB>user agent<TAB>user`, `-` for what is absent. The servers write control
characters and quotes in these as backslash sequences, which are left as they are.
"""

import socket
from pathlib import Path

from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.ports import has_listener
from tests.real_servers.server import RealServer


class HttpServer(RealServer):
    """A real HTTP server; its access log is `access.log` in the work folder."""

    kind = socket.SOCK_STREAM
    scheme = "http"

    def is_listening(self) -> bool:
        """Ask the kernel: a connection would be one of those that the server counts."""
        return has_listener(self.port)

    def logged(self) -> list[LoggedRequest]:
        """Read the access log; what was no HTTP request (a connection without one, say) is left out."""
        return read_access_log(self.work / "access.log")


def read_access_log(log: Path) -> list[LoggedRequest]:
    """Return the requests of an access log, in its order."""
    return [request for line in log_text(log).splitlines() if (request := _read_line(line)) is not None]


def _read_line(line: str) -> LoggedRequest | None:
    request_line, status, user_agent, user = line.split("\t")
    words = request_line.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    return LoggedRequest(
        method=words[0],
        path=words[1].removeprefix("/"),
        status=int(status),
        user_agent="" if user_agent == "-" else user_agent,
        user="" if user == "-" else user,
    )
