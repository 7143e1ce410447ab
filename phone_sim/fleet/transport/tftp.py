"""TFTP for a phone of a fleet: RRQ and WRQ in octet mode, bounded in bytes and time (RFC 1350, 2347 to 2349).

What the single phone's transport does, made for many transfers at once on gevent. A block or an acknowledgment that
comes twice is answered, or passed over, so that neither side ever sends everything twice. It does not know what the
files are.

Other modules about TFTP: `runtime.transport.tftp`, `boot_server.tftp`, `audit.tftp_probe`; in the tests
`tests.runtime.hostile_tftp`.
"""

import socket
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    Streamed,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.transport.sockets import addresses
from phone_sim.fleet.transport.tftp_exchange import BrokenOffError, PacketExchange
from phone_sim.fleet.transport.tftp_packets import (
    ACK,
    DATA,
    DEFAULT_BLOCK_SIZE,
    HEAD,
    ILLEGAL,
    NO_AGREEMENT,
    OACK,
    TOO_LARGE,
    ack,
    agreed_block_size,
    data,
    number_of,
)
from phone_sim.fleet.transport.tftp_packets import request as asking
from phone_sim.runtime.lookup import LookupFailedError, only_address
from phone_sim.runtime.transport import Limits
from phone_sim.runtime.transport.replies import kind_of
from phone_sim.runtime.transport.streamed_file import StreamedFile
from phone_sim.runtime.transport.tftp import DEFAULT_PORT

_READ, _WRITE = b"\0\1", b"\0\2"
_HALF = 0x8000
_NOT_TFTP = FailureKind.NOT_THE_PROTOCOL
_SERVERS = 64


Result = TypeVar("Result")


class GeventTftpTransport:
    """Downloads by RRQ and uploads by WRQ, from `source_address` if there is one; each transfer has a socket of its
    own."""

    def __init__(self, limits: Limits, source_address: str | None = None) -> None:
        self._limits = limits
        self._source_address = source_address

    def fetch(self, request: Fetch) -> FetchReply:
        """Read the file."""

        def read(exchange: PacketExchange, name: bytes) -> Fetched:
            data = bytearray()

            def take(block: memoryview) -> bool:
                data.extend(block)
                return len(data) <= request.limit

            _read(exchange, name, take)
            if len(data) > request.limit:
                raise _too_large(exchange, request.limit)
            return Fetched(bytes(data))

        return self._transferred(request, read)

    def stream(self, request: Stream) -> StreamReply:
        """Read the file, and fall silent when there is enough of it, as phones do (field notes 1.1)."""

        def read(exchange: PacketExchange, name: bytes) -> Streamed:
            file = StreamedFile(request)
            _read(exchange, name, file.take)
            if file.is_over_limit:
                raise _too_large(exchange, request.limit)
            return file.reply()

        return self._transferred(request, read)

    def upload(self, request: Upload) -> UploadReply:
        """Write the file."""
        return self._transferred(request, lambda exchange, name: _write(exchange, name, request.body))

    def close(self) -> None:
        """Nothing is held open between transfers."""

    def _transferred(
        self, request: Fetch | Stream | Upload, work: Callable[[PacketExchange, bytes], Result]
    ) -> Result | NotFound | Refused | TransferFailed:
        """What the work returns, or why the transfer has failed."""
        parts = urlsplit(request.location.url)
        name = unquote(parts.path).lstrip("/").encode()
        if not name or b"\0" in name:
            return TransferFailed(FailureKind.UNUSABLE_ADDRESS, "TFTP has no way to ask for this name")
        exchange = None
        try:
            host, port = _host_and_port(parts.netloc)
            server = only_address(addresses(host, port, socket.SOCK_DGRAM, seconds=self._limits.answer))
            exchange = PacketExchange(server, self._limits)
            if self._source_address is not None:
                exchange.speak_from(self._source_address)
            return work(exchange, name)
        except BrokenOffError as error:
            return error.reply
        except LookupFailedError as error:
            return TransferFailed(kind_of(error), str(error), unanswered=True)
        except OSError as error:
            words = getattr(error, "strerror", None) or "the address cannot be used"
            return TransferFailed(kind_of(error), words, unanswered=exchange is None or not exchange.has_answer)
        finally:
            if exchange is not None:
                exchange.close()


@lru_cache(_SERVERS)
def _host_and_port(place: str) -> tuple[str, int]:
    parts = urlsplit(f"//{place}")
    return parts.hostname or "", parts.port or DEFAULT_PORT


def _read(exchange: PacketExchange, name: bytes, take: Callable[[memoryview], bool]) -> None:
    """Read the file of a name, until it ends or `take` wants no more of it."""
    packet = exchange.ask(asking(_READ, name))
    size = DEFAULT_BLOCK_SIZE
    if packet.startswith(OACK):
        size = _agreed(exchange, packet)
        packet = exchange.ask(ack(0))
    number = 1
    while True:
        if not packet.startswith(DATA) or not HEAD <= len(packet) <= HEAD + size:
            raise exchange.failed(_NOT_TFTP, "an answer that is no block of the file", ILLEGAL)
        behind = (number - number_of(packet)) & 0xFFFF
        if behind == 0:
            if not take(memoryview(packet)[HEAD:]):
                return
            if len(packet) < HEAD + size:
                exchange.tell(ack(number))
                return
            packet = exchange.ask(ack(number))
            number += 1
        elif behind < min(number, _HALF):
            exchange.repeated()
            exchange.tell(ack(number - behind))
            packet = exchange.hear()
        else:
            raise exchange.failed(_NOT_TFTP, "a block that is not next in the file", ILLEGAL)


def _too_large(exchange: PacketExchange, limit: int) -> BrokenOffError:
    return exchange.failed(FailureKind.TOO_LARGE, f"the file has more than {limit} bytes", TOO_LARGE)


def _write(exchange: PacketExchange, name: bytes, body: bytes) -> Uploaded:
    """Send a file under a name."""
    packet = exchange.ask(asking(_WRITE, name))
    size = DEFAULT_BLOCK_SIZE
    if packet.startswith(OACK):
        size = _agreed(exchange, packet)
    else:
        _await_ack(exchange, packet, 0)
    for number in range(1, len(body) // size + 2):
        _await_ack(exchange, exchange.ask(data(number, body[(number - 1) * size : number * size])), number)
    return Uploaded()


def _await_ack(exchange: PacketExchange, packet: bytes, number: int) -> None:
    """Pass over what the server says until it acknowledges a block. To send a block for an acknowledgment that came
    twice would double all that follow (RFC 1123 4.2.3.1)."""
    wanted = ack(number)
    while packet[:HEAD] != wanted:
        if not packet.startswith(ACK) or len(packet) < HEAD:
            raise exchange.failed(_NOT_TFTP, "an answer that is no acknowledgment", ILLEGAL)
        packet = exchange.hear()


def _agreed(exchange: PacketExchange, oack: bytes) -> int:
    """The size of the blocks from here on."""
    size = agreed_block_size(oack)
    if size is None:
        raise exchange.failed(_NOT_TFTP, "Failed to negotiate options", NO_AGREEMENT)
    exchange.size = size
    return size
