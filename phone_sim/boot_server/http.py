"""The boot server's HTTP and HTTPS: GET, HEAD and PUT on the files of a site.

It does not know where the files are, nor what a phone makes of them. No authentication, no ranges, no conditional
requests, but where the site has the answers of another server (`http_passing`).

Other modules about HTTP: `runtime.transport.http`, `fleet.transport.http`, `audit.http_probe`; in the tests
`tests.runtime.hostile_http`.
"""

import ssl
from collections.abc import Callable
from functools import partial

from phone_sim.boot_server.endpoint import Endpoint
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http_conversation import HttpConversation
from phone_sim.boot_server.http_listener import HttpListener
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.site import Site


class HttpEndpoint(Endpoint):
    """Serves a site over HTTP/1.1, with `tls` over HTTPS; a context manager.

    `port` 0 takes a free port, which `port` and `url` name once the server has started. Limits, in seconds:
    `idle_limit` for each read and write, `request_limit` for a request and its answer. At most `max_connections` at
    once. Requests are in the journal before their last byte leaves, also those that cannot be read (400, 414) and those
    that a client breaks off; not a connection over the limit, of which nothing is read (503). What `faults` spoils on
    purpose ends within the same limits.
    """

    def __init__(
        self,
        site: Site,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        journal: Journal | None = None,
        faults: FaultPlan | None = None,
        tls: ssl.SSLContext | None = None,
        on_error: Callable[[Exception], None] | None = None,
        max_connections: int = 256,
        idle_limit: float = 30.0,
        request_limit: float = 120.0,
    ) -> None:
        super().__init__(host, port, journal, on_error)
        self.scheme = "http" if tls is None else "https"
        self._tls = tls
        self._max_connections = max_connections
        self._request_limit = request_limit
        self._conversation = partial(HttpConversation, site, self.journal, faults, idle_limit)

    def _listen(self) -> HttpListener:
        return HttpListener(
            self.host,
            self.port,
            self._conversation,
            tls=self._tls,
            on_failure=self._failed,
            max_connections=self._max_connections,
            request_limit=self._request_limit,
        )
