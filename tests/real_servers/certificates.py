"""A certificate authority and a server certificate of its own, made anew for a test. It knows no server.

The certificates are valid from 2000 to 2049: TLS reads the real clock, whatever clock a test has set.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2049, 12, 31, tzinfo=UTC)
_ADDRESSES = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM form: the root certificate to trust, a certificate for localhost and 127.0.0.1, and its key."""

    ca_file: Path
    server_cert: Path
    server_key: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make a root and a server certificate (RSA-2048, SHA-256; RFC 5280) in a folder, made if absent."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(ca_file=folder / "ca.pem", server_cert=folder / "server.pem", server_key=folder / "server.key")
        root_key, server_key = _new_key(), _new_key()
        root, server = _root_certificate(root_key), _server_certificate(server_key, root_key)
        made.ca_file.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        made.server_cert.write_bytes(server.public_bytes(serialization.Encoding.PEM))
        made.server_key.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return made


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _issued_by_root(common_name: str, key: rsa.RSAPrivateKey, root_key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .issuer_name(_name("Test Root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )


def _root_certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    return (
        _issued_by_root("Test Root", key, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _server_certificate(key: rsa.RSAPrivateKey, root_key: rsa.RSAPrivateKey) -> x509.Certificate:
    return (
        _issued_by_root("localhost", key, root_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_ADDRESSES, critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_encipherment=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
