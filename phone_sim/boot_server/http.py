"""The boot server's HTTP side: GET, HEAD and PUT on the files of a site.

It does not know where the files are, nor what a phone makes of them. No authentication, no TLS, no ranges, no
conditional requests.
"""

from functools import partial
from types import TracebackType
from typing import Self

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http_conversation import HttpConversation
from phone_sim.boot_server.http_listener import HttpListener
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.site import Site
from phone_sim.errors import UsageError


class HttpBootServer:
    """Serves a site over HTTP/1.1 on an IPv4 address; a context manager.

    `port` 0 takes a free port, which `port` and `url` name once the server has started. Limits, in seconds:
    `idle_limit` for each read and write, `request_limit` for a request and its answer. At most `max_connections` at
    once. Requests are in the journal before their last byte leaves; what cannot be read as a request (400, 414) and a
    connection over the limit (503) are answered and not recorded. What `faults` spoils on purpose ends within the same
    limits.
    """

    def __init__(
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        journal: Journal | None = None,
        faults: FaultPlan | None = None,
        max_connections: int = 256,
        idle_limit: float = 30.0,
        request_limit: float = 120.0,
    ) -> None:
        self.host = host
        self.port = port
        self.journal = Journal() if journal is None else journal
        self._max_connections = max_connections
        self._request_limit = request_limit
        self._conversation = partial(HttpConversation, site, self.journal, faults, idle_limit)
        self._listener: HttpListener | None = None

    @property
    def url(self) -> str:
        """The root of the site, `http://127.0.0.1:34567/`."""
        return f"http://{self.host}:{self.port}/"

    def start(self) -> None:
        """Listen and serve until `stop`.

        Raises:
            UsageError: the address cannot be listened on, as when the port is taken.
        """
        try:
            self._listener = HttpListener(
                (self.host, self.port),
                self._conversation,
                max_connections=self._max_connections,
                request_limit=self._request_limit,
            )
        except (OSError, OverflowError) as error:
            raise UsageError(f"cannot listen on {self.host}:{self.port}: {error}") from error
        self.port = self._listener.server_port
        self._listener.start()

    def stop(self) -> None:
        """Cut every connection and wait for its thread; a server may be started again, on the same port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
