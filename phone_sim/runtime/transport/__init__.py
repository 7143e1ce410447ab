"""Transports: how a phone's files get to it and from it.

A transport answers every `Fetch` and `Upload` with a reply and raises nothing. Which one is used is the scheme's
decision, and a transport is made when its scheme is first asked for, so that nobody pays for a protocol that is not
spoken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from phone_sim.firmware.effects import Fetch, FetchReply, TransferFailed, Upload, UploadReply

_REASON_LIMIT = 100


class Transport(Protocol):
    """One way to move files."""

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file."""

    def upload(self, request: Upload) -> UploadReply:
        """Send a file."""

    def close(self) -> None:
        """Give back what is held open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits in seconds: `answer` for each wait for the server, `transfer` for a whole file. Ours."""

    answer: float = 5.0
    transfer: float = 60.0


def one_line(words: str) -> str:
    """The words of a server or a library as a reason: one printable line of at most 100 characters."""
    printable = "".join(each if each.isprintable() else " " for each in words[:_REASON_LIMIT])
    return " ".join(printable.split())


class TransportByScheme:
    """The transport that speaks the scheme of each request's URL; a scheme that none speaks is a failed transfer."""

    def __init__(self, makers: Mapping[str, Callable[[], Transport]]) -> None:
        self._makers = makers
        self._made: dict[str, Transport] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file by the protocol of its URL."""
        transport = self._speaker(request.location.url)
        return transport if isinstance(transport, TransferFailed) else transport.fetch(request)

    def upload(self, request: Upload) -> UploadReply:
        """Send a file by the protocol of its URL."""
        transport = self._speaker(request.location.url)
        return transport if isinstance(transport, TransferFailed) else transport.upload(request)

    def close(self) -> None:
        """Close the transports that were used."""
        for transport in self._made.values():
            transport.close()
        self._made.clear()

    def _speaker(self, url: str) -> Transport | TransferFailed:
        scheme = urlsplit(url).scheme
        if scheme not in self._makers:
            return TransferFailed(f"no transport speaks {scheme}", unreachable=True)
        if scheme not in self._made:
            self._made[scheme] = self._makers[scheme]()
        return self._made[scheme]


def network_transport(*, limits: Limits | None = None, ca_file: Path | None = None) -> TransportByScheme:
    """The transport for `http`, `https` and `tftp`; `ca_file` holds the authorities that HTTPS servers are checked
    with."""
    bounds = limits or Limits()

    def http() -> Transport:
        from phone_sim.runtime.transport.http import HttpTransport

        return HttpTransport(bounds, ca_file)

    def tftp() -> Transport:
        from phone_sim.runtime.transport.tftp import TftpTransport

        return TftpTransport(bounds)

    return TransportByScheme({"http": http, "https": http, "tftp": tftp})
