"""Which versions of TLS a server speaks, and whether its certificate is accepted: a handshake for each.

HTTPS, and FTPS after AUTH TLS (RFC 4217). It asks for no file.

Other modules about TLS: `runtime.transport.tls`, `fleet.transport.sockets`, `boot_server.certificates`.
"""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

from phone_sim.audit.observations import TlsSeen
from phone_sim.runtime.transport import TLS_VERSIONS, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import Budget, connected, current_budget
from phone_sim.runtime.transport.tls import client_context

_PORTS = {"https": 443, "ftps": 21}
_LINE_LIMIT = 4096
_HANDSHAKE_LIMIT = 256 * 1024


def look_at_tls(root: str, tls: Tls, *, seconds: float, source_address: str | None = None) -> TlsSeen:
    """Try each version with the server at the URL `root`; each wait takes at most `seconds`.

    Connections are made from `source_address`, an address of this machine, if there is one.
    """

    def connect() -> AbstractContextManager[socket.socket]:
        return _connected(root, seconds, source_address)

    def trouble(version: str, *, checks: bool) -> str:
        context = client_context(Tls(ca_file=tls.ca_file, client_cert=tls.client_cert, oldest=version, newest=version))
        context.check_hostname = checks
        context.verify_mode = ssl.CERT_REQUIRED if checks else ssl.CERT_NONE
        current_budget.set(Budget(seconds=2 * seconds, size=_HANDSHAKE_LIMIT))
        return _trouble(connect, context, urlsplit(root).hostname)

    accepted = tuple(version for version in TLS_VERSIONS if not trouble(version, checks=False))
    return TlsSeen(accepted=accepted, trouble=trouble(accepted[-1], checks=True) if accepted else "")


def _trouble(
    connect: Callable[[], AbstractContextManager[socket.socket]], context: ssl.SSLContext, name: str | None
) -> str:
    """Why a handshake fails; empty when it does not."""
    try:
        with connect() as plain, context.wrap_socket(plain, server_hostname=name):
            return ""
    except ssl.SSLCertVerificationError as error:
        return f"the certificate is not accepted: {one_line(error.verify_message)}"
    except (OSError, ValueError) as error:
        return one_line(str(error)) or "no handshake"


@contextmanager
def _connected(root: str, seconds: float, source_address: str | None) -> Iterator[socket.socket]:
    parts = urlsplit(root)
    port = parts.port or _PORTS[parts.scheme]
    with connected(parts.hostname or "", port, patience=seconds, source_address=source_address) as plain:
        if parts.scheme == "ftps":
            _last_line(plain)
            plain.sendall(b"AUTH TLS\r\n")
            _last_line(plain)
        yield plain


def _last_line(plain: socket.socket) -> None:
    """Read a reply of FTP to its last line, which has a blank after its code (RFC 959 4.2)."""
    said = b""
    while len(said) < _LINE_LIMIT:
        if not (byte := plain.recv(1)):
            raise ConnectionError("the server closed the connection")
        said += byte
        if said.endswith(b"\n") and said.splitlines()[-1][3:4] == b" ":
            return
    raise ConnectionError("the reply is too long")
