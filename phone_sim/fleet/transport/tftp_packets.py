"""The packets of TFTP as a client reads and writes them (RFC 1350, 2347, 2348). It knows no sockets."""

from functools import lru_cache

from phone_sim.firmware.effects import NotFound, Refused
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.runtime.transport import replies

DATA, ACK, ERROR, OACK = b"\0\3", b"\0\4", b"\0\5", b"\0\6"
ILLEGAL = b"\0\5\0\4Illegal TFTP operation\0"
TOO_LARGE = b"\0\5\0\3Disk full or allocation exceeded\0"
STRANGER = b"\0\5\0\5Unknown transfer ID\0"
NO_AGREEMENT = b"\0\5\0\x08Failed negotiation\0"

HEAD = 4
DEFAULT_BLOCK_SIZE = 512
ASKED_BLOCK_SIZE = 1468  # the largest that fits an Ethernet frame
_BLOCK_SIZES = range(8, 65465)  # RFC 2348
_AGREEMENTS = 64


def request(operation: bytes, name: bytes) -> bytes:
    """A request to read or to write a file, in octet mode."""
    return b"%b%b\0octet\0blksize\0%d\0" % (operation, name, ASKED_BLOCK_SIZE)


def ack(number: int) -> bytes:
    """The acknowledgment of a block, whose number is counted modulo 65536."""
    return ACK + (number & 0xFFFF).to_bytes(2)


def data(number: int, block: bytes) -> bytes:
    """A block, whose number is counted modulo 65536."""
    return DATA + (number & 0xFFFF).to_bytes(2) + block


def number_of(packet: bytes) -> int:
    """The number of a block or of its acknowledgment."""
    return int.from_bytes(packet[2:4])


@lru_cache(_AGREEMENTS)
def agreed_block_size(oack: bytes) -> int | None:
    """The size of blocks that the server agrees to; None when it agrees to nothing that makes sense."""
    words = oack[2:].split(b"\0")
    if len(words) < 3 or len(words) % 2 == 0 or words.pop():
        return None
    options = {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=True)}
    if b"" in options:
        return None
    size = options.get(b"blksize", b"%d" % DEFAULT_BLOCK_SIZE)
    return int(size) if size.isdigit() and len(size) <= 5 and int(size) in _BLOCK_SIZES else None


def refusal(error: bytes) -> NotFound | Refused:
    """The reply for an error packet, which has a code."""
    words = error[4:].partition(b"\0")[0].decode("utf-8", "replace")
    return replies.refusal(FileProtocol.TFTP, number_of(error), words)
