"""The signature of a license key: RSA-2048, PKCS#1 v1.5, SHA-256, and nothing else (D4).

The algorithm is fixed here and never read from a file. This module does not know where the trust anchor comes from; the
vendor's own key is not public (D5).
"""

from base64 import b64decode

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from phone_sim.errors import UsageError
from phone_sim.licensing.license_key import LicenseKey

KEY_BITS = 2048
PADDING = PKCS1v15()
DIGEST = SHA256()
# The library takes such a key for any of RSA: id-RSASSA-PSS (RFC 4055), and how far into the key the algorithm is.
_PSS_ONLY, _HEADER = bytes.fromhex("06092a864886f70d01010a"), 32


class TrustAnchor:
    """The public key in the phone's firmware that license keys are verified with (D5)."""

    def __init__(self, public_key: RSAPublicKey) -> None:
        if public_key.key_size != KEY_BITS:
            raise UsageError(f"the trust anchor is an RSA key of {public_key.key_size} bits, {KEY_BITS} are needed")
        if public_key.public_numbers().n % 2 == 0:
            raise UsageError("the trust anchor is not an RSA key: its modulus is even, no product of two primes")
        self._public_key = public_key

    @classmethod
    def from_pem(cls, pem: bytes, source: str) -> "TrustAnchor":
        """The anchor in a PEM file named `source`.

        Raises:
            UsageError: it is not one RSA public key of 2048 bits for PKCS#1 v1.5; the message says why.
        """
        if (blocks := pem.count(b"-----BEGIN ")) > 1:
            raise UsageError(f"{source} has {blocks} PEM blocks: a trust anchor is one public key, and nothing else")
        try:
            key = load_pem_public_key(pem)
            header = b64decode(pem.partition(b"KEY-----")[2].partition(b"-----")[0])[:_HEADER]
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UsageError(f"{source} is not a public key in PEM form") from error
        if not isinstance(key, RSAPublicKey):
            raise UsageError(f"{source} is not an RSA public key")
        if _PSS_ONLY in header:
            raise UsageError(f"{source} is a key for RSA-PSS signatures only; license keys are signed with PKCS#1 v1.5")
        try:
            return cls(key)
        except UsageError as error:
            raise UsageError(f"{source}: {error}") from error

    def pem(self) -> bytes:
        """The anchor as a PEM file."""
        return self._public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verifies(self, key: LicenseKey) -> bool:
        """True when the signature of `key` was made with the private half of this anchor over just these values."""
        return self.verifies_bytes(key.signed_bytes(), key.validation)

    def verifies_bytes(self, signed: bytes, signature: bytes) -> bool:
        """True when the signature was made with the private half of this anchor over just these bytes."""
        try:
            self._public_key.verify(signature, signed, PADDING, DIGEST)
        except InvalidSignature:
            return False
        return True
