"""The boot server that phones are tested against: an embedded one, or one that the user named.

This module does not know what is tested.
"""

import shutil
from contextlib import closing
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import Journal, Request
from phone_sim.boot_server.server import BootServer
from phone_sim.errors import UsageError
from phone_sim.runtime.server_wait import wait_for_server
from phone_sim.runtime.transport import check_addresses, network_transport

_CONTENTS_LIMIT = 64 * 1024 * 1024
"""Bytes of headers and bodies that are kept for a test (our choice)."""


class EmbeddedBootServer(BootServer):
    """A boot server over HTTP, HTTPS and TFTP on the loopback address, for tests.

    `folder`, which must be there and empty, holds its files: a test may also copy a whole site into it. `seed` is that
    of its faults.
    """

    is_embedded = True

    def __init__(self, folder: Path, seed: int = 0) -> None:
        super().__init__(
            FolderSite(folder),
            https_port=0,
            faults=FaultPlan(seed=seed),
            journal=Journal(contents_limit=_CONTENTS_LIMIT),
        )
        self.folder = folder

    def __repr__(self) -> str:
        return f"<EmbeddedBootServer {self.url}>"

    def reset(self) -> None:
        """Empty the folder, take away the faults, and forget the requests and errors so far."""
        super().reset()
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


class NamedBootServer:
    """A boot server that is not ours: phones are given its address, and what else is asked of it is a UsageError.

    `named_by` says in messages who named it.
    """

    is_embedded = False

    def __init__(self, url: str, named_by: str = "the fixture boot_server") -> None:
        self.url = url
        self._named_by = named_by

    def __repr__(self) -> str:
        return f"<NamedBootServer {self.url}>"

    @property
    def https_url(self) -> str:
        """The address, if it is one for HTTPS. Raises UsageError otherwise."""
        return self._url("https")

    @property
    def tftp_url(self) -> str:
        """The address, if it is one for TFTP. Raises UsageError otherwise."""
        return self._url("tftp")

    @property
    def ca_file(self) -> Path | None:
        """None: phones trust the authorities that certifi names, unless a test gives them others."""
        return None

    @property
    def folder(self) -> Path:
        """Raises UsageError: where the files are is not known."""
        return self._out_of_reach("its folder is not known")

    @property
    def faults(self) -> FaultPlan:
        """Raises UsageError: `phone-sim record` stands between phones and it, and spoils what it answers."""
        return self._out_of_reach("faults cannot be added to it; phone-sim record in front of it can have them")

    @property
    def requests(self) -> tuple[Request, ...]:
        """Raises UsageError: its journal is its own. What a phone asked is in the phone's `requests`."""
        return self._out_of_reach("its requests cannot be seen; those of a phone are in `requests` of the phone")

    def put(self, path: str, data: bytes | str) -> None:  # noqa: ARG002 - as for the embedded one
        """Raises UsageError: its files are its owner's."""
        self._out_of_reach(f"{path!r} cannot be put on it")

    def remove(self, path: str) -> None:
        """Raises UsageError: its files are its owner's."""
        self._out_of_reach(f"{path!r} cannot be removed from it")

    def reset(self) -> None:
        """Its files stay as they are."""

    def raise_errors(self) -> None:
        """What goes wrong inside it is not seen."""

    def _url(self, scheme: str) -> str:
        if urlsplit(self.url).scheme != scheme:
            self._out_of_reach(f"its {scheme.upper()} address is not known")
        return self.url

    def _out_of_reach(self, what: str) -> NoReturn:
        raise UsageError(f"the boot server is {self.url}, named by {self._named_by}: {what}")


def address_of(boot_server: object, option: str | None) -> str:
    """The address of a boot server: what a fixture `boot_server` gives, a URL or an object that has a `url`.

    Raises:
        UsageError: neither, or not the address of a boot server; or the option `--phone-boot-server` names another one.
    """
    url = boot_server if isinstance(boot_server, str) else getattr(boot_server, "url", None)
    if not isinstance(url, str):
        raise UsageError(f"the fixture boot_server gives {boot_server!r:.80}: expected a URL, or an object with a url")
    try:
        check_addresses(url)
    except UsageError as error:
        raise UsageError(f"the fixture boot_server: {error}") from error
    if option not in (None, url):
        raise UsageError(f"--phone-boot-server is {option}, and the fixture boot_server gives {url}: use one of them")
    return url


def wait_for(url: str, seconds: float) -> None:
    """Wait until the server answers, as phones ask. Raises BootServerUnreachableError after so many seconds."""
    with closing(network_transport()) as transport:
        wait_for_server(url, seconds, transport)
