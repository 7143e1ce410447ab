"""tftpd-hpa as a boot server: the TFTP server most provisioning guides name."""

import re

from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.programs import require, require_root
from tests.real_servers.syslog_socket import SyslogSocket
from tests.real_servers.tftp_server import TftpServer

# It logs to syslog(3) only, so it gets a /dev of its own, with our socket in it, in a mount namespace of its own.
_WITH_OWN_DEV = 'mount --bind "$1" /dev && shift && exec "$@"'

_REQUEST = re.compile(r"\[(?P<pid>\d+)\]: (?P<method>RRQ|WRQ) from \S+ filename (?P<path>.*)")
_REFUSAL = re.compile(r"\[(?P<pid>\d+)\]: sending NAK \((?P<code>\d+), .*\) to ")


class TftpdHpa(TftpServer):
    """in.tftpd; its log tells what it refused, so a request without a refusal has status 0. Only root can start it."""

    def prepare(self) -> list[str]:
        """Open the syslog socket."""
        require_root()
        dev = self.work / "dev"
        dev.mkdir()
        self._syslog = SyslogSocket(dev, self.work / "syslog.log")
        self.undo.callback(self._syslog.close)
        options = ["-L", "-c", "--address", f"127.0.0.1:{self.port}", "-u", "root", "--secure", "-p", "-vv"]
        namespace = [require("unshare"), "--mount", require("sh"), "-c", _WITH_OWN_DEV, "sh", str(dev)]
        return [*namespace, require("in.tftpd"), *options, str(self.root)]

    def logged(self) -> list[LoggedRequest]:
        """Read the log; in.tftpd logs before it answers, so what a client has been told is in it."""
        self._syslog.flush()
        return read_log(log_text(self.work / "syslog.log"))


def read_log(text: str) -> list[LoggedRequest]:
    """Return the requests of in.tftpd's log, in its order."""
    refusals = {match["pid"]: int(match["code"]) for match in _REFUSAL.finditer(text)}
    return [
        LoggedRequest(
            method=match["method"],
            path=match["path"].removeprefix("/"),
            status=refusals.get(match["pid"], 0),
        )
        for match in _REQUEST.finditer(text)
    ]
