"""How a TFTP server conducts a transfer: block size, transfer identifier, strangers (RFC 1350, 2347, 2348).

One transfer of a file, packet by packet, during which a second socket sends an error packet that a server has to pass
over. It does not know what the file is.

Other modules about TFTP: `runtime.transport.tftp`, `fleet.transport.tftp`, `boot_server.tftp`; in the tests
`tests.runtime.hostile_tftp`.
"""

import socket
import struct
import time
from urllib.parse import unquote, urlsplit

from phone_sim.audit.observations import TftpSeen
from phone_sim.boot_server.tftp_packets import ack_packet, error_packet
from phone_sim.firmware.location import Location
from phone_sim.runtime.lookup import look_up, only_address
from phone_sim.runtime.transport import one_line
from phone_sim.runtime.transport.tftp import DEFAULT_PORT

_ASKED = 128
"""Bytes of a block: small, so that a short file has several, and other than 512."""
_DATA, _ERROR, _OACK = 3, 5, 6
_DATAGRAM = 65536
_FILE_LIMIT = 256 * 1024


class _TransferEndedError(Exception):
    """The server ended the transfer with an error packet."""


def look_at_tftp(location: Location, *, seconds: float, source_address: str | None = None) -> TftpSeen:
    """Read the file; each wait takes at most `seconds`, the whole four times that.

    Both sockets send from `source_address`, an address of this machine, if there is one.
    """
    parts = urlsplit(location.url)
    name = unquote(parts.path).lstrip("/").encode()
    request = struct.pack("!H", 1) + b"\0".join((name, b"octet", b"blksize", str(_ASKED).encode(), b""))
    try:
        host, port = parts.hostname or "", parts.port or DEFAULT_PORT
        server = only_address(look_up(host, port, socket.SOCK_DGRAM, seconds=seconds))
        with (
            socket.socket(server.family, socket.SOCK_DGRAM) as own,
            socket.socket(server.family, socket.SOCK_DGRAM) as stranger,
        ):
            if source_address is not None:
                own.bind((source_address, 0))
                stranger.bind((source_address, 0))
            own.settimeout(seconds)
            own.sendto(request, server.address)
            return _transfer(own, stranger, port, time.monotonic() + 4 * seconds)
    except OSError as error:
        return TftpSeen(asked=_ASKED, failure=one_line(str(error)) or "no answer")


def _transfer(own: socket.socket, stranger: socket.socket, port: int, deadline: float) -> TftpSeen:
    packet, peer = own.recvfrom(_DATAGRAM)
    kind = _kind(packet)
    if kind not in (_DATA, _OACK):
        return TftpSeen(asked=_ASKED, failure=one_line(f"the answer was {_words(packet)}"))
    agreed = _block_size(packet) if kind == _OACK else None
    stranger.sendto(error_packet(0, "passed over"), peer)
    try:
        whole = _rest(own, packet, peer, agreed or 512, deadline)
    except (_TransferEndedError, TimeoutError):
        whole = False
    return TftpSeen(asked=_ASKED, block_size=agreed, own_port=peer[1] != port, undisturbed=whole)


def _rest(own: socket.socket, packet: bytes, peer: tuple[str, int], block: int, deadline: float) -> bool:
    """Read on from the first packet; True when the last block came."""
    count = 0
    while count * block < _FILE_LIMIT and time.monotonic() < deadline:
        if _kind(packet) == _DATA and packet[2:4] == struct.pack("!H", (count + 1) % 65536):
            count += 1
        elif _kind(packet) == _ERROR:
            raise _TransferEndedError
        own.sendto(ack_packet(count), peer)
        if _kind(packet) == _DATA and len(packet) - 4 < block:
            return True
        packet, sender = own.recvfrom(_DATAGRAM)
        while sender != peer:
            packet, sender = own.recvfrom(_DATAGRAM)
    return False


def _kind(packet: bytes) -> int:
    return int.from_bytes(packet[:2]) if len(packet) >= 4 else 0


def _block_size(oack: bytes) -> int | None:
    words = oack[2:].split(b"\0")
    options = {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=False)}
    value = options.get(b"blksize", b"")
    return int(value) if value.isdigit() and len(value) <= 5 and 8 <= int(value) <= _ASKED else None


def _words(packet: bytes) -> str:
    if _kind(packet) == _ERROR:
        return (
            f"TFTP error {int.from_bytes(packet[2:4])} {packet[4:].partition(bytes(1))[0].decode('utf-8', 'replace')}"
        )
    return "malformed"
