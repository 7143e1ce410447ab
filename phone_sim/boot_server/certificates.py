"""The server's side of TLS: a certificate from a file, or one made on the spot by an authority made for it.

This module does not know what is served.

Other modules about TLS: `runtime.transport.tls`, `fleet.transport.sockets`, `audit.tls_probe`.
"""

import shutil
import socket
import ssl
import tempfile
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from phone_sim.errors import UsageError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# No reading of a clock: tests may set it to any time that they like.
_VALID_FROM, _VALID_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """What a server needs for TLS 1.2 and 1.3.

    `ca_file` is the certificate of the authority, PEM, where one was made: clients that are to trust the server are
    given it. It is there as long as `context` is.
    """

    context: ssl.SSLContext
    ca_file: Path | None = None


def load_certificate(file: Path | str) -> ServerTls:
    """TLS with the certificate in a PEM file, and with the certificates of authorities that may follow it, and its key.

    Raises:
        UsageError: the file cannot be used; a key with a passphrase cannot.
    """
    return ServerTls(context=_context(Path(file)))


def make_certificate(host: str) -> ServerTls:
    """TLS with a new certificate for `host` and the loopback addresses, signed by a new authority.

    For an address that stands for all of the machine, such as `0.0.0.0`, it is for the machine's name and addresses.
    Valid from 2000 to 2049 (our choice). The key of the authority is not kept.
    """
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key)
    server = _server(host, server_key, authority_key, authority)
    folder = Path(tempfile.mkdtemp(prefix="phone-sim-"))
    try:
        ca_file, server_file = folder / "ca.pem", folder / "server.pem"
        ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        server_file.write_bytes(server.public_bytes(serialization.Encoding.PEM) + _pem(server_key))
        context = _context(server_file)
        server_file.unlink()
    except BaseException:
        shutil.rmtree(folder)
        raise
    weakref.finalize(context, shutil.rmtree, folder, ignore_errors=True)
    return ServerTls(context=context, ca_file=ca_file)


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # With a password OpenSSL does not ask for one on the terminal.
        context.load_cert_chain(file, password="")  # nosec B106
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: expected a certificate and its unencrypted key, in PEM form") from error
    return context


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "phone_sim test authority")])
    return (
        _certificate(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _server(
    host: str,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "phone_sim boot server")])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _certificate(name, authority.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(one) for one in _hosts(host)]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _hosts(host: str) -> list[str]:
    """The names and addresses that clients may use for a server on `host`, each once."""
    hosts = [host, *_LOOPBACK]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound to  # nosec B104
        own = socket.gethostname()
        try:
            hosts += [own, *(str(found[4][0]) for found in socket.getaddrinfo(own, None))]
        except OSError:  # a machine may not know itself by its name
            hosts.append(own)
    return list(dict.fromkeys(one.partition("%")[0] for one in hosts))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
