"""The boot server that phones are tested against: an embedded one, or one that the user named.

This module does not know what is tested.
"""

import logging
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import urlsplit

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.journal import Journal, Request
from phone_sim.boot_server.site import Stored, TooLarge, locate
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.errors import UsageError


class EmbeddedBootServer:
    """A boot server over HTTP and TFTP on the loopback address, for tests; a context manager.

    `folder`, which must be there and empty, holds its files: a test may also copy a whole site into it. `faults` are
    what it spoils on purpose, over both protocols, such as `faults.add("503 file=*-license.cfg nth=1")`; `seed` is what
    they go by.
    """

    is_embedded = True

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.folder = folder
        self.faults = FaultPlan(seed=seed)
        self._site = FolderSite(folder)
        self._journal = Journal()
        self._http = HttpEndpoint(self._site, journal=self._journal, faults=self.faults)
        self._tftp = TftpEndpoint(self._site, journal=self._journal, faults=self.faults)
        self._errors = _LoggedErrors()
        self._running = ExitStack()

    @property
    def url(self) -> str:
        """The address for a phone, over HTTP."""
        return self._http.url

    @property
    def tftp_url(self) -> str:
        """The address for a phone, over TFTP."""
        return self._tftp.url

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked since the test began, over HTTP and TFTP, in the order of the answers."""
        return self._journal.requests

    def put(self, path: str, data: bytes | str) -> None:
        """Put a file on the server, in the place of an older one; text is written in UTF-8.

        Raises:
            UsageError: the path names no file below the root, or the file is too large.
        """
        answer = self._site.write(path, data.encode() if isinstance(data, str) else data)
        if isinstance(answer, TooLarge):
            raise UsageError(f"{path!r} is over the limit of {answer.limit} bytes")
        if not isinstance(answer, Stored):
            raise UsageError(f"{path!r} cannot be put on the boot server: {answer.reason}")

    def remove(self, path: str) -> None:
        """Take a file off the server.

        Raises:
            UsageError: there is no such file.
        """
        segments = locate(path)
        try:
            self.folder.joinpath(*segments or [""]).unlink()
        except OSError as error:
            raise UsageError(f"{path!r} cannot be removed from the boot server: {error.strerror}") from error

    def reset(self) -> None:
        """Empty the site, take away the faults, and forget what was asked and what went wrong."""
        self.faults.clear()
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
        self._journal.clear()
        self._errors.clear()

    def raise_errors(self) -> None:
        """Raise what went wrong inside the server since the reset; a client that broke off is no such thing.

        Raises:
            ExceptionGroup: of the exceptions of its threads.
        """
        if errors := self._errors.clear():
            raise ExceptionGroup("the embedded boot server failed", errors)

    def __enter__(self) -> Self:
        logger = logging.getLogger("phone_sim.boot_server")
        logger.addHandler(self._errors)
        self._running.callback(logger.removeHandler, self._errors)
        self._running.enter_context(self._http)
        self._running.enter_context(self._tftp)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()


class NamedBootServer:
    """A boot server that the user named with `--boot-server`: phones are given its address, and that is all."""

    is_embedded = False

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def tftp_url(self) -> str:
        """The address, if it is one for TFTP. Raises UsageError otherwise."""
        return self.url if urlsplit(self.url).scheme == "tftp" else self._out_of_reach("its TFTP address is not known")

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

    def _out_of_reach(self, what: str) -> NoReturn:
        raise UsageError(f"the boot server is {self.url}, named with --boot-server: {what}")


class _LoggedErrors(logging.Handler):
    """The exceptions that the server's threads log; those are all that they meet and do not expect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._seen: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception):
            self._seen.append(error)

    def clear(self) -> list[Exception]:
        """Forget the exceptions so far; the result is them."""
        seen, self._seen = self._seen, []
        return seen
