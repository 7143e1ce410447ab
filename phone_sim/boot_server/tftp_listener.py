"""The listening socket of the TFTP boot server: one thread that reads requests, and a bounded pool for the transfers.

It does not know what a request gets. Every transfer has a socket of its own, so what arrives here is requests, repeated
requests and noise; none of it stops the thread.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from socket import SOCK_DGRAM, AddressFamily, socket
from threading import Event, Thread

from phone_sim.boot_server.addresses import SocketAddress, listening_address
from phone_sim.boot_server.tftp_conversation import TftpConversation
from phone_sim.boot_server.tftp_packets import (
    DATAGRAM_LIMIT,
    ILLEGAL_OPERATION,
    Call,
    MalformedPacketError,
    call_of_malformed,
    error_packet,
    is_request,
    parse,
)

_LOOK_EVERY = 0.05
_WAITING_PER_TRANSFER = 4

Answer = Callable[[Call, SocketAddress, TftpConversation], None]


class TftpListener:
    """Listens on an address and has `answer` answer each request in a thread of the pool.

    `conversation` makes a `TftpConversation` from a connected socket. `max_transfers` run at once, four times as many
    wait; a request beyond that is dropped, since a client repeats it. `on_malformed` gets what can be read of a request
    that is answered with error 4, the client, and what is wrong. `on_failure` gets what failed, and the exception.

    Raises:
        OSError, OverflowError: the address cannot be listened on.
    """

    def __init__(
        self,
        host: str,
        port: int,
        answer: Answer,
        conversation: "partial[TftpConversation]",
        *,
        max_transfers: int,
        on_malformed: Callable[[Call, SocketAddress, str], None],
        on_failure: Callable[[str, Exception], None],
    ) -> None:
        self._answer = answer
        self._on_malformed = on_malformed
        self._on_failure = on_failure
        self._conversation = conversation
        self._most_active = max_transfers * (1 + _WAITING_PER_TRANSFER)
        # By client and datagram: the same again is a repeated request, another one is a new transfer.
        self._active: dict[tuple[SocketAddress, bytes], Call] = {}
        self._stopping = Event()
        self._socket = _bound_socket(*listening_address(host, port, SOCK_DGRAM))
        self._socket.settimeout(_LOOK_EVERY)
        self.port: int = self._socket.getsockname()[1]
        self._pool = ThreadPoolExecutor(max_transfers, thread_name_prefix="boot-server-tftp")
        # A daemon, so that an interrupt that keeps `stop` from being called does not keep the program from ending.
        self._thread = Thread(target=self._listen, name="boot-server-tftp", daemon=True)

    def start(self) -> None:
        """Begin to answer requests."""
        self._thread.start()

    def stop(self) -> None:
        """End every transfer, with an ERROR packet to its client, and wait for the threads."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._socket.close()

    def _listen(self) -> None:
        try:
            while not self._stopping.is_set():
                # A time-out, or the news that an ERROR packet reached nobody.
                with suppress(OSError):
                    self._take(*self._socket.recvfrom(DATAGRAM_LIMIT))
        except Exception as error:
            self._on_failure("no more requests are read", error)

    def _take(self, datagram: bytes, client: SocketAddress) -> None:
        try:
            call = parse(datagram)
        except MalformedPacketError as error:
            if is_request(datagram):
                self._on_malformed(call_of_malformed(datagram), client, str(error))
                self._socket.sendto(error_packet(ILLEGAL_OPERATION, str(error)), client)
            return
        request = (client, datagram)
        if isinstance(call, Call) and request not in self._active and len(self._active) < self._most_active:
            self._active[request] = call
            self._pool.submit(self._converse, request, call)

    def _converse(self, request: tuple[SocketAddress, bytes], call: Call) -> None:
        client = request[0]
        forget = partial(self._forget, request, call)
        try:
            host, _, *scope = self._socket.getsockname()
            with _bound_socket(self._socket.family, (host, 0, *scope)) as connection:
                connection.connect(client)
                conversation = self._conversation(connection, stopping=self._stopping, before_linger=forget)
                self._answer(call, client, conversation)
        except Exception as error:
            self._on_failure(f"a transfer with {client} failed", error)
        finally:
            forget()

    def _forget(self, request: tuple[SocketAddress, bytes], call: Call) -> None:
        """From now on the same request is a new one; it may be one already."""
        if self._active.get(request) is call:
            del self._active[request]


def _bound_socket(family: AddressFamily | int, address: SocketAddress) -> socket:
    unbound = socket(family, SOCK_DGRAM)
    try:
        unbound.bind(address)
    except (OSError, OverflowError):
        unbound.close()
        raise
    return unbound
