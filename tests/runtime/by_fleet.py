"""The transports of a fleet beside those of a single phone, for tests that hold for both.

A transport of a fleet belongs to the thread in which it is first asked, where gevent has a hub for it; nothing is
monkey-patched. So here each has a thread of its own, and can be asked from any.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import gevent

from phone_sim.firmware.effects import Fetch, FetchReply, Stream, StreamReply, Upload, UploadReply
from phone_sim.fleet.transport.http import GeventHttpTransport
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits, Tls, Transport, TransportByScheme, oldest_version
from phone_sim.runtime.transport.http import HttpTransport
from phone_sim.runtime.transport.tftp import TftpTransport
from tests.runtime.phones import PATIENT

_PATIENCE = 90.0  # more than any test has for a call

Made = Callable[..., Transport]
"""What makes a transport of the limits, and whatever else its class takes."""


class InAThread:
    """A transport that is made, asked and closed in one thread."""

    def __init__(self, make: Callable[[], Transport]) -> None:
        self._tasks: SimpleQueue[tuple[Callable[[Transport], object], Future[object]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(make,), daemon=True)
        self._thread.start()

    def fetch(self, request: Fetch) -> FetchReply:
        """Download a file."""
        return self._done(lambda transport: transport.fetch(request))  # type: ignore[return-value]

    def stream(self, request: Stream) -> StreamReply:
        """Download a file without keeping it."""
        return self._done(lambda transport: transport.stream(request))  # type: ignore[return-value]

    def upload(self, request: Upload) -> UploadReply:
        """Send a file."""
        return self._done(lambda transport: transport.upload(request))  # type: ignore[return-value]

    def close(self) -> None:
        """Close the transport, and end the thread with its hub."""
        self._done(lambda transport: transport.close())
        self._tasks.put(None)
        self._thread.join(_PATIENCE)

    def _done(self, task: Callable[[Transport], object]) -> object:
        outcome: Future[object] = Future()
        self._tasks.put((task, outcome))
        return outcome.result(_PATIENCE)

    def _run(self, make: Callable[[], Transport]) -> None:
        transport = make()
        while (asked := self._tasks.get()) is not None:
            task, outcome = asked
            try:
                outcome.set_result(task(transport))
            except BaseException as error:
                outcome.set_exception(error)
        gevent.get_hub().destroy(destroy_loop=True)


def fleet_http(limits: Limits, tls: Tls = Tls(), source_address: str | None = None) -> Transport:  # noqa: B008
    """The HTTP transport of a fleet's phone."""
    return InAThread(lambda: GeventHttpTransport(limits, tls, source_address))


def fleet_tftp(limits: Limits, source_address: str | None = None) -> Transport:
    """The TFTP transport of a fleet's phone."""
    return InAThread(lambda: GeventTftpTransport(limits, source_address))


HTTP: dict[str, Made] = {"single phone": HttpTransport, "fleet": fleet_http}
TFTP: dict[str, Made] = {"single phone": TftpTransport, "fleet": fleet_tftp}


def fleet_transport(
    *,
    limits: Limits = PATIENT,
    ca_file: Path | None = None,
    client_cert: Path | None = None,
    tls_min: str | None = None,
    tls_max: str = "1.3",
    ciphers: str = "",
    source_address: str | None = None,
) -> TransportByScheme:
    """What `network_transport` is for a single phone, as far as a fleet speaks it."""
    oldest = oldest_version(tls_min, tls_max)
    tls = Tls(ca_file=ca_file, client_cert=client_cert, oldest=oldest, newest=tls_max, ciphers=ciphers)
    return TransportByScheme(
        {
            "http": lambda: fleet_http(limits, tls, source_address),
            "https": lambda: fleet_http(limits, tls, source_address),
            "tftp": lambda: fleet_tftp(limits, source_address),
        }
    )


class Choice:
    """The transport that a test is run with; a fixture chooses, and the test makes as many as it needs."""

    def __init__(self, first: Made) -> None:
        self._made = first

    def __call__(self, limits: Limits, *more: object) -> Transport:
        return self._made(limits, *more)

    @contextmanager
    def of(self, made: Made) -> Iterator[None]:
        """Make the transports in this way meanwhile."""
        before, self._made = self._made, made
        yield
        self._made = before
