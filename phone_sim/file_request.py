"""What a request for a file is to a test, whoever tells of it: the phone that asked, or the boot server that was asked.

This module does not know either.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar


class FileRequest(Protocol):
    """One request and its answer; both `phone.requests` and `boot_server.requests` have these."""

    @property
    def method(self) -> str:
        """The method of the protocol: GET, HEAD, PUT, RETR, STOR, RRQ or WRQ."""

    @property
    def url(self) -> str:
        """The whole address, without user and password."""

    @property
    def path(self) -> str:
        """The path of the address without its leading slash, percent signs as they are."""

    @property
    def status(self) -> int | None:
        """The HTTP status, the TFTP error or the FTP code.

        For a TFTP transfer that went well a phone has None, and a boot server 0. For one that failed a phone has None,
        and a boot server -1.
        """

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields of the HTTP answer, by their names in any case; empty for another protocol."""

    @property
    def body(self) -> bytes:
        """The file that was fetched, or that was to be uploaded; empty for a file that was not fetched."""

    @property
    def seconds(self) -> float:
        """How long it took."""

    @property
    def user_agent(self) -> str:
        """The User-Agent; empty for another protocol than HTTP."""


Each = TypeVar("Each", bound=FileRequest)


def requests_for(pattern: str, requests: Iterable[Each]) -> tuple[Each, ...]:
    """The requests whose path matches a pattern such as `*-license.cfg`, whole or from any folder on."""
    wanted = pattern.removeprefix("/")
    return tuple(one for one in requests if fnmatchcase(one.path, wanted) or fnmatchcase(one.path, f"*/{wanted}"))
