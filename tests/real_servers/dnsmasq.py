"""dnsmasq as a boot server: TFTP that is only for reading, as small offices have it beside their DHCP.

It knows no other port than 69, so it gets a loopback address of its own, which only root can give it.
"""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from tests.real_servers.logged_request import LoggedRequest
from tests.real_servers.ports import claim_address
from tests.real_servers.programs import require, require_root
from tests.real_servers.tftp_server import TftpServer

_PORT = 69
_TFTP_PACKETS = "0x8000"
_LONGEST_RECORD = 64 * 1024 * 1024

# A record of packets (pcap-savefile(5)): the head of the file, the head of each packet; IPv4 and UDP without options.
_FILE_HEAD = 24
_PACKET_HEAD = struct.Struct("=8xI4x")
_IP_AND_UDP = struct.Struct("!20xHH4x")
_METHODS = {1: "RRQ", 2: "WRQ"}
_ERROR = 5


class Dnsmasq(TftpServer):
    """dnsmasq; it refuses every upload with error 4. Only root can start it.

    Its words about a refused upload name no file, and those about a served one may come after the next request's. But
    it keeps a record of the packets that it got and sent, and that is what the requests are read from.
    """

    def claim(self) -> socket.socket:
        """Take an address at which port 69 is free."""
        require_root()
        self.port = _PORT
        self.address, claim = claim_address(self.kind, _PORT)
        return claim

    def prepare(self) -> list[str]:
        """Compose the command line; the configuration is empty, and not the system's."""
        server = ["--port=0", "--enable-tftp", f"--tftp-root={self.root}", "--user=root"]
        place = [f"--listen-address={self.address}", "--bind-interfaces"]
        record = [f"--dumpfile={self.work / 'packets.pcap'}", f"--dumpmask={_TFTP_PACKETS}"]
        own_files = [f"--conf-file={os.devnull}", "--no-resolv", "--no-hosts", "--pid-file"]
        return [require("dnsmasq"), "--no-daemon", *server, *place, *record, *own_files]

    def logged(self) -> list[LoggedRequest]:
        """Read the record; a request is in it once its first answer is."""
        return read_record(self.work / "packets.pcap")


def read_record(record: Path) -> list[LoggedRequest]:
    """Return the requests that have been answered, in that order; none when the record has not been opened yet.

    Raises:
        RuntimeError: for a record longer than 64 MiB: the test has run away.
    """
    try:
        with record.open("rb") as file:
            data = file.read(_LONGEST_RECORD + 1)
    except FileNotFoundError:
        return []
    if len(data) > _LONGEST_RECORD:
        raise RuntimeError(f"{record} is longer than {_LONGEST_RECORD} bytes")
    requests = []
    unanswered: dict[int, tuple[str, str]] = {}
    for source, destination, packet in _packets(data):
        code, detail = struct.unpack_from("!HH", packet)
        if destination == _PORT and code in _METHODS:
            path = packet[2:].partition(b"\0")[0].decode("utf-8", errors="backslashreplace")
            unanswered[source] = _METHODS[code], path.removeprefix("/")
        elif destination in unanswered:
            method, path = unanswered.pop(destination)
            requests.append(LoggedRequest(method=method, path=path, status=detail if code == _ERROR else 0))
    return requests


def _packets(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The port each whole packet came from, the one it went to, and what was in it."""
    at = _FILE_HEAD
    while at + _PACKET_HEAD.size <= len(data):
        (kept,) = _PACKET_HEAD.unpack_from(data, at)
        at += _PACKET_HEAD.size
        packet = data[at : at + kept]
        at += kept
        if len(packet) == kept:
            source, destination = _IP_AND_UDP.unpack_from(packet)
            yield source, destination, packet[_IP_AND_UDP.size :]
