"""The boot server that phones are tested against: an embedded one, or one that the user named.

This module does not know what is tested.
"""

import shutil
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.journal import Request
from phone_sim.boot_server.server import BootServer
from phone_sim.errors import UsageError


class EmbeddedBootServer(BootServer):
    """A boot server over HTTP, HTTPS and TFTP on the loopback address, for tests.

    `folder`, which must be there and empty, holds its files: a test may also copy a whole site into it. `seed` is that
    of its faults.
    """

    is_embedded = True

    def __init__(self, folder: Path, seed: int = 0) -> None:
        super().__init__(FolderSite(folder), https_port=0, faults=FaultPlan(seed=seed))
        self.folder = folder

    def reset(self) -> None:
        """Empty the folder, take away the faults, and forget the requests and errors so far."""
        super().reset()
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


class NamedBootServer:
    """A boot server that the user named with `--boot-server`: phones are given its address, and that is all."""

    is_embedded = False

    def __init__(self, url: str) -> None:
        self.url = url

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
        raise UsageError(f"the boot server is {self.url}, named with --boot-server: {what}")
