"""Looking up the addresses of a host, bounded in time: the system's resolver has no time limit of its own."""

import socket
import threading


class LookupFailedError(OSError):
    """The name has no address, or none came in time."""


def addresses_of(host: str, port: int, *, seconds: float) -> tuple[str, ...]:
    """The IP addresses of a host for TCP, in the order in which they are to be tried.

    A resolver that gives no answer in time is left to end by itself.

    Raises:
        LookupFailedError: there are none within so many seconds.
    """
    found: list[str] = []
    trouble: list[str] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            trouble.append(getattr(error, "strerror", None) or "it is not a host name")

    resolver = threading.Thread(target=look_up, name="lookup", daemon=True)
    resolver.start()
    resolver.join(seconds)
    if not found:
        raise LookupFailedError(f"the address of {host} is not known: {trouble[0] if trouble else 'no answer'}")
    return tuple(found)
