"""Sites whose answers over HTTP are another server's: with its statuses, headers and bytes.

Pure. It does not know where the answers come from, nor how they are sent.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from phone_sim.boot_server.http_faults import BODILESS, HttpAnswer
from phone_sim.boot_server.http_headers import Headers, moved_here, without
from phone_sim.boot_server.site import Site

_LEADING = ("location", "content-location")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as the client made it: `target` as in its first line, all `headers`, and the `body` if it has one."""

    method: str
    target: str
    headers: Headers
    body: bytes | None


@runtime_checkable
class HttpSite(Site, Protocol):
    """A site that has the answers of another server; called by many threads at once, it must not raise."""

    def pass_on(self, request: HttpRequest) -> HttpAnswer | None:
        """The answer of the other server; None where the request is to be answered as by any site."""
        ...


def sent_fields(answer: HttpAnswer, method: str, here: str, *, is_chunked: bool) -> Headers:
    """The fields with which the answer of another server goes to a client that asks at `here`.

    Date and Server are those of the other server. No Via is added: nginx, for one, does not compress for a proxy.
    """
    fields = tuple(
        (name, moved_here(value, answer.of_server, here) if name.lower() in _LEADING else value)
        for name, value in answer.headers
    )
    if is_chunked:
        return (*fields, ("Transfer-Encoding", "chunked"))
    if answer.status in BODILESS or method == "HEAD":
        return fields
    length = len(answer.body) if answer.length is None else answer.length
    return (*without(fields, "content-length"), ("Content-Length", str(length)))
