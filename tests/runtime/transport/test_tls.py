"""TLS of HTTPS and FTPS: authorities, a certificate of the phone's own, versions; and files that hold none of it."""

import ssl
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetched, FetchReply, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import TransportByScheme, network_transport
from tests.real_servers.certificates import Certificates
from tests.runtime.by_fleet import fleet_transport
from tests.runtime.hostile_ftp import HostileFtpServer
from tests.runtime.hostile_http import HostileHttpServer, answering, tls_context
from tests.runtime.phones import PATIENT, fetch, within

MAC = "0004f2000001"
FILE = Fetched(b"<a/>")
HOW = pytest.mark.parametrize(
    ("scheme", "made"),
    [("https", network_transport), ("ftps", network_transport), ("https", fleet_transport)],
    ids=["https", "ftps", "https of a fleet"],
)
Made = Callable[..., TransportByScheme]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def phone(certificates: Certificates) -> Path:
    """The phone's own certificate."""
    return certificates.for_phone(MAC)


def server(scheme: str, tls: ssl.SSLContext) -> HostileHttpServer | HostileFtpServer:
    """A server that holds one file under any name."""
    return (
        HostileHttpServer(answering("200 OK", FILE.data), tls=tls) if scheme == "https" else HostileFtpServer(tls=tls)
    )


def fetched(
    made: Made, url: str, certificates: Certificates, *, client_cert: Path | None = None, **tls: str
) -> FetchReply:
    """The reply to a request for `a.cfg` below a URL."""
    with closing(made(limits=PATIENT, ca_file=certificates.ca_file, client_cert=client_cert, **tls)) as transport:
        return within(lambda: transport.fetch(fetch(f"{url}a.cfg")))


def asking(certificates: Certificates) -> ssl.SSLContext:
    """A server's side of TLS that wants a certificate of the client."""
    context = tls_context(certificates)
    context.load_verify_locations(certificates.ca_file)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def speaking(certificates: Certificates, oldest: ssl.TLSVersion, newest: ssl.TLSVersion) -> ssl.SSLContext:
    """A server's side of TLS in certain versions."""
    context = tls_context(certificates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


@HOW
def test_phone_shows_its_certificate_when_asked(
    scheme: str, made: Made, certificates: Certificates, phone: Path
) -> None:
    with server(scheme, asking(certificates)) as asked:
        assert fetched(made, asked.url, certificates, client_cert=phone) == FILE


@HOW
def test_phone_without_a_certificate_gets_no_file(scheme: str, made: Made, certificates: Certificates) -> None:
    with server(scheme, asking(certificates)) as asked:
        reply = fetched(made, asked.url, certificates)
    # In TLS 1.3 the alert comes after the handshake, and the end of the connection may overtake it.
    assert isinstance(reply, TransferFailed)
    assert reply.reason.endswith("; it asks for a client certificate (--client-cert)")


@HOW
def test_handshake_that_is_refused_for_want_of_a_certificate_says_so(
    scheme: str, made: Made, certificates: Certificates
) -> None:
    asks = asking(certificates)
    asks.maximum_version = ssl.TLSVersion.TLSv1_2
    with server(scheme, asks) as asked:
        reply = fetched(made, asked.url, certificates)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.TLS
    assert reply.reason == "TLS: sslv3 alert handshake failure; it asks for a client certificate (--client-cert)"


@HOW
def test_certificate_that_is_only_wished_for_is_no_cause(scheme: str, made: Made, certificates: Certificates) -> None:
    wishes = asking(certificates)
    wishes.verify_mode = ssl.CERT_OPTIONAL
    with server(scheme, wishes) as wishing:
        assert fetched(made, wishing.url, certificates) == FILE


@HOW
def test_certificate_of_another_root_is_refused(
    scheme: str, made: Made, certificates: Certificates, tmp_path: Path
) -> None:
    foreign = Certificates.make(tmp_path).for_phone(MAC)
    with server(scheme, asking(certificates)) as asked:
        reply = fetched(made, asked.url, certificates, client_cert=foreign)
    assert isinstance(reply, TransferFailed)
    assert reply.reason.endswith("; it asks for a client certificate (--client-cert)")


VERSIONS = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
NAMES = ["1.0", "1.1", "1.2", "1.3"]


@HOW
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tls_min", NAMES)
def test_server_of_an_older_version_is_not_spoken_to(
    scheme: str, made: Made, version: ssl.TLSVersion, tls_min: str, certificates: Certificates
) -> None:
    with server(scheme, speaking(certificates, version, version)) as old:
        reply = fetched(made, old.url, certificates, tls_min=tls_min)
    if VERSIONS.index(version) >= NAMES.index(tls_min):
        assert reply == FILE
    else:
        assert isinstance(reply, TransferFailed)
        assert not reply.unanswered
        assert reply.kind is FailureKind.TLS
        assert reply.reason.startswith("TLS: ")
        assert "--client-cert" not in reply.reason


@HOW
def test_phone_of_another_time_offers_old_versions_and_ciphers(
    scheme: str, made: Made, certificates: Certificates
) -> None:
    tls_1_0, tls_1_2, tls_1_3 = VERSIONS[0], VERSIONS[2], VERSIONS[3]
    with server(scheme, speaking(certificates, tls_1_0, tls_1_2)) as any_time:
        assert fetched(made, any_time.url, certificates, tls_max="1.0", ciphers="AES128-SHA") == FILE
        assert fetched(made, any_time.url, certificates, tls_max="1.1") == FILE
    with server(scheme, speaking(certificates, tls_1_3, tls_1_3)) as modern:
        refused = fetched(made, modern.url, certificates, tls_max="1.0", ciphers="AES128-SHA")
        assert isinstance(refused, TransferFailed)
        assert refused.kind is FailureKind.TLS
        assert refused.reason.endswith("; offered: TLS 1.0 with ciphers AES128-SHA")
    few = speaking(certificates, tls_1_2, tls_1_2)
    few.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    with server(scheme, few) as strict:
        assert fetched(made, strict.url, certificates) == FILE
        refused = fetched(made, strict.url, certificates, tls_min="1.1", tls_max="1.2", ciphers="AES128-SHA")
        assert isinstance(refused, TransferFailed)
        assert refused.reason.endswith("; offered: TLS 1.1 to 1.2 with ciphers AES128-SHA")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ciphers": "NO-SUCH"}, f"ciphers 'NO-SUCH': {ssl.OPENSSL_VERSION} has no such cipher"),
        ({"ciphers": "\0"}, "has no such cipher"),
        ({"ciphers": "AES128-SHA", "tls_min": "1.3"}, "only TLS 1.3 is spoken"),
        ({"ciphers": "ECDHE-RSA-AES256-GCM-SHA384", "tls_max": "1.0"}, "none of them can be used with TLS 1.0"),
        ({"tls_min": "1.2", "tls_max": "1.1"}, "TLS 1.2 is newer than TLS 1.1"),
    ],
)
def test_what_cannot_be_offered_is_refused_at_once(given: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        network_transport(**given)  # type: ignore[arg-type]
    assert words in str(caught.value)


@HOW
def test_only_the_authorities_of_the_file_are_trusted(
    scheme: str, made: Made, certificates: Certificates, tmp_path: Path
) -> None:
    other = Certificates.make(tmp_path)
    with server(scheme, tls_context(certificates)) as unknown:
        reply = fetched(made, unknown.url, other)
    assert isinstance(reply, TransferFailed)
    assert reply.kind is FailureKind.CERTIFICATE
    assert reply.reason.startswith("the certificate is not accepted: ")


def locked(phone: Path, folder: Path) -> Path:
    """The certificate with its key under a passphrase."""
    pem = phone.read_bytes()
    key = serialization.load_pem_private_key(pem[pem.index(b"-----BEGIN PRIVATE") :], None)
    path = folder / "locked.pem"
    path.write_bytes(
        pem[: pem.index(b"-----BEGIN PRIVATE")]
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return path


@pytest.mark.slow
def test_certificate_file_that_cannot_be_used_is_refused_at_once(
    certificates: Certificates, phone: Path, tmp_path: Path
) -> None:
    empty, mixed = tmp_path / "empty.pem", tmp_path / "mixed.pem"
    empty.touch()
    mixed.write_bytes(phone.read_bytes().partition(b"-----BEGIN PRIVATE")[0] + certificates.server_key.read_bytes())
    bad = [empty, mixed, certificates.server_cert, certificates.server_key, locked(phone, tmp_path), tmp_path]
    for path in [*bad, tmp_path / "absent.pem"]:
        with pytest.raises(UsageError, match="no certificate with its unencrypted key"):
            network_transport(client_cert=path)


def test_authorities_that_are_none_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ca\.pem: No such file or directory"):
        network_transport(ca_file=tmp_path / "ca.pem")
