"""Transports: how a phone's files get to it and from it.

A transport answers every `Fetch`, `Stream` and `Upload` with a reply and raises nothing. Which one is used is the
scheme's decision, and a transport is made when its scheme is first asked for, so that nobody pays for a protocol that
is not spoken.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetch, FetchReply, Stream, StreamReply, TransferFailed, Upload, UploadReply
from phone_sim.firmware.location import SCHEMES, BootServerAddress
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.printable import printable

REASON_LIMIT = 100
"""Most characters of a reason; our choice."""


class Transport(Protocol):
    """One way to move files."""

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file."""

    def stream(self, request: Stream) -> StreamReply:
        """Download a file without keeping it, or only its beginning."""

    def upload(self, request: Upload) -> UploadReply:
        """Send a file."""

    def close(self) -> None:
        """Give back what is held open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits in seconds: `answer` for each wait for the server, `transfer` for a whole file. Ours."""

    answer: float = 5.0
    transfer: float = 60.0


TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
"""The versions of TLS that a phone can be made to speak, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """How HTTPS and FTPS are spoken; files are in PEM form.

    `ca_file` holds the authorities that servers are checked with, certifi's without one; `client_cert` the phone's own
    certificate and its key, for servers that ask for it; `oldest` and `newest` are the versions of TLS that are spoken,
    and those between. `newest` is None for the newest that a phone's firmware is known to speak, or 1.3. `ciphers` are
    those of versions up to 1.2, as OpenSSL writes a list of them; empty for its own.
    """

    ca_file: Path | None = None
    client_cert: Path | None = None
    oldest: str = "1.2"
    newest: str | None = None
    ciphers: str = ""

    @property
    def newest_spoken(self) -> str:
        """The newest version, where no firmware limits it."""
        return newest_version(self.newest)

    @property
    def offer(self) -> str:
        """What a phone offers a server, in words."""
        newest = self.newest_spoken
        versions = self.oldest if self.oldest == newest else f"{self.oldest} to {newest}"
        return f"TLS {versions} with ciphers {self.ciphers or 'of OpenSSL by default'}"


def newest_version(given: str | None, known: Sequence[str] = ()) -> str:
    """The newest version of TLS where none is given: that of the `known` ones of a firmware, or of all."""
    return given or (known or TLS_VERSIONS)[-1]


def oldest_version(given: str | None, newest: str) -> str:
    """The oldest version of TLS where none is given: 1.2, or the newest if that is older."""
    return given or min(Tls().oldest, newest)


_SPOKEN_EVERYWHERE = tuple(Tls(newest=one) for one in ("1.2", "1.3"))
"""What any OpenSSL can speak, so that nothing has to be tried."""


def check_addresses(addresses: str) -> None:
    """Refuse what are no addresses of boot servers, with blanks between, or of a protocol that cannot be spoken.

    Raises:
        UsageError: that says which.
    """
    for server in BootServerAddress.parse_all(addresses):
        if server.root.partition("://")[0] not in SCHEMES:
            raise UsageError(f"{server.root}: {', '.join(SCHEMES)} can be spoken")


def one_line(words: str, limit: int = REASON_LIMIT) -> str:
    """The words of a server or a library as a reason: one printable line of at most `limit` characters."""
    return " ".join(printable(words[:limit], " ").split())


class TransportByScheme:
    """The transport that speaks the scheme of each request's URL; a scheme that none speaks is a failed transfer."""

    def __init__(self, makers: Mapping[str, Callable[[], Transport]]) -> None:
        self._makers = makers
        self._made: dict[str, Transport] = {}

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file by the protocol of its URL."""
        transport = self._speaker(request.location.url)
        return transport if isinstance(transport, TransferFailed) else transport.fetch(request)

    def stream(self, request: Stream) -> StreamReply:
        """Download a file, without keeping it, by the protocol of its URL."""
        transport = self._speaker(request.location.url)
        return transport if isinstance(transport, TransferFailed) else transport.stream(request)

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
        scheme, slashes, _ = url.partition("://")
        scheme = scheme.lower() if slashes else ""
        if scheme not in self._makers:
            return TransferFailed(FailureKind.UNUSABLE_ADDRESS, f"no transport speaks {scheme}", unanswered=True)
        if scheme not in self._made:
            self._made[scheme] = self._makers[scheme]()
        return self._made[scheme]


def network_transport(
    *,
    limits: Limits | None = None,
    ca_file: Path | None = None,
    client_cert: Path | None = None,
    tls_min: str | None = None,
    tls_max: str = "1.3",
    ciphers: str = "",
    source_address: str | None = None,
) -> TransportByScheme:
    """The transport for `http`, `https`, `ftp`, `ftps` and `tftp`.

    `ca_file`, `client_cert`, `tls_min` and `tls_max` (1.0 to 1.3) and `ciphers` are those of `Tls`; `source_address` is
    the IP address of this machine that everything is asked from.

    Raises:
        UsageError: for a file, an address, versions or ciphers that cannot be used.
    """
    bounds = limits or Limits()
    oldest = oldest_version(tls_min, tls_max)
    tls = Tls(ca_file=ca_file, client_cert=client_cert, oldest=oldest, newest=tls_max, ciphers=ciphers)
    if tls not in _SPOKEN_EVERYWHERE:
        from phone_sim.runtime.transport.tls import client_context

        client_context(tls)
    if source_address is not None:
        _check_own(source_address)

    def http() -> Transport:
        from phone_sim.runtime.transport.http import HttpTransport

        return HttpTransport(bounds, tls, source_address)

    def ftp() -> Transport:
        from phone_sim.runtime.transport.ftp import FtpTransport

        return FtpTransport(bounds, tls, source_address)

    def tftp() -> Transport:
        from phone_sim.runtime.transport.tftp import TftpTransport

        return TftpTransport(bounds, source_address)

    return TransportByScheme(dict(zip(SCHEMES, (http, http, ftp, ftp, tftp), strict=True)))


def _check_own(address: str) -> None:
    try:
        family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except (OSError, ValueError) as error:
        raise UsageError(f"{address}: not an IP address of this machine") from error
