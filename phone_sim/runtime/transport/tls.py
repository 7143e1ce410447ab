"""How a phone speaks TLS: whom it trusts, what it shows of itself, and which versions it accepts.

HTTPS and FTPS share one context. This module knows neither protocol.

Other modules about TLS: `fleet.transport.sockets`, `audit.tls_probe`.
"""

import ssl
import warnings
from typing import Any

import certifi
from urllib3.util import create_urllib3_context

from phone_sim.errors import UsageError
from phone_sim.runtime.transport import Tls
from phone_sim.runtime.transport.authorities import why_unusable
from phone_sim.runtime.transport.bounded_socket import BoundedTlsSocket, current_budget

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
# OpenSSL 3 counts the digests that TLS 1.0 and 1.1 sign with as no security at all.
_OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"
_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13  # RFC 8446 4 and 5.1, the same in older versions


def client_context(tls: Tls) -> ssl.SSLContext:
    """What the client's side of TLS needs.

    Raises:
        UsageError: for a file that cannot be used; a key with a passphrase is one.
    """
    oldest = _VERSIONS[tls.oldest]
    with warnings.catch_warnings():
        # Python deprecates the old versions; a site's server may speak nothing else.
        warnings.simplefilter("ignore", DeprecationWarning)
        ciphers = _OLD_CIPHERS if oldest < ssl.TLSVersion.TLSv1_2 else None
        context = create_urllib3_context(ssl_minimum_version=oldest, ciphers=ciphers)
    context.sslsocket_class = BoundedTlsSocket
    # Otherwise an end that anybody can forge would be one that the server has announced.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    # The one way to know that a server asked for a certificate; a private name of ssl, the same since Python 3.8.
    context._msg_callback = _notice_request  # type: ignore[attr-defined]  # noqa: SLF001
    _trust(context, tls)
    if tls.client_cert is not None:
        try:
            # With a password OpenSSL does not ask for one on the terminal.
            context.load_cert_chain(tls.client_cert, password="")  # nosec B106
        except (OSError, ValueError) as error:
            raise UsageError(f"{tls.client_cert}: there is no certificate with its unencrypted key in it") from error
    return context


def _trust(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        context.load_verify_locations(tls.ca_file or certifi.where())
    except OSError as error:  # what ssl raises is one
        if tls.ca_file is None:
            raise
        raise UsageError(f"{tls.ca_file}: {why_unusable(tls.ca_file)}") from error


def _notice_request(_: Any, direction: str, __: Any, content: Any, message: Any, ___: bytes) -> None:
    """Note in the current budget that the server asked for a client certificate."""
    if direction == "read" and content == _HANDSHAKE and message == _CERTIFICATE_REQUEST:
        budget = current_budget.get()
        budget.certificate_asked = budget.received
