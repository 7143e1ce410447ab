"""The embedded boot server of a scenario: over HTTP, HTTPS, TFTP or from memory, with faults, and down and up again.

This module does not know who asks.
"""

from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.file_pieces import store_piece
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import Found, MemorySite, Missing, Stored, TooLarge
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import (
    Fetch,
    FetchReply,
    Refused,
    Stream,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.location import authority_of
from phone_sim.firmware.profile import profile_for
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Limits, Transport, network_transport, newest_version
from phone_sim.runtime.transport.memory import NOT_FOUND, MemoryTransport, found
from phone_sim.scenario.scenario import (
    AddFault,
    EmbeddedServer,
    Protocol,
    Put,
    Remove,
    ScenarioPhone,
    ServerChange,
    ServerEvent,
)

_NO_ANSWER = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


class ScenarioServer:
    """The boot server that a scenario describes; a context manager, up within it.

    `seed` is what its faults go by. `limits` are how long its phones wait.
    """

    trust = None

    def __init__(self, case: EmbeddedServer, *, seed: int, limits: Limits) -> None:
        # Nobody reads the journal; what phones asked is seen at their own end.
        journal = Journal(capacity=0)
        self._server = BootServer(
            MemorySite(case.files),
            https_port=0 if case.protocol is Protocol.HTTPS else None,
            faults=FaultPlan(case.faults, seed),
            journal=journal,
        )
        self._protocol = case.protocol
        self._limits = limits
        self._is_up = False

    @property
    def url(self) -> str:
        """The address for a phone."""
        match self._protocol:
            case Protocol.HTTP:
                return self._server.url
            case Protocol.HTTPS:
                return self._server.https_url
            case Protocol.TFTP:
                return self._server.tftp_url
            case Protocol.MEMORY:
                return "http://boot.example/"

    def change(self, change: ServerChange) -> None:
        """Do what a step says. Raises UsageError if it cannot be done."""
        match change:
            case ServerEvent.DOWN:
                self._down()
            case ServerEvent.UP:
                self._up()
            case ServerEvent.CLEAR_FAULTS:
                self._server.faults.clear()
            case Put(files=files):
                for path, data in files.items():
                    self._server.put(path, data)
            case Remove(path=path):
                self._server.remove(path)
            case AddFault(rule=rule):
                self._server.faults.add(rule)

    @property
    def reaches_others(self) -> bool:
        """True where phones reach it over the network, and so other boot servers as well."""
        return self._protocol is not Protocol.MEMORY

    def transport(self, phone: ScenarioPhone) -> Transport:
        """A phone's way to this server; over HTTPS it trusts the authority that was made for it."""
        if self._protocol is Protocol.MEMORY:
            return MemoryTransport(self._fetched, self._uploaded)
        newest = newest_version(None, profile_for(phone.firmware).tls_versions)
        return network_transport(limits=self._limits, ca_file=self._server.ca_file, tls_max=newest)

    def path_of(self, request: Fetch | Stream | Upload) -> str:
        """The path of a request below the root of this server, without a leading slash; elsewhere the whole URL."""
        url = request.location.url
        if self.reaches_others and authority_of(url) != authority_of(self.url):
            return url
        return unquote(urlsplit(request.location.url).path).lstrip("/")

    def _up(self) -> None:
        if self._is_up:
            raise UsageError("the boot server is up already")
        if self._protocol is not Protocol.MEMORY:
            self._server.start()
        self._is_up = True

    def _down(self) -> None:
        if not self._is_up:
            raise UsageError("the boot server is down already")
        self._server.stop()
        self._is_up = False

    def __enter__(self) -> Self:
        self._up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_up:
            self._down()

    def _fetched(self, request: Fetch) -> FetchReply:
        if not self._is_up:
            return _NO_ANSWER
        match self._server.site.read(self.path_of(request)):
            case Found(data=data):
                return found(request, data)
            case Missing():
                return NOT_FOUND
            case other:
                return Refused(other.reason)

    def _uploaded(self, request: Upload) -> UploadReply:
        if not self._is_up:
            return _NO_ANSWER
        match store_piece(self._server.site, self.path_of(request), request.body, request.content_range):
            case Stored(created=created):
                return Uploaded(201 if created else 204)
            case TooLarge(limit=limit):
                return Refused(f"over the limit of {limit} bytes")
            case other:
                return Refused(other.reason)
