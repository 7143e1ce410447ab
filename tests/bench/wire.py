"""A request of a phone as bytes, for the sides of a benchmark that send it without any client."""

from urllib.parse import urlsplit

from phone_sim.firmware.effects import Fetch, Upload


def message(request: Fetch | Upload) -> bytes:
    """A request as it goes over the wire."""
    parts = urlsplit(request.location.url)
    method, body = ("PUT", request.body) if isinstance(request, Upload) else ("GET", b"")
    length = f"Content-Length: {len(body)}\r\n" if isinstance(request, Upload) else ""
    return (
        f"{method} {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
        f"User-Agent: {request.user_agent}\r\n{length}\r\n".encode()
        + body
    )
