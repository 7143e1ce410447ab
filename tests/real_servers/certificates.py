"""A certificate authority with certificates for a server and for phones, made anew for a test. It knows no server.

The certificates are valid from 2000 to 2049: TLS reads the real clock, whatever clock a test has set.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(2049, 12, 31, tzinfo=UTC)
_ADDRESSES = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files in PEM form: the root certificate to trust, a certificate for localhost and 127.0.0.1, and its key."""

    ca_file: Path
    server_cert: Path
    server_key: Path

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make a root (P-256) and a server certificate (RSA-2048, SHA-256; RFC 5280) in a folder, made if absent."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(ca_file=folder / "ca.pem", server_cert=folder / "server.pem", server_key=folder / "server.key")
        root_key, server_key = ec.generate_private_key(ec.SECP256R1()), _rsa_key("server")
        root = _root_certificate(root_key)
        server = _certificate("localhost", server_key, root_key, ExtendedKeyUsageOID.SERVER_AUTH)
        server = server.add_extension(_ADDRESSES, critical=False)
        made.ca_file.write_bytes(_pem(root))
        made._root_key.write_bytes(_pem_of_key(root_key))
        made.server_cert.write_bytes(_pem(server.sign(root_key, hashes.SHA256())))
        made.server_key.write_bytes(_pem_of_key(server_key))
        return made

    def for_phone(self, common_name: str) -> Path:
        """Make a client certificate of this root; the file holds the certificate and its key."""
        root_key = serialization.load_pem_private_key(self._root_key.read_bytes(), None)
        assert isinstance(root_key, ec.EllipticCurvePrivateKey)
        key = _rsa_key("phone")
        phone = _certificate(common_name, key, root_key, ExtendedKeyUsageOID.CLIENT_AUTH)
        path = self.ca_file.with_name(f"phone-{common_name}.pem")
        path.write_bytes(_pem(phone.sign(root_key, hashes.SHA256())) + _pem_of_key(key))
        return path

    @property
    def _root_key(self) -> Path:
        return self.ca_file.with_name("ca.key")


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@cache
def _rsa_key(_: str) -> rsa.RSAPrivateKey:
    """The key of every server, or of every phone, of this process; a new one takes long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _issued_by_root(common_name: str, key: _Key, root_key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
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


def _root_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _issued_by_root("Test Root", key, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    common_name: str, key: _Key, root_key: ec.EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    return (
        _issued_by_root(common_name, key, root_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
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
