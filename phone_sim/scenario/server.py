"""The embedded boot server of a scenario: over HTTP, TFTP or from memory, with faults, and down and up again.

This module does not know who asks.
"""

from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http import HttpBootServer
from phone_sim.boot_server.site import Found, MemorySite, Missing, ReadAnswer, Stored, TooLarge, WriteAnswer
from phone_sim.boot_server.tftp import TftpBootServer
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import (
    Fetch,
    Fetched,
    FetchReply,
    Refused,
    TransferFailed,
    Upload,
    Uploaded,
    UploadReply,
)
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Limits, Transport, network_transport
from phone_sim.runtime.transport.memory import NOT_FOUND, MemoryTransport
from phone_sim.scenario.case import AddFault, EmbeddedServer, Protocol, Put, Remove, ServerChange, ServerEvent

_SERVERS = {Protocol.HTTP: HttpBootServer, Protocol.TFTP: TftpBootServer}
_NO_ANSWER = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)


class ScenarioServer:
    """The boot server that a scenario describes; a context manager, up within it.

    `seed` is what its faults go by. `limits` are how long its phones wait.
    """

    trust = None

    def __init__(self, case: EmbeddedServer, *, seed: int, limits: Limits) -> None:
        self._faults = FaultPlan(case.faults, seed)
        self._site = _ChangingSite(case.files)
        self._limits = limits
        kind = _SERVERS.get(case.protocol)
        self._network = None if kind is None else kind(self._site, faults=self._faults)
        self._is_up = False

    @property
    def url(self) -> str:
        """The address for a phone."""
        return "http://boot.example/" if self._network is None else self._network.url

    def change(self, change: ServerChange) -> None:
        """Do what a step says. Raises UsageError if it cannot be done."""
        match change:
            case ServerEvent.DOWN:
                self._down()
            case ServerEvent.UP:
                self._up()
            case ServerEvent.CLEAR_FAULTS:
                self._faults.clear()
            case Put(files=files):
                for path, data in files.items():
                    self._put(path, data)
            case Remove(path=path):
                self._site.remove(path.lstrip("/"))
            case AddFault(rule=rule):
                self._faults.add(rule)

    def transport(self, _: MacAddress) -> Transport:
        """A phone's way to this server."""
        if self._network is not None:
            return network_transport(limits=self._limits)
        return MemoryTransport(self._fetched, self._uploaded)

    def path_of(self, request: Fetch | Upload) -> str:
        """The path of a request below the root of its server, without a leading slash."""
        return unquote(urlsplit(request.location.url).path).lstrip("/")

    def _put(self, path: str, data: bytes) -> None:
        answer = self._site.write(path, data)
        if not isinstance(answer, Stored):
            raise UsageError(f"{path!r} cannot be put on the boot server: {answer}")

    def _up(self) -> None:
        if self._is_up:
            raise UsageError("the boot server is up already")
        if self._network is not None:
            self._network.start()
        self._is_up = True

    def _down(self) -> None:
        if not self._is_up:
            raise UsageError("the boot server is down already")
        if self._network is not None:
            self._network.stop()
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
        match self._site.read(self.path_of(request)):
            case Found(data=data):
                return Fetched(data, 200)
            case Missing():
                return NOT_FOUND
            case other:
                return Refused(other.reason)

    def _uploaded(self, request: Upload) -> UploadReply:
        if not self._is_up:
            return _NO_ANSWER
        match self._site.write(self.path_of(request), request.body):
            case Stored(created=created):
                return Uploaded(201 if created else 204)
            case TooLarge(limit=limit):
                return Refused(f"over the limit of {limit} bytes")
            case other:
                return Refused(other.reason)


class _ChangingSite:
    """A site in memory that files can be taken off."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._site = MemorySite(files)

    @property
    def upload_limit(self) -> int:
        return self._site.upload_limit

    def read(self, path: str) -> ReadAnswer:
        return self._site.read(path)

    def write(self, path: str, data: bytes) -> WriteAnswer:
        return self._site.write(path, data)

    def remove(self, path: str) -> None:
        files = self._site.files
        if path not in files:
            raise UsageError(f"{path!r} is not on the boot server")
        del files[path]
        self._site = MemorySite(files)
