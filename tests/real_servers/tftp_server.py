"""What the TFTP servers share: UDP, and a way to see that they listen. It knows neither program."""

import socket
from pathlib import Path

from tests.real_servers.server import RealServer


class TftpServer(RealServer):
    """A real TFTP server (RFC 1350) that lets files be read and created."""

    kind = socket.SOCK_DGRAM
    scheme = "tftp"

    def is_listening(self) -> bool:
        """Look the port up in the kernel's table (proc(5)): any packet to it could leave a trace in the log."""
        return f":{self.port:04X} " in Path("/proc/net/udp").read_text()
