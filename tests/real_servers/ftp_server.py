"""What the FTP servers share: TCP, a way to see that they listen, and how a dialogue in a log becomes requests.

It knows neither program.
"""

import re
import socket
from pathlib import Path

from tests.real_servers.certificates import Certificates
from tests.real_servers.logged_request import LoggedRequest
from tests.real_servers.ports import has_listener
from tests.real_servers.server import RealServer

_TRANSFER = re.compile(r"(?P<method>RETR|STOR|NLST) ?(?P<path>.*)")


class FtpServer(RealServer):
    """A real FTP server (RFC 959) with one user; with `tls` it wants TLS on both connections (RFC 4217)."""

    kind = socket.SOCK_STREAM

    def __init__(self, root: Path, work: Path, *, user: str, password: str, tls: Certificates | None = None) -> None:
        super().__init__(root, work)
        self.user = user
        self.password = password
        self.tls = tls
        self.scheme = "ftp" if tls is None else "ftps"

    def is_listening(self) -> bool:
        """Ask the kernel: a connection would leave a trace in the log."""
        return has_listener(self.port)


def read_dialogue(lines: re.Pattern[str], text: str) -> list[LoggedRequest]:
    """Return the transfers of a log that have had their last reply, in the order of these.

    `lines` matches what was said, with the groups `session`, `user`, and `command` or `reply`.
    """
    requests = []
    asked: dict[str, re.Match[str]] = {}
    for line in lines.finditer(text):
        if line["command"] is not None:
            if transfer := _TRANSFER.fullmatch(line["command"]):
                asked[line["session"]] = transfer
        elif line["session"] in asked and not line["reply"].startswith("1"):
            transfer = asked.pop(line["session"])
            path = transfer["path"].removeprefix("/")
            requests.append(
                LoggedRequest(method=transfer["method"], path=path, status=int(line["reply"][:3]), user=line["user"])
            )
    return requests
