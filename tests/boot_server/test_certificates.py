"""Certificates for HTTPS: made on the spot, or from a file."""

import gc
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import UsageError
from tests.real_servers.certificates import Certificates


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """A client that trusts one authority, and checks by the letter of RFC 5280."""
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def connected(server: BootServer, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    """A connection to a server, which is checked to have a name."""
    place = urlsplit(server.https_url)
    plain = socket.create_connection((place.hostname, place.port), timeout=20)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except OSError:
        plain.close()
        raise


def serving(**options: str | Path) -> BootServer:
    return BootServer(MemorySite(), http_port=None, tftp_port=None, https_port=0, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", ["127.0.0.1", "localhost"]),
        ("127.0.0.7", ["127.0.0.7"]),
        ("localhost", ["localhost", "127.0.0.1"]),
        ("0.0.0.0", ["127.0.0.1", socket.gethostname()]),
    ],
)
def test_certificate_made_is_valid_for_the_host(host: str, names: list[str]) -> None:
    with serving(host=host) as server:
        for name in names:
            with connected(server, trusting(server.ca_file), name) as client:
                assert client.version() == "TLSv1.3"


def test_certificate_made_is_not_valid_for_another_host() -> None:
    with serving() as server, pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        connected(server, trusting(server.ca_file), "boot.example")


def test_each_server_has_an_authority_of_its_own() -> None:
    with serving() as server, serving() as other, pytest.raises(ssl.SSLCertVerificationError):
        connected(server, trusting(other.ca_file), "127.0.0.1")


@pytest.mark.slow
def test_no_key_is_left_on_disk_and_the_file_goes_with_its_server() -> None:
    server = serving()
    ca_file = server.ca_file
    assert ca_file is not None
    assert [path.name for path in ca_file.parent.iterdir()] == ["ca.pem"]
    assert b"PRIVATE" not in ca_file.read_bytes()
    del server
    gc.collect()
    assert not ca_file.parent.exists()


def test_certificate_from_a_file_is_shown(tmp_path: Path) -> None:
    made = Certificates.make(tmp_path)
    whole = tmp_path / "whole.pem"
    whole.write_bytes(made.server_cert.read_bytes() + made.server_key.read_bytes())
    with serving(certificate=whole) as server:
        assert server.ca_file is None
        with connected(server, trusting(made.ca_file), "localhost") as client:
            assert client.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(made.server_cert.read_text())


@pytest.mark.parametrize("content", ["", "no PEM", "only the certificate"])
def test_file_without_certificate_and_key_is_a_usage_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "server.pem"
    only = content.startswith("only")
    file.write_bytes(Certificates.make(tmp_path).server_cert.read_bytes() if only else content.encode())
    with pytest.raises(UsageError, match=r"server\.pem: expected a certificate and its unencrypted key, in PEM form"):
        serving(certificate=file)


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pem"):
        serving(certificate=f"{tmp_path / 'none.pem'}")
