"""A certificate authority for one test run: what an HTTPS server shows and what a phone checks it with."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """`ca_file` is the root certificate; `server` shows a certificate of it that is good for 127.0.0.1 alone."""

    ca_file: Path
    server: ssl.SSLContext

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        """Make an authority and a server certificate in a folder."""
        root_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Root")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        root_rights = x509.BasicConstraints(ca=True, path_length=0)
        root = _certificate(root_name, root_key, root_name).add_extension(root_rights, critical=True)
        server = _certificate(x509.Name([]), server_key, root_name).add_extension(names, critical=True)
        ca_file, chain = folder / "ca.pem", folder / "server.pem"
        ca_file.write_bytes(root.sign(root_key, SHA256()).public_bytes(Encoding.PEM))
        private = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain.write_bytes(private + server.sign(root_key, SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return cls(ca_file=ca_file, server=context)


def _certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2049, 12, 31, tzinfo=UTC))
    )
