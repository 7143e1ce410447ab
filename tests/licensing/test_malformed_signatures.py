"""Signatures that look right and are not: the Wycheproof project's and more of their kind, and the NIST vectors.

`wycheproof/` holds the file of https://github.com/C2SP/wycheproof (testvectors_v1, Apache License 2.0), unmodified.

Each malformed signature is made with the real private key, from an encoded message that PKCS#1 v1.5 (RFC 8017, 9.2)
does not allow: a verifier that parses loosely would take it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.licensing.license_key import LicenseKey, Malformed, read_key
from phone_sim.licensing.signature import DIGEST, PADDING, TrustAnchor
from tests.make import signed_key

PRIVATE = generate_private_key(65537, 2048)
ANCHOR = TrustAnchor(PRIVATE.public_key())
NUMBERS = PRIVATE.private_numbers()
MODULUS = NUMBERS.public_numbers.n
MESSAGE = b"what is signed"
HASH = hashlib.sha256(MESSAGE).digest()
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
SIZE = 256


def signed(encoded: bytes) -> bytes:
    """The signature whose encoded message this is, right or wrong."""
    return pow(int.from_bytes(encoded), NUMBERS.d, MODULUS).to_bytes(SIZE)


def padded(tail: bytes, *, start: bytes = b"\x00\x01", fill: int = 0xFF) -> bytes:
    """The tail behind the padding, at full length."""
    return start + bytes([fill]) * (SIZE - len(start) - 1 - len(tail)) + b"\x00" + tail


GOOD = padded(SHA256_PREFIX + HASH)
MALFORMED = {
    "padding cut short, garbage behind": b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_PREFIX + HASH + bytes(SIZE - 62),
    "block type 0": padded(SHA256_PREFIX + HASH, start=b"\x00\x00"),
    "block type 2": padded(SHA256_PREFIX + HASH, start=b"\x00\x02"),
    "padding of zeros": padded(SHA256_PREFIX + HASH, fill=0x00),
    "padding with another byte": GOOD[:100] + b"\xfe" + GOOD[101:],
    "no separator": b"\x00\x01" + b"\xff" * (SIZE - 2 - 51) + SHA256_PREFIX + HASH,
    "no algorithm": padded(HASH),
    "algorithm without its null": padded(bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + HASH),
    "SHA-1's algorithm": padded(bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(MESSAGE).digest()),
    "SHA-512's algorithm": padded(
        bytes.fromhex("3051300d060960864801650304020305000440") + hashlib.sha512(MESSAGE).digest()
    ),
    "SHA-224's algorithm, this hash": padded(bytes.fromhex("3031300d060960864801650304020405000420") + HASH),
    "long form of the length": padded(bytes.fromhex("308131300d060960864801650304020105000420") + HASH),
    "long form of the inner length": padded(bytes.fromhex("303230810d060960864801650304020105000420") + HASH),
    "indefinite length": padded(bytes.fromhex("3080300d060960864801650304020105000420") + HASH + b"\x00\x00"),
    "something in the null": padded(bytes.fromhex("3033300f060960864801650304020105020000") + b"\x04\x20" + HASH),
    "something behind the hash": padded(bytes.fromhex("3033300d060960864801650304020105000420") + HASH + b"\x05\x00"),
    "hash cut by a byte": padded(bytes.fromhex("3030300d06096086480165030402010500041f") + HASH[:-1]),
    "hash of something else": padded(SHA256_PREFIX + hashlib.sha256(b"else").digest()),
    "nothing": bytes(SIZE),
    "one": (1).to_bytes(SIZE),
}


def test_encoding_of_the_test_is_that_of_the_library() -> None:
    assert signed(GOOD) == PRIVATE.sign(MESSAGE, PADDING, DIGEST)
    assert ANCHOR.verifies_bytes(MESSAGE, signed(GOOD))


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_signature_is_refused(name: str) -> None:
    assert len(MALFORMED[name]) == SIZE
    assert not ANCHOR.verifies_bytes(MESSAGE, signed(MALFORMED[name]))


def test_other_forms_of_a_good_signature_are_refused() -> None:
    good = signed(GOOD)
    above = (int.from_bytes(good) + MODULUS).to_bytes(SIZE + 1)
    forms = (b"", good[:-1], good[1:], good + b"\x00", b"\x00" + good, above, good[::-1], bytes(SIZE), b"\xff" * SIZE)
    assert not any(ANCHOR.verifies_bytes(MESSAGE, form) for form in forms)
    pss = PRIVATE.sign(MESSAGE, PSS(MGF1(SHA256()), PSS.MAX_LENGTH), SHA256())
    assert not ANCHOR.verifies_bytes(MESSAGE, pss)


def published() -> Iterator[tuple[TrustAnchor, bytes, bytes, bool]]:
    """NIST's vectors for 2048 bits and SHA-256, as the package `cryptography_vectors` has them."""
    vectors = pytest.importorskip("cryptography_vectors")
    file = resources.files(vectors).joinpath("asymmetric/RSA/FIPS_186-2/SigVer15_186-3.rsp")
    modulus, values = 0, {"SHAAlg": ""}
    for line in file.read_text().splitlines():
        if found := re.fullmatch(r"\[mod = (\d+)\]", line.strip()):
            bits = int(found.group(1))
        elif found := re.fullmatch(r"(n|SHAAlg|e|Msg|S|Result) = (\S+).*", line.strip()):
            values[found.group(1)] = found.group(2)
            modulus = int(values["n"], 16) if found.group(1) == "n" else modulus
            if found.group(1) == "Result" and bits == 2048 and values["SHAAlg"] == "SHA256":
                anchor = TrustAnchor(RSAPublicNumbers(int(values["e"], 16), modulus).public_key())
                signature = bytes.fromhex(values["S"])
                yield anchor, bytes.fromhex(values["Msg"]), signature, values["Result"] == "P"


def test_published_vectors_come_out_as_they_should() -> None:
    outcomes = [(anchor.verifies_bytes(message, signature), good) for anchor, message, signature, good in published()]
    assert len(outcomes) >= 6
    assert {good for _, good in outcomes} == {True, False}
    assert all(verified == good for verified, good in outcomes)


def test_every_vector_of_wycheproof_comes_out_as_it_should() -> None:
    """The one "acceptable" vector, an algorithm without its null, is not acceptable here (D4)."""
    file = Path(__file__).parent / "wycheproof" / "rsa_signature_2048_sha256_test.json"
    outcomes = []
    for group in json.loads(file.read_text())["testGroups"]:
        anchor = TrustAnchor.from_pem(group["publicKeyPem"].encode(), file.name)
        for vector in group["tests"]:
            verified = anchor.verifies_bytes(bytes.fromhex(vector["msg"]), bytes.fromhex(vector["sig"]))
            outcomes.append((vector["tcId"], verified, vector["result"] == "valid"))
    assert len(outcomes) == 259
    assert [number for number, verified, valid in outcomes if verified != valid] == []


ATTRIBUTES = ("Serial", "Version", "Type", "Options", "Duration", "Validation")


@pytest.mark.slow
@given(st.sampled_from(ATTRIBUTES), st.integers(0, 511), st.sampled_from("0123456789ABCDEFabcdefPhoneSit .\0"))
def test_no_edit_of_an_attribute_verifies(name: str, place: int, letter: str) -> None:
    key = signed_key()
    genuine = key.attributes()
    value = genuine[name]
    place %= len(value)
    edited = read_key({**genuine, name: value[:place] + letter + value[place + 1 :]})
    assert isinstance(edited, Malformed) or edited == key or not _anchor().verifies(edited)


def _anchor() -> TrustAnchor:
    from phone_sim.runtime.trust_file import load_anchor

    return load_anchor()


def test_signature_of_one_key_is_good_for_no_other() -> None:
    mine, other = signed_key(), signed_key(serial="104500017731")
    assert isinstance(mine, LicenseKey)
    assert _anchor().verifies(mine)
    assert not _anchor().verifies(mine.signed(other.validation))
