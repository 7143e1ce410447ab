"""A boot server that the user named, as a scenario sees it: phones reach it over the network, and that is all.

This module does not know who named it.
"""

from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import unquote, urlsplit

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetch, Stream, Upload
from phone_sim.firmware.location import BootServerAddress, authority_of
from phone_sim.runtime.client_certificates import own_tls
from phone_sim.runtime.transport import Limits, Tls, Transport, network_transport, newest_version, oldest_version
from phone_sim.scenario.scenario import NamedServer, ScenarioPhone, ServerChange


class RemoteServer:
    """The named boot server, or several of them; a context manager in which nothing happens to it."""

    def __init__(self, case: NamedServer, *, limits: Limits) -> None:
        self._case = case
        self._limits = limits
        self._roots = tuple(server.root for server in BootServerAddress.parse_all(case.url))

    @property
    def url(self) -> str:
        """The address for a phone."""
        return self._case.url

    @property
    def trust(self) -> Path | None:
        """The public key that its license keys are verified with; None for the test pair's."""
        return self._case.trust

    @property
    def reaches_others(self) -> bool:
        """True: phones reach it over the network, and so other boot servers as well."""
        return True

    def transport(self, phone: ScenarioPhone) -> Transport:
        """A phone's way to this server. Raises UsageError for files, versions or ciphers that cannot be used."""
        tls = own_tls(_tls(self._case), phone.mac, phone.firmware)
        return network_transport(
            limits=self._limits,
            ca_file=tls.ca_file,
            client_cert=tls.client_cert,
            tls_min=tls.oldest,
            tls_max=tls.newest_spoken,
            ciphers=tls.ciphers,
        )

    def path_of(self, request: Fetch | Stream | Upload) -> str:
        """The path of a request below the root of this server, without a leading slash.

        What is elsewhere on it has its whole path, with the slash, and what is on another server its URL.
        """
        url = request.location.url
        path = urlsplit(url).path
        for root in self._roots:
            if url.startswith(root):
                return unquote(path.removeprefix(urlsplit(root).path))
        is_here = any(authority_of(url) == authority_of(root) for root in self._roots)
        return unquote(path) if is_here else url

    def change(self, change: ServerChange) -> NoReturn:  # noqa: ARG002 - as for the embedded one
        """Raises UsageError: its files and its life are its owner's."""
        raise UsageError(f"only the embedded boot server can be changed, and this is {' '.join(self._roots)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it as it is."""


def _tls(case: NamedServer) -> Tls:
    oldest = oldest_version(case.tls_min, newest_version(case.tls_max))
    return Tls(
        ca_file=case.ca_file, client_cert=case.client_cert, oldest=oldest, newest=case.tls_max, ciphers=case.ciphers
    )
