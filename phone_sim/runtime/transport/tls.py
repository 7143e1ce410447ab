"""How a phone speaks TLS: whom it trusts, what it shows of itself, and which versions and ciphers it offers.

HTTPS and FTPS share one context. This module knows neither protocol.

Other modules about TLS: `fleet.transport.sockets`, `audit.tls_probe`, `boot_server.certificates`.
"""

import ssl
import warnings
from collections.abc import Callable
from typing import Any

import certifi
from urllib3.util import create_urllib3_context

from phone_sim.errors import UsageError
from phone_sim.runtime.transport import TLS_VERSIONS, Tls
from phone_sim.runtime.transport.authorities import why_unusable
from phone_sim.runtime.transport.bounded_socket import BoundedTlsSocket, current_budget

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_HAS = {"1.0": ssl.HAS_TLSv1, "1.1": ssl.HAS_TLSv1_1, "1.2": ssl.HAS_TLSv1_2, "1.3": ssl.HAS_TLSv1_3}
# OpenSSL 3 counts the digests that TLS 1.0 and 1.1 sign with as no security at all.
_NO_SECURITY = "@SECLEVEL=0"
_HANDSHAKE, _CLIENT_HELLO, _CERTIFICATE_REQUEST, _FINISHED = 22, 1, 13, 20  # RFC 8446 4 and 5.1, as in older versions


def client_context(tls: Tls) -> ssl.SSLContext:
    """What the client's side of TLS needs.

    Raises:
        UsageError: for a file that cannot be used; a key with a passphrase is one. Also for versions and ciphers that
            this OpenSSL cannot offer.
    """
    _check_versions(tls)
    with warnings.catch_warnings():
        # Python deprecates the old versions; a site's server may speak nothing else.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            context = create_urllib3_context(
                ssl_minimum_version=_VERSIONS[tls.oldest],
                ssl_maximum_version=_VERSIONS[tls.newest_spoken],
                ciphers=_ciphers(tls) or None,
            )
        except (ssl.SSLError, ValueError) as error:  # also of a NUL
            raise UsageError(f"ciphers {tls.ciphers[:100]!r}: {ssl.OPENSSL_VERSION} has no such cipher") from error
    _check_ciphers(tls, context)
    context.sslsocket_class = BoundedTlsSocket
    # Otherwise an end that anybody can forge would be one that the server has announced.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
    # The one way to know what is said in a handshake; a private name of ssl, the same since Python 3.8.
    context._msg_callback = _noticing(tls.offer)  # type: ignore[attr-defined]  # noqa: SLF001
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


def _check_versions(tls: Tls) -> None:
    oldest, newest = (TLS_VERSIONS.index(one) for one in (tls.oldest, tls.newest_spoken))
    if oldest > newest:
        raise UsageError(
            f"TLS {tls.oldest} is newer than TLS {tls.newest_spoken}, and it is to be the oldest version spoken"
        )
    wanted = TLS_VERSIONS[oldest : newest + 1]
    if not any(_HAS[version] for version in wanted):
        raise UsageError(f"{ssl.OPENSSL_VERSION} cannot speak TLS {' or '.join(wanted)}")


def _ciphers(tls: Tls) -> str:
    """The list of ciphers for OpenSSL; empty for its own."""
    if tls.oldest >= "1.2" or "@SECLEVEL" in tls.ciphers.upper():
        return tls.ciphers
    return f"{tls.ciphers or 'DEFAULT'}:{_NO_SECURITY}"


def _check_ciphers(tls: Tls, context: ssl.SSLContext) -> None:
    """Refuse ciphers that cannot be offered in any of the versions; OpenSSL has those of TLS 1.3 apart."""
    if not tls.ciphers:
        return
    if tls.oldest == "1.3":
        raise UsageError(f"ciphers {tls.ciphers!r}: they are those of TLS 1.2 and older, and only TLS 1.3 is spoken")
    usable = [one["name"] for one in context.get_ciphers() if one["protocol"] not in _too_new(tls.newest_spoken)]
    if not usable:
        raise UsageError(f"ciphers {tls.ciphers!r}: none of them can be used with TLS {tls.newest_spoken}")


def _too_new(newest: str) -> tuple[str, ...]:
    """The protocols that ciphers begin with, as OpenSSL names them, that are newer than a version."""
    return ("TLSv1.3",) if newest >= "1.2" else ("TLSv1.2", "TLSv1.3")


def _noticing(offer: str) -> Callable[..., None]:
    """Notes in the current budget what the phone offers in a handshake, and that the server asks for a certificate."""

    def notice(_: Any, direction: str, __: Any, content: Any, message: Any, ___: bytes) -> None:
        if content != _HANDSHAKE:
            return
        if direction == "write":
            if message == _CLIENT_HELLO:
                current_budget.get().offered = offer
        elif message == _FINISHED:
            current_budget.get().offered = ""
        elif message == _CERTIFICATE_REQUEST:
            budget = current_budget.get()
            budget.certificate_asked = budget.received

    return notice
