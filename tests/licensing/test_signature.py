"""The trust anchor and the signing key (D4, D5)."""

from base64 import encodebytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import UsageError
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.runtime.trust_file import load_anchor
from tests.make import SIGNING_KEY, signed_key

OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
CURVE = ec.generate_private_key(ec.SECP256R1())


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def pss_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public key as one that may sign with RSA-PSS only (RFC 4055)."""
    plain = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = plain[plain.index(bytes.fromhex("300d06092a864886f70d0101010500")) + 15 :]
    inner = bytes.fromhex("300b06092a864886f70d01010a") + bits
    der = b"\x30\x82" + len(inner).to_bytes(2, "big") + inner
    return b"-----BEGIN PUBLIC KEY-----\n" + encodebytes(der) + b"-----END PUBLIC KEY-----\n"


def even_pem(key: rsa.RSAPrivateKey) -> bytes:
    """A public key whose modulus is even."""
    numbers = key.public_key().public_numbers()
    even = rsa.RSAPublicNumbers(numbers.e, numbers.n - 1).public_key()
    return even.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def private_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def test_test_pair_belongs_together() -> None:
    assert load_anchor().verifies(signed_key())
    assert SIGNING_KEY.anchor.verifies(signed_key())


def test_signature_has_256_bytes_and_is_the_same_each_time() -> None:
    key = signed_key()
    assert len(key.validation) == 256
    assert SIGNING_KEY.sign(key) == key


def test_signature_of_another_authority_does_not_verify() -> None:
    key = SigningKey(OTHER).sign(signed_key())
    assert SigningKey(OTHER).anchor.verifies(key)
    assert not load_anchor().verifies(key)
    assert not SigningKey(OTHER).anchor.verifies(signed_key())


@pytest.mark.parametrize("size", [0, 1, 20, 255, 257, 512, 4096])
@pytest.mark.parametrize("byte", [b"\x00", b"\x01", b"\xff"])
def test_signature_of_nothing_does_not_verify(size: int, byte: bytes) -> None:
    assert not load_anchor().verifies(signed_key().signed(byte * size))


def test_cut_and_extended_signatures_do_not_verify() -> None:
    key = signed_key()
    for validation in (key.validation[:-1], key.validation[1:], key.validation + b"\0", b"\0" + key.validation):
        assert not load_anchor().verifies(key.signed(validation))


@pytest.mark.parametrize(
    ("padding", "digest"),
    [
        (PKCS1v15(), SHA1()),
        (PSS(mgf=MGF1(SHA256()), salt_length=32), SHA256()),
    ],
)
def test_other_algorithms_do_not_verify(padding: PKCS1v15 | PSS, digest: HashAlgorithm) -> None:
    key = signed_key()
    anchor = TrustAnchor(OTHER.public_key())
    assert anchor.verifies(key.signed(OTHER.sign(key.signed_bytes(), PKCS1v15(), SHA256())))
    assert not anchor.verifies(key.signed(OTHER.sign(key.signed_bytes(), padding, digest)))


def test_signature_without_the_domain_tag_does_not_verify() -> None:
    key: LicenseKey = signed_key()
    bare = key.signed_bytes().partition(b"\x00")[2]
    assert not TrustAnchor(OTHER.public_key()).verifies(key.signed(OTHER.sign(bare, PKCS1v15(), SHA256())))


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (b"", "mine.pem is not a public key in PEM form"),
        (b"not PEM", "mine.pem is not a public key in PEM form"),
        (private_pem(OTHER), "mine.pem is not a public key in PEM form"),
        (public_pem(OTHER) * 2, "mine.pem has 2 PEM blocks"),
        (private_pem(OTHER) + public_pem(OTHER), "mine.pem has 2 PEM blocks"),
        (pss_pem(OTHER), "mine.pem is a key for RSA-PSS signatures only"),
        (pss_pem(OTHER).replace(b"\n", b"\r\n"), "mine.pem is a key for RSA-PSS signatures only"),
        (even_pem(OTHER), "mine.pem: the trust anchor is not an RSA key: its modulus is even"),
        (public_pem(CURVE), "mine.pem is not an RSA public key"),
        (public_pem(SHORT), "RSA key of 1024 bits, 2048 are needed"),
    ],
)
def test_anchor_that_cannot_be_used_is_refused(pem: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        TrustAnchor.from_pem(pem, "mine.pem")


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (b"", "mine.pem is not an unencrypted private key"),
        (public_pem(OTHER), "mine.pem is not an unencrypted private key"),
        (private_pem(OTHER, b"secret"), "mine.pem is not an unencrypted private key"),
        (private_pem(CURVE), "mine.pem is not an RSA private key"),
        (private_pem(SHORT), "RSA key of 1024 bits, 2048 are needed"),
    ],
)
def test_signing_key_that_cannot_be_used_is_refused(pem: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        SigningKey.from_pem(pem, "mine.pem")


def test_keys_are_read_from_pem() -> None:
    key = SigningKey.from_pem(private_pem(OTHER), "mine.pem").sign(signed_key())
    assert TrustAnchor.from_pem(public_pem(OTHER), "mine.pem").verifies(key)
