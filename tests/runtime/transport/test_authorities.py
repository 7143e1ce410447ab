"""What is said of a file of authorities that cannot be used: the bad block, and the form."""

import base64
import re
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.transport.authorities import pem_blocks
from tests.real_servers.certificates import Certificates

Spoil = Callable[[str], bytes]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


def pem(der: bytes) -> str:
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"


def changed(good: str) -> str:
    """The certificate with a line that is not base64."""
    lines = good.splitlines(keepends=True)
    return "".join([*lines[:3], "!" + lines[3][1:], *lines[4:]])


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda good: (good + changed(good)).encode(), "certificate 2, from line {lines} on, is damaged"),
        (lambda good: (pem(b"") + good).encode(), "certificate 1, from line 1 on, is damaged"),
        (
            lambda good: (good + pem(ssl.PEM_cert_to_DER_cert(good)[:-9])).encode(),
            "certificate 2, from line {lines} on, is damaged",
        ),
        (lambda good: good.replace("M", "\u00e9").encode(), "certificate 1, from line 1 on, is damaged"),
        (lambda good: (good[:99] + "\n" + good).encode(), "certificate 1, from line 1 on, has no end"),
        (lambda good: (good + good[:99]).encode(), "certificate 2, from line {lines} on, has no end"),
        (
            lambda good: ssl.PEM_cert_to_DER_cert(good),
            "the certificate is in DER form, PEM is expected: openssl x509 -inform DER -in {path} -out ca.pem",
        ),
        (
            lambda good: good.replace("CERTIFICATE", "PKCS7").encode(),
            "there is no certificate in it, only PKCS7; expected PEM, with -----BEGIN CERTIFICATE-----",
        ),
        (lambda _: b"", "there is no certificate in it; expected PEM, with -----BEGIN CERTIFICATE-----"),
        (lambda _: b"0\x82 nothing", "there is no certificate in it; expected PEM, with -----BEGIN CERTIFICATE-----"),
        (lambda _: b"x" * (4 * 1024 * 1024 + 1), "the file is larger than 4194304 bytes"),
    ],
)
def test_bad_block_is_named(certificates: Certificates, tmp_path: Path, spoil: Spoil, reason: str) -> None:
    good = certificates.ca_file.read_text()
    path = tmp_path / "ca.pem"
    path.write_bytes(spoil(good))
    said = reason.format(lines=len(good.splitlines()) + 1, path=path)
    with pytest.raises(UsageError, match=f"^{re.escape(f'{path}: {said}')}$"):
        network_transport(ca_file=path)


@pytest.mark.parametrize(
    "form",
    [
        lambda good: good + good,
        lambda good: good.replace("\n", "\r\n"),
        lambda good: f"# the root\n{good}",
        lambda good: good.replace("CERTIFICATE", "X509 CERTIFICATE"),
    ],
)
def test_good_authorities_are_taken(certificates: Certificates, tmp_path: Path, form: Callable[[str], str]) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(form(certificates.ca_file.read_text()), newline="")
    network_transport(ca_file=path).close()


def test_blocks_are_told_with_their_lines() -> None:
    text = "x\n-----BEGIN A-----\n1\n-----BEGIN B C-----\n2\n-----END B C-----\n-----BEGIN D-----\n-----END A-----\n"
    found = [(block.label, block.line, block.text) for block in pem_blocks(text)]
    assert found == [("A", 2, ""), ("B C", 4, "-----BEGIN B C-----\n2\n-----END B C-----"), ("D", 7, "")]
