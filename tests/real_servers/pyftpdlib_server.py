"""pyftpdlib as a boot server: an FTP server that needs neither root nor a package of the system, with TLS if wanted."""

import re
import sys

from tests.real_servers.ftp_server import FtpServer, read_dialogue
from tests.real_servers.logged_request import LoggedRequest, log_text

_LINE = re.compile(
    r"^\[D [^]]+\] (?P<session>\S+:\d+)-\[(?P<user>[^]]*)\] (?:<- (?P<command>.*)|-> (?P<reply>.*))$", re.M
)


class Pyftpdlib(FtpServer):
    """pyftpdlib by its own command line; it takes three seconds to refuse a wrong password."""

    def prepare(self) -> list[str]:
        """Compose the command line; there is no configuration."""
        place = ["--interface", "127.0.0.1", "--port", str(self.port), "--directory", str(self.root), "--write"]
        login = ["--username", self.user, "--password", self.password]
        command = [sys.executable, "-m", "pyftpdlib", "--debug", *place, *login]
        if self.tls is not None:
            command += ["--tls", "--certfile", str(self.tls.server_cert), "--keyfile", str(self.tls.server_key)]
            command += ["--tls-control-required", "--tls-data-required"]
        return command

    def logged(self) -> list[LoggedRequest]:
        """Read what it has printed."""
        return read_dialogue(_LINE, log_text(self.work / "output.log"))
