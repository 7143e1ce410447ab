"""A boot server with one fault, over a site that is otherwise in order, for one phone.

The fault is made of files, of the boot server's own rules for faults, or of answers that only this server gives.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http_faults import HttpAnswer, page, whole_file
from phone_sim.boot_server.http_passing import HttpRequest
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import Found, MemorySite
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import DEFAULT_MAC
from tests.make import configured, master, signed_key

PHONE = DEFAULT_MAC
"""The phone whose site it is: the first one of a fleet and of a scenario, too."""
LICENSE = f"{PHONE}-license.cfg"
DIRECTORY = f"{PHONE}-directory.xml"
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": configured("LDAP"),
    LICENSE: write([signed_key(serial=PHONE.serial)]),
    DIRECTORY: b"<directory><item_list><item><ln>Doe</ln><ct>1001</ct></item></item_list></directory>",
}
PATIENCE = 30.0
"""Seconds that a phone waits for an answer: enough on a machine that is busy."""
_PAGE = b"<!DOCTYPE html><html><body>Welcome</body></html>"

Special = Callable[["FaultySite", HttpRequest], HttpAnswer | None]
"""What is answered in place of the site; None where the site is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the server does wrong: `files` over those of the site (None: it is not there), `rules`, or `special`.

    Each command that names the fault prints a line that `clue` is found in; of one that does not, `unnamed` has the
    reason. Phones wait `patience` seconds for an answer. With `by_https` they begin at an address of HTTPS.
    """

    name: str
    what: str = ""
    clue: str = ""
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    special: Special | None = None
    by_https: bool = False
    patience: float = PATIENCE
    unnamed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where phones begin, and the authorities that they trust."""

    url: str
    ca_file: Path | None = None


class FaultySite(MemorySite):
    """A site with the special answers of a fault; `plain_url` is the address of the same files over HTTP."""

    def __init__(self, fault: Fault, plain_url: str = "") -> None:
        files: dict[str, bytes | None] = {**SITE, **fault.files}
        super().__init__({name: data for name, data in files.items() if data is not None})
        self.plain_url = plain_url
        self._special = fault.special

    def pass_on(self, request: HttpRequest) -> HttpAnswer | None:
        """The special answer to a request."""
        return None if self._special is None else self._special(self, request)

    def file(self, request: HttpRequest) -> HttpAnswer | None:
        """The file that is downloaded; None for an upload, and where there is none."""
        found = self.read(request.target)
        if request.method == "PUT" or not isinstance(found, Found):
            return None
        return whole_file(request.target, found.data)


@contextmanager
def serving(fault: Fault) -> Iterator[Address]:
    """The server with a fault, until the end of the context."""
    with ExitStack() as stack:
        plain_url = ""
        if fault.by_https:
            plain = BootServer(FaultySite(Fault(name="none")), tftp_port=None)
            plain_url = stack.enter_context(plain).url
        port = 0 if fault.by_https else None
        server = BootServer(
            FaultySite(fault, plain_url),
            http_port=None if fault.by_https else 0,
            https_port=port,
            tftp_port=None,
            faults=FaultPlan(fault.rules),
        )
        stack.enter_context(server)
        yield Address(url=server.https_url if fault.by_https else server.url, ca_file=server.ca_file)


def page_for_what_is_missing(site: FaultySite, request: HttpRequest) -> HttpAnswer | None:
    """A page with 200 in place of 404."""
    if request.method == "PUT" or site.file(request) is not None:
        return None
    return HttpAnswer(status=HTTPStatus.OK, body=_PAGE, content_type="text/html")


def packed(site: FaultySite, request: HttpRequest) -> HttpAnswer | None:
    """Files packed with gzip, whatever the client accepts."""
    if (file := site.file(request)) is None:
        return None
    return HttpAnswer(
        status=file.status,
        body=gzip.compress(file.body, mtime=0),
        content_type=file.content_type,
        headers=(("Content-Encoding", "gzip"),),
    )


def in_chunks(site: FaultySite, request: HttpRequest) -> HttpAnswer | None:
    """Files in chunks, without a Content-Length."""
    if (file := site.file(request)) is None:
        return None
    return HttpAnswer(
        status=file.status,
        body=file.body,
        headers=(("Content-Type", file.content_type),),
        of_server="http://boot.example/",
        is_chunked=True,
    )


def no_head(_: FaultySite, request: HttpRequest) -> HttpAnswer | None:
    """HEAD is not allowed."""
    return page(HTTPStatus.METHOD_NOT_ALLOWED) if request.method == "HEAD" else None


def to_plain_http(site: FaultySite, request: HttpRequest) -> HttpAnswer | None:
    """A redirect to the same name over HTTP."""
    status = HTTPStatus.TEMPORARY_REDIRECT if request.method == "PUT" else HTTPStatus.FOUND
    return page(status, ("Location", site.plain_url + request.target.lstrip("/")))
