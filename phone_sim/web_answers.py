"""Answers that refuse a request of a page, and the headers that every answer of a guarded page has.

When a request is refused is in `phone_sim.web_access`. This module knows no page, and neither ASGI nor WSGI.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: a browser would then call the origin of our own forms null.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def content_policy(*, inline: bool) -> str:
    """The Content-Security-Policy of pages that take nothing from other servers; `inline` allows scripts in a page."""
    more = " 'unsafe-inline'" if inline else ""
    return (
        f"default-src 'none'; script-src 'self'{more}; style-src 'self'{more}; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What is said instead of letting a request pass."""

    status: int
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        """The text as a line of plain text in UTF-8."""
        return f"{self.text}\n".encode() if self.text else b""

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """The headers, which end the connection: the request's body was not read."""
        own = [("content-type", "text/plain; charset=utf-8"), ("content-length", f"{len(self.body)}")]
        return [*own, ("connection", "close"), *self.headers]


BODY_IS_LATE = PageAnswer(status=408, text="The body of this request did not come in time.")


def body_is_too_large(limit: int) -> PageAnswer:
    """What is said about a body of more than `limit` bytes."""
    return PageAnswer(status=413, text=f"The body of this request has more than {limit} bytes.")


def guarded_headers(headers: Iterable[tuple[str, str]], policy: str) -> list[tuple[str, str]]:
    """The headers of any answer: without those of CORS, and with those of a guarded page that it has not set itself."""
    kept = [(name, value) for name, value in headers if not name.lower().startswith("access-control-")]
    own = {name.lower() for name, _ in kept}
    # What has an ETag may be kept, and is asked for again each time.
    more = {"Content-Security-Policy": policy, "Cache-Control": "no-cache" if "etag" in own else "no-store", **_HEADERS}
    return kept + [(name.lower(), value) for name, value in more.items() if name.lower() not in own]
