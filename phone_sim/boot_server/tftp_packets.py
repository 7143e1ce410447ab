"""The datagrams of TFTP, and what its options agree on (RFC 1350, 2347, 2348, 2349).

Pure. The forms of the packets are tftpy's, but for requests, whose names it takes for ASCII. Its server is not used: in
0.8.7, tried out, one malformed datagram (a three-byte ACK, a name that is not ASCII) ends its listening loop, and a
packet from a foreign port moves a transfer on. This module does not know what a transfer is made of.
"""

import logging
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tftpy.TftpPacketFactory import TftpPacketFactory
from tftpy.TftpPacketTypes import (
    TftpPacketACK,
    TftpPacketDAT,
    TftpPacketERR,
    TftpPacketOACK,
)
from tftpy.TftpShared import TftpException

REQUEST_LIMIT = 512
"""The most bytes of a request packet (RFC 2347)."""

DATAGRAM_LIMIT = 65536

NOT_DEFINED, FILE_NOT_FOUND, ACCESS_VIOLATION, ALLOCATION_EXCEEDED, ILLEGAL_OPERATION = range(5)
"""The error codes a boot server sends (RFC 1350, appendix)."""

_PLAIN_BLOCK, _SMALLEST_BLOCK, _LARGEST_BLOCK = 512, 8, 65464
_BLOCK_NUMBERS = 65536

# tftpy logs every packet, and the ERROR of a client as if it were ours.
logging.getLogger("tftpy").setLevel(logging.CRITICAL)


class MalformedPacketError(Exception):
    """A datagram that is no packet a TFTP client sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A read or write request; `mode` and the names of `options` are in lower case. Names are UTF-8, as over HTTP."""

    method: Literal["RRQ", "WRQ"]
    path: str
    mode: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A DATA packet."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgment:
    """An ACK packet."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TftpError:
    """An ERROR packet."""

    code: int


Packet = Call | Block | Acknowledgment | TftpError


def parse(datagram: bytes) -> Packet:
    """Read a datagram of a client.

    Raises:
        MalformedPacketError: it is anything else, an OACK or a request over the limit included.
    """
    if is_request(datagram):
        return _call(datagram)
    try:
        packet = TftpPacketFactory().parse(datagram)
    except (TftpException, ValueError, struct.error) as error:
        raise MalformedPacketError(str(error)) from error
    match packet:
        case TftpPacketDAT():
            return Block(number=packet.blocknumber, data=packet.data)
        case TftpPacketACK():
            return Acknowledgment(number=packet.blocknumber)
        case TftpPacketERR():
            return TftpError(code=packet.errorcode)
    raise MalformedPacketError("a client sends no OACK")


def call_of_malformed(datagram: bytes) -> Call:
    """What can be read of a malformed request: its method, and the beginning of its path."""
    path = datagram[2:REQUEST_LIMIT].split(b"\0", 1)[0].decode(errors="backslashreplace")
    return Call(method=_method(datagram), path=path, mode="", options={})


def is_request(datagram: bytes) -> bool:
    """Whether a datagram is meant as a request, malformed or not; nothing else may be answered with an ERROR packet."""
    return datagram[:2] in (b"\x00\x01", b"\x00\x02")


def block_number(count: int) -> int:
    """The number on the wire of a transfer's `count`th block: after 65535 comes 0, as tftpd-hpa and tftpy have it."""
    return count % _BLOCK_NUMBERS


def data_packet(count: int, data: bytes) -> bytes:
    """The DATA packet of the `count`th block."""
    packet = TftpPacketDAT()
    packet.blocknumber = block_number(count)
    packet.data = data
    return _encoded(packet)


def ack_packet(count: int) -> bytes:
    """The ACK of the `count`th block; 0 answers a write request."""
    packet = TftpPacketACK()
    packet.blocknumber = block_number(count)
    return _encoded(packet)


def own_number(datagram: bytes) -> int:
    """The block number of a packet of ours, DATA or ACK; 0 for an OACK, which has none."""
    return 0 if datagram[:2] == b"\x00\x06" else int.from_bytes(datagram[2:4])


def error_packet(code: int, text: str) -> bytes:
    """An ERROR packet with our own words, ASCII."""
    packet = TftpPacketERR()
    packet.errorcode = code
    packet.errmsgs = {code: text.encode("ascii", "replace")}
    return _encoded(packet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What holds for one transfer: `block_size` in bytes, `timeout` in seconds (None: the server's own).

    `accepted` holds the options that the client asked for and gets, in the words of the OACK; empty = no OACK.
    """

    block_size: int = _PLAIN_BLOCK
    timeout: int | None = None
    announced_size: int | None = None
    accepted: Mapping[str, str] = field(default_factory=dict)

    @property
    def oack_packet(self) -> bytes:
        """The OACK packet."""
        packet = TftpPacketOACK()
        packet.options = dict(self.accepted)
        return _encoded(packet)


def agree(options: Mapping[str, str], *, size: int | None = None) -> Agreement:
    """Answer a client's options: `blksize` 8 to 65464 (more is cut to that), `timeout` 1 to 255 seconds, `tsize`.

    `size` is the bytes of the file to read, None for an upload. An option that is unknown or out of its range is passed
    over, as RFC 2347 has it.
    """
    block_size, timeout, announced = (_number(options.get(name, "")) for name in ("blksize", "timeout", "tsize"))
    accepted = {}
    if block_size is not None and block_size >= _SMALLEST_BLOCK:
        block_size = min(block_size, _LARGEST_BLOCK)
        accepted["blksize"] = str(block_size)
    else:
        block_size = _PLAIN_BLOCK
    if timeout is not None and 1 <= timeout <= 255:
        accepted["timeout"] = str(timeout)
    else:
        timeout = None
    if announced is not None:
        accepted["tsize"] = str(announced if size is None else size)
    return Agreement(block_size=block_size, timeout=timeout, announced_size=announced, accepted=accepted)


def to_netascii(data: bytes) -> bytes:
    r"""A file as the mode netascii sends it: `\n` as CR LF, `\r` as CR NUL (RFC 1350, RFC 764)."""
    return data.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def from_netascii(data: bytes) -> bytes:
    """The file that was sent so; a CR before anything else stays."""
    return data.replace(b"\r\n", b"\n").replace(b"\r\0", b"\r")


def _call(datagram: bytes) -> Call:
    if len(datagram) > REQUEST_LIMIT:
        raise MalformedPacketError(f"the request is longer than {REQUEST_LIMIT} bytes")
    try:
        *words, end = datagram[2:].decode().split("\0")
    except UnicodeDecodeError as error:
        raise MalformedPacketError("a request is not in UTF-8") from error
    names = words[2::2]
    if end or len(words) < 2 or len(words) % 2 or "" in names:
        raise MalformedPacketError("a request is not a path, a mode and options, each with a NUL at its end")
    options = {name.lower(): value for name, value in zip(names, words[3::2], strict=True)}
    return Call(method=_method(datagram), path=words[0], mode=words[1].lower(), options=options)


def _method(datagram: bytes) -> Literal["RRQ", "WRQ"]:
    return "RRQ" if datagram[1] == 1 else "WRQ"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 12 else None


def _encoded(packet: Any) -> bytes:
    datagram: bytes = packet.encode().buffer
    return datagram
