"""What the TFTP servers share: UDP, and a way to see that they listen. It knows neither program."""

import socket
import sys
from pathlib import Path

from tests.real_servers.server import RealServer


class TftpServer(RealServer):
    """A real TFTP server (RFC 1350) that lets files be read, and mostly created."""

    kind = socket.SOCK_DGRAM
    scheme = "tftp"

    def is_listening(self) -> bool:
        """Look the port up in the kernel's table (proc(5)): any packet to it could leave a trace in the log."""
        # The kernel writes an address as a number in its own byte order.
        number = int.from_bytes(socket.inet_aton(self.address), sys.byteorder)
        return f" {number:08X}:{self.port:04X} " in Path("/proc/net/udp").read_text()
