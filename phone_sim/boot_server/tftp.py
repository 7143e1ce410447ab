"""The boot server's TFTP: read and write requests on the files of a site (RFC 1350, 2347, 2348, 2349).

It does not know where the files are, nor what a phone makes of them. An upload takes the place of an existing file.

Other modules about TFTP: `runtime.transport.tftp`, `fleet.transport.tftp`, `audit.tftp_probe`; in the tests
`tests.runtime.hostile_tftp`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import assert_never

from phone_sim.boot_server.addresses import SocketAddress, authority
from phone_sim.boot_server.endpoint import Endpoint
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.journal import BROKEN_OFF, Contents, Journal, Request
from phone_sim.boot_server.site import (
    Forbidden,
    Found,
    Missing,
    Refusing,
    Site,
    Stored,
    TooLarge,
    refused_upload,
    store_upload,
)
from phone_sim.boot_server.tftp_conversation import TftpConversation, TransferBrokenError
from phone_sim.boot_server.tftp_faults import TftpFault
from phone_sim.boot_server.tftp_listener import TftpListener
from phone_sim.boot_server.tftp_packets import (
    ACCESS_VIOLATION,
    ALLOCATION_EXCEEDED,
    FILE_NOT_FOUND,
    ILLEGAL_OPERATION,
    Call,
    agree,
    from_netascii,
    to_netascii,
)

_SERVED = 0
_MODES = ("octet", "netascii")


class TftpEndpoint(Endpoint):
    """Serves a site over TFTP; a context manager.

    `port` 0 takes a free port, which `port` and `url` name once the server has started. A packet is sent again after
    `timeout` seconds without an answer (or after what the client asks for), `retries` times; a transfer takes at most
    `time_limit` seconds; `max_transfers` run at once. Requests are in the journal before their last packet leaves, also
    those that cannot be read and are answered with error 4. Other packets, and requests while too many transfers wait,
    get no answer and are not recorded. What `faults` spoils on purpose ends within the same limits.
    """

    scheme = "tftp"

    def __init__(
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        journal: Journal | None = None,
        faults: FaultPlan | None = None,
        on_error: Callable[[Exception], None] | None = None,
        timeout: float = 1.0,
        retries: int = 5,
        time_limit: float = 600.0,
        max_transfers: int = 128,
    ) -> None:
        super().__init__(host, port, journal, on_error)
        self._site = site
        self._faults = FaultPlan() if faults is None else faults
        self._conversation = partial(TftpConversation, timeout=timeout, retries=retries, time_limit=time_limit)
        self._max_transfers = max_transfers

    def _listen(self) -> TftpListener:
        return TftpListener(
            self.host,
            self.port,
            self._answer,
            self._conversation,
            max_transfers=self._max_transfers,
            on_malformed=self._refused,
            on_failure=self._failed,
        )

    def _refused(self, call: Call, client: SocketAddress, reason: str) -> None:
        """Record a request that cannot be read."""
        _Record(self.journal, self.url, call, client, fault="").write(ILLEGAL_OPERATION, 0, reason)

    def _answer(self, call: Call, client: SocketAddress, conversation: TftpConversation) -> None:
        fault = TftpFault(self._faults.for_request(call.method, call.path, ""), conversation)
        record = _Record(self.journal, self.url, call, client, fault.rule)
        try:
            fault.before_the_answer()
            if call.mode not in _MODES:
                raise TransferBrokenError("only the modes octet and netascii are served", ILLEGAL_OPERATION)
            if call.method == "RRQ":
                self._send(call, conversation, fault, record)
            else:
                self._receive(call, conversation, fault, record)
        except TransferBrokenError as error:
            record.write(error.code or BROKEN_OFF, conversation.moved, str(error))
            if error.code is not None:
                conversation.refuse(error.code, str(error))
        finally:
            if not record.is_written:  # the site failed
                record.write(BROKEN_OFF, conversation.moved)

    def _send(self, call: Call, conversation: TftpConversation, fault: TftpFault, record: "_Record") -> None:
        def before_last() -> None:
            fault.before_the_end()
            record.write(_SERVED, len(data))

        answer = self._site.read(call.path)
        match answer:
            case Found(data=data):
                record.sent = data = fault.of_file(data)
                if call.mode == "netascii":
                    data = to_netascii(data)
                agreement = agree(call.options, size=fault.of_length(len(data)))
                conversation.send_file(data, agreement, before_last=before_last)
            case Missing():
                raise TransferBrokenError("File not found", FILE_NOT_FOUND)
            case Forbidden(reason=reason):
                raise TransferBrokenError(reason, ACCESS_VIOLATION)
            case Refusing(error=error, reason=reason):
                raise TransferBrokenError(reason, error)
            case _:
                assert_never(answer)

    def _receive(self, call: Call, conversation: TftpConversation, fault: TftpFault, record: "_Record") -> None:
        # Said before the upload, not after it.
        if (refused := refused_upload(self._site, call.path)) is not None:
            raise TransferBrokenError(refused.reason, ACCESS_VIOLATION)
        limit = self._site.upload_limit
        received, blocks = conversation.receive_file(
            agree(call.options), limit=2 * limit if call.mode == "netascii" else limit
        )
        record.received = data = from_netascii(received) if call.mode == "netascii" else received
        fault.before_the_end()
        answer = store_upload(self._site, call.path, data)
        match answer:
            case Stored():
                record.write(_SERVED, len(received))
                conversation.finish(blocks)
            case Forbidden(reason=reason):
                raise TransferBrokenError(reason, ACCESS_VIOLATION)
            case TooLarge(limit=limit):
                raise TransferBrokenError(f"over the limit of {limit} bytes", ALLOCATION_EXCEEDED)
            case Refusing(error=error, reason=reason):
                raise TransferBrokenError(reason, error)
            case _:
                assert_never(answer)


class _Record:
    """What the journal is told of one transfer, once; `received` and `sent` are the files, once they are known."""

    def __init__(self, journal: Journal, root: str, call: Call, client: SocketAddress, fault: str) -> None:
        self.is_written = False
        self.received: bytes | None = None
        self.sent: bytes | None = None
        self._journal = journal
        self._root = root
        self._call = call
        self._client = authority(*client[:2])
        self._fault = fault
        self._at = datetime.now(UTC)
        self._started = monotonic()

    def write(self, status: int, size: int, reason: str = "") -> None:
        """Record the transfer, with how it ended."""
        self.is_written = True
        path = self._call.path
        self._journal.record(
            Request(
                at=self._at,
                protocol="tftp",
                client=self._client,
                method=self._call.method,
                path=path.removeprefix("/"),
                status=status,
                size=size,
                user_agent="",
                seconds=monotonic() - self._started,
                fault=self._fault,
            ),
            Contents(root=self._root, path=path, reason=reason, received=self.received, sent=self.sent),
        )
