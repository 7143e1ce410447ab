"""A boot server: one site, served over HTTP, HTTPS and TFTP, that can be changed and spoiled while it runs.

It does not know who asks, nor what a phone makes of the answers.
"""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from phone_sim.boot_server.endpoint import Endpoint
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.journal import Journal, Request
from phone_sim.boot_server.site import ChangingSite, MemorySite, Missing, Removed, Site, Stored, TooLarge
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.errors import UsageError

if TYPE_CHECKING:
    from phone_sim.boot_server.certificates import ServerTls


class BootServer:
    """Serves a site, such as a `FolderSite` or a `MemorySite`, on an address of IPv4 or IPv6; a context manager.

    A port of 0 is a free one, which stays the same when the server is stopped and started again; None: the protocol is
    not served. HTTPS has the certificate in the PEM file `certificate`, which holds its key as well, or one that is
    made for `host` on the spot: then clients have to trust `ca_file`. `faults` are answers spoiled on purpose, such as
    `faults.add("503 file=*-license.cfg nth=1")`. `journal` is where requests are recorded, by default in memory.

    Raises:
        TypeError: `site` is not a site.
        UsageError: the certificate cannot be used.
    """

    def __init__(
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        http_port: int | None = 0,
        https_port: int | None = None,
        tftp_port: int | None = 0,
        certificate: Path | str | None = None,
        faults: FaultPlan | None = None,
        journal: Journal | None = None,
    ) -> None:
        if not isinstance(site, Site):
            raise TypeError(
                f"a boot server needs a site, and this is {type(site).__name__} {site!r}: "
                "expected FolderSite(path) or MemorySite({name: data})"
            )
        self.site = site
        self.faults = FaultPlan() if faults is None else faults
        self.journal = Journal() if journal is None else journal
        self.is_up = False
        self._errors: list[Exception] = []
        self._tls = None if https_port is None else _tls(certificate, host)
        self._endpoints: dict[str, Endpoint] = {}
        if http_port is not None:
            self._endpoints["http"] = self._http(host, http_port, None)
        if https_port is not None:
            self._endpoints["https"] = self._http(host, https_port, self._tls)
        if tftp_port is not None:
            self._endpoints["tftp"] = TftpEndpoint(
                site,
                host=host,
                port=tftp_port,
                journal=self.journal,
                faults=self.faults,
                on_error=self._errors.append,
            )

    @property
    def url(self) -> str:
        """The root of the site over HTTP, such as `http://127.0.0.1:34567/`. Raises UsageError if it is not served."""
        return self._url("http")

    @property
    def https_url(self) -> str:
        """The root of the site over HTTPS. Raises UsageError if it is not served."""
        return self._url("https")

    @property
    def tftp_url(self) -> str:
        """The root of the site over TFTP. Raises UsageError if it is not served."""
        return self._url("tftp")

    @property
    def urls(self) -> tuple[str, ...]:
        """The root of the site over each protocol that is served."""
        return tuple(endpoint.url for endpoint in self._endpoints.values())

    @property
    def ca_file(self) -> Path | None:
        """The PEM file of the authority that was made for HTTPS; None where no certificate was made.

        It is there as long as this object is.
        """
        return None if self._tls is None else self._tls.ca_file

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far, of all protocols, in the order of the answers."""
        return self.journal.requests

    def start(self) -> None:
        """Serve until `stop`, on the same ports as before.

        Raises:
            UsageError: it is started already, or an address cannot be listened on; then nothing is served.
        """
        if self.is_up:
            raise UsageError("the boot server is started already")
        try:
            for endpoint in self._endpoints.values():
                endpoint.start()
        except BaseException:
            self.stop()
            raise
        self.is_up = True

    def stop(self) -> None:
        """Cut off what is under way, and wait for it; nothing is done where it is stopped already."""
        for endpoint in self._endpoints.values():
            endpoint.stop()
        self.is_up = False

    def put(self, path: str, data: bytes | str) -> None:
        """Put a file on the site, in the place of an older one; text is written in UTF-8.

        Raises:
            UsageError: the path names no file below the root, the file is too large, or the site takes none.
        """
        answer = self.site.write(path, data.encode() if isinstance(data, str) else data)
        if isinstance(answer, TooLarge):
            raise UsageError(f"{path!r} is over the limit of {answer.limit} bytes")
        if not isinstance(answer, Stored):
            raise UsageError(f"{path!r} cannot be put on the boot server: {answer.reason}")

    def remove(self, path: str) -> None:
        """Take a file off the site.

        Raises:
            UsageError: there is no such file, or the site cannot be changed.
        """
        if not isinstance(self.site, ChangingSite):
            raise UsageError(f"{path!r} cannot be removed: a {type(self.site).__name__} cannot be changed")
        answer = self.site.remove(path)
        if isinstance(answer, Missing):
            raise UsageError(f"{path!r} is not on the boot server")
        if not isinstance(answer, Removed):
            raise UsageError(f"{path!r} cannot be removed from the boot server: {answer.reason}")

    def reset(self) -> None:
        """Take away the faults, and forget the requests and errors so far.

        A `MemorySite` has the files again that it was made with; the files of another site stay as they are.
        """
        self.faults.clear()
        self.journal.clear()
        self._errors.clear()
        if isinstance(self.site, MemorySite):
            self.site.reset()

    def raise_errors(self) -> None:
        """Raise what went wrong in the threads of the server since the last call; leaving the context does it too.

        A client that breaks off is not such an error.

        Raises:
            ExceptionGroup: the exceptions.
        """
        errors = self._errors.copy()
        self._errors.clear()
        if errors:
            raise ExceptionGroup("the boot server failed", errors)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            # An interrupt at the end of `start`: nobody else would stop the threads.
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.raise_errors()

    def _http(self, host: str, port: int, tls: "ServerTls | None") -> HttpEndpoint:
        return HttpEndpoint(
            self.site,
            host=host,
            port=port,
            journal=self.journal,
            faults=self.faults,
            tls=None if tls is None else tls.context,
            on_error=self._errors.append,
        )

    def _url(self, scheme: str) -> str:
        if scheme not in self._endpoints:
            raise UsageError(f"{scheme.upper()} is not served: make the boot server with {scheme}_port=0, or a port")
        return self._endpoints[scheme].url


def _tls(certificate: Path | str | None, host: str) -> "ServerTls":
    # Imported here: cryptography takes its time, and few need HTTPS.
    from phone_sim.boot_server.certificates import load_certificate, make_certificate

    return make_certificate(host) if certificate is None else load_certificate(certificate)
