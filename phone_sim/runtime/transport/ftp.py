"""FTP and FTPS, on ftplib: RETR, STOR and NLST, passive mode, bounded in bytes and time (RFC 959, 2428, 4217).

`ftps` is FTP that turns to TLS at once (AUTH TLS, PROT P) and sends no password before; what listens on port 990 and
speaks TLS from the first byte is not spoken. Each transfer has a session of its own. Who gives no user and password is
`anonymous`: ours, since the password that phones are shipped with for their user PlcmSpIp is not known.

A server's PASV address is not followed, only its port: the data connection goes to where the control connection does.
A file over TLS is whole only when TLS has announced its end, whatever the server says of the transfer: FTP tells no
length, and who cuts the data connection does not touch the other (RFC 8446 6.1). That is our decision: clients differ,
FileZilla refuses such a file and curl 7.88 takes it; vsftpd and pyftpdlib announce the end.
This module does not know what the files are.

Other modules about FTP: `audit.ftp_probe`; in the tests `tests.runtime.hostile_ftp`.
"""

import ftplib  # phones speak it  # nosec B402
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

from urllib3.util import wait_for_write

from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    NotFound,
    Refused,
    Stream,
    StreamReply,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import Credentials, Location
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import (
    CUT_OFF,
    Budget,
    connected,
    current_budget,
    is_unanswered,
    offer_hint,
)
from phone_sim.runtime.transport.ftp_replies import CutOffError, failure_of, reply_of
from phone_sim.runtime.transport.streamed_file import StreamedFile

_CHUNK = 64 * 1024
# For all the replies of a session.
_ALLOWANCE = 64 * 1024
_LIST = "NLST"


class _NoMoreError(Exception):
    """No more of the file is wanted."""


class _Client(ftplib.FTP):
    """ftplib's client over bounded sockets, in the clear or, with a context, over TLS."""

    context: ssl.SSLContext | None = None

    def __init__(self, limits: Limits, source_address: str | None) -> None:
        super().__init__(timeout=limits.answer)
        self._limits = limits
        self._source_address = source_address

    def open(self, host: str, port: int, credentials: Credentials | None) -> None:
        """Connect and log in."""
        self.host = host
        control = self._connection(host, port)
        self.af = control.family
        self._converse_over(control)
        self.voidresp()
        if self.context is not None:
            try:
                self.voidcmd("AUTH TLS")
            except ftplib.Error as error:
                # Servers without TLS answer as if they had been asked for a file.
                raise type(error)(f"{error} (to AUTH TLS)") from None
            self._converse_over(self._secured(control, self.context))
        if credentials is None:
            self.login()
        else:
            self.login(credentials.user, credentials.password)
        if self.context is not None:
            self.voidcmd("PBSZ 0")
            self.voidcmd("PROT P")
        self.voidcmd("TYPE I")

    @contextmanager
    def data_connection(self, command: str) -> Iterator[socket.socket]:
        """A connection for the data of a command; on leaving, what the server says of the transfer is awaited."""
        connection = self._connection(*self.makepasv())
        try:
            reply = self.sendcmd(command)
            if not reply.startswith("1"):
                raise ftplib.error_reply(reply)  # noqa: S321 - an exception
            try:
                if self.context is not None:
                    connection = self._secured(connection, self.context)
                yield connection
                _end(connection)
            except (ConnectionError, ssl.SSLError):
                # A server that has had enough closes the data connection and says why on the other.
                with suppress(OSError, EOFError):
                    self.voidresp()
                raise
            # Before the connection is closed: closed with anything unread in it, it would take our data along.
            self.voidresp()
        finally:
            connection.close()

    def leave(self) -> None:
        """Say good-bye."""
        with suppress(OSError, EOFError, ValueError, ftplib.Error):
            self.voidcmd("QUIT")

    def _connection(self, host: str, port: int) -> socket.socket:
        return connected(host, port, patience=self._limits.answer, source_address=self._source_address)

    def _secured(self, plain: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        """The connection over TLS; that for data resumes the session of the control connection, as servers want it."""
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        current_budget.get().limit_wait(plain)
        return context.wrap_socket(plain, server_hostname=self.host, session=session)

    def _converse_over(self, control: socket.socket) -> None:
        if self.file is not None:
            # What has come in the clear after the reply to AUTH goes with it: nobody vouches for that.
            self.file.close()
        self.sock = control
        self.file = control.makefile("r", encoding=self.encoding, errors="replace")


class FtpTransport:
    """Downloads by RETR and uploads by STOR, from `source_address` if there is one.

    A reply of the server that says no is the reply's reason: 550 is `NotFound` (RFC 959 has no other code for it, and
    servers also mean by it that a file may not be had), 425 and 426 a failed transfer, all others `Refused`. Names are
    relative to the folder that the user is in after login. A server makes folders for an upload or refuses it: its
    affair.
    """

    def __init__(self, limits: Limits, tls: Tls = Tls(), source_address: str | None = None) -> None:  # noqa: B008
        self._limits = limits
        self._tls = tls
        self._source_address = source_address
        self._context: ssl.SSLContext | None = None

    def fetch(self, request: Fetch) -> FetchReply:
        """RETR the file."""
        return self._fetched("RETR", request)

    def stream(self, request: Stream) -> StreamReply:
        """RETR the file, and close the data connection when there is enough of it."""
        file = StreamedFile(request)
        failure = self._received("RETR", request, file.take)
        if file.is_over_limit:
            return _too_large(request.limit)
        return failure or file.reply()

    def list_names(self, request: Fetch) -> FetchReply:
        """NLST the folder, which no phone does."""
        return self._fetched(_LIST, request)

    def upload(self, request: Upload) -> UploadReply:
        """STOR the file."""
        body = memoryview(request.body)

        def store(client: _Client, asked: str) -> None:
            with client.data_connection(asked) as connection:
                for start in range(0, len(body), _CHUNK):
                    current_budget.get().limit_wait(connection)
                    connection.sendall(body[start : start + _CHUNK])

        return self._transfer("STOR", request.location, store, 0) or Uploaded()

    def close(self) -> None:
        """Nothing is held open between transfers."""

    def _fetched(self, command: str, request: Fetch) -> FetchReply:
        data = bytearray()

        def take(block: memoryview) -> bool:
            data.extend(block)
            return len(data) <= request.limit

        failure = self._received(command, request, take)
        if len(data) > request.limit:
            return _too_large(request.limit)
        return failure or Fetched(bytes(data))

    def _received(
        self, command: str, request: Fetch | Stream, take: Callable[[memoryview], bool]
    ) -> NotFound | Refused | TransferFailed | None:
        """Receive until the data end or `take` wants no more; None unless the transfer fails."""

        def receive(client: _Client, asked: str) -> None:
            buffer = memoryview(bytearray(_CHUNK))
            budget = current_budget.get()
            budget.is_cut_off = False
            with client.data_connection(asked) as connection:
                while size := connection.recv_into(buffer):
                    if not take(buffer[:size]):
                        raise _NoMoreError
                is_cut_off = budget.is_cut_off
            if is_cut_off:
                raise CutOffError(CUT_OFF)

        return self._transfer(command, request.location, receive, request.limit)

    def _transfer(
        self, command: str, location: Location, work: Callable[[_Client, str], None], size: int
    ) -> NotFound | Refused | TransferFailed | None:
        """Run a session in which at most `size` bytes of data are received; None when the work is done.

        The work gets the command with the name; only a list can do without, for the root.
        """
        parts = urlsplit(location.url)
        name = unquote(parts.path).removeprefix("/")
        if (not name and command != _LIST) or any(character in name for character in "\r\n\0"):
            return TransferFailed(FailureKind.UNUSABLE_ADDRESS, "FTP has no way to ask for this name")
        budget = Budget(seconds=self._limits.transfer, size=size + _ALLOWANCE)
        current_budget.set(budget)
        client = _Client(self._limits, self._source_address)
        try:
            if parts.scheme == "ftps":
                client.context = self._secure_context()
            client.open(parts.hostname or "", parts.port or ftplib.FTP_PORT, location.credentials)
            work(client, f"{command} {name}" if name else command)
            client.leave()
        except _NoMoreError:
            return None
        except ftplib.Error as error:
            client.leave()
            return reply_of(error)
        except Exception as error:  # a reply that ftplib cannot read is a ValueError or an OverflowError, for some
            kind, words = failure_of(error, budget)
            words = one_line(words) + offer_hint(error, budget)
            return TransferFailed(kind, words, unanswered=is_unanswered(error, budget))
        finally:
            client.close()
        return None

    def _secure_context(self) -> ssl.SSLContext:
        if self._context is None:
            from phone_sim.runtime.transport.tls import client_context

            self._context = client_context(self._tls)
        return self._context


def _end(connection: socket.socket) -> None:
    """Say that nothing more is sent, without waiting for the other side to say so, which some never do."""
    if isinstance(connection, ssl.SSLSocket):
        wait_for_write(connection, connection.gettimeout())
        connection.settimeout(0)
        with suppress(OSError):
            connection.unwrap()
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def _too_large(limit: int) -> TransferFailed:
    return TransferFailed(FailureKind.TOO_LARGE, f"the file has more than {limit} bytes")
