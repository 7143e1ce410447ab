"""A boot server that speaks newer TLS than its phones, or other ciphers: what each verb says of it.

People met this with phones of 2010: the handshake fails, and nothing says which side has to change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.cli.main import main
from tests.audit.audited import SITE
from tests.real_servers.certificates import Certificates
from tests.real_servers.nginx import Nginx

pytestmark = pytest.mark.real

REMEDY = "Allow the version of TLS and the ciphers that the phone has (TLS 1.0 in old firmware) on the server"
BY_BOOTS = ("every-model-boots", "master-configuration", "contact-directory", "log-upload")
NEWEST_ONLY = ("ssl_protocols TLSv1.3;",)
OF_TODAY = ("ssl_protocols TLSv1.2 TLSv1.3;",)
OTHER_CIPHERS = ("ssl_protocols TLSv1.2;", "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;")


@contextmanager
def serving(folder: Path, *extras: str) -> Iterator[tuple[str, ...]]:
    """nginx with these lines in its configuration; its address and authority, as words for a verb."""
    certificates = Certificates.make(folder / "ca")
    root = folder / "site"
    for name in ("logs", "licenses"):
        (root / name).mkdir(parents=True)
    for name, data in SITE.items():
        (root / name).write_bytes(data)
    with Nginx(root, folder / "nginx", tls=certificates, extras=extras) as server:
        yield server.url, "--ca-file", str(certificates.ca_file)


def run(*words: str, text: str | None = None) -> Result:
    """What a verb does."""
    return CliRunner().invoke(main, words, input=text, prog_name="phone-sim")


@pytest.mark.parametrize(
    ("extras", "accepted", "phone", "offered"),
    [
        (NEWEST_ONLY, "1.3", ("--firmware", "4.0.15.1009"), "TLS 1.2 with ciphers of OpenSSL by default"),
        (OF_TODAY, "1.2, 1.3", ("--tls-max", "1.0"), "TLS 1.0 with ciphers of OpenSSL by default"),
        (OTHER_CIPHERS, "1.2", ("--tls-max", "1.2", "--ciphers", "AES128-SHA"), "TLS 1.2 with ciphers AES128-SHA"),
    ],
)
def test_phone_that_has_no_common_tls_says_what_it_offered(
    extras: tuple[str, ...], accepted: str, phone: tuple[str, ...], offered: str, tmp_path: Path
) -> None:
    with serving(tmp_path, *extras) as (url, *trust):
        booted = run("boot", "--server", url, *trust, *phone)
        audited = run("audit", url, *trust, *phone, "--model", "SPIP_550")
    assert booted.exit_code == audited.exit_code == 1
    assert f"offered: {offered}" in booted.stderr.splitlines()[-1]
    explained = run("explain", "-", text=booted.stdout).stdout
    assert "1. The phone and a server do not agree on TLS, often on its version or ciphers. [tls]" in explained
    assert REMEDY in explained
    found = [line.split("\t") for line in audited.stdout.splitlines()]
    ((name, _, severity, evidence, remedy),) = [cells for cells in found if cells[1] == "bad"]
    assert (name, severity) == ("tls-version", "error")
    assert evidence.startswith(f"accepted: TLS {accepted}; GET {url}0004f2000001.cfg: TLS: ")
    assert f"offered: {offered}" in evidence
    assert remedy.startswith("Let the server accept a version of TLS and a cipher that the phones offer")
    assert {cells[1] for cells in found if cells[0] in BY_BOOTS} == {"not applicable"}


def test_version_that_no_phone_is_known_to_speak_is_not_called_good(tmp_path: Path) -> None:
    with serving(tmp_path, *NEWEST_ONLY) as (url, *trust):
        audited = run("audit", url, *trust, "--model", "SPIP_550", "--select", "tls-version")
    assert audited.exit_code == 0
    assert audited.stdout.startswith("tls-version\tunknown\t\taccepted: TLS 1.3; no phone is known to speak it")


def test_certificate_that_nobody_trusts_is_the_one_finding(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, *_):
        audited = run("audit", url, "--model", "SPIP_550")
    found = [line.split("\t") for line in audited.stdout.splitlines()]
    assert [cells[0] for cells in found if cells[1] == "bad"] == ["tls-certificate"]
    assert {cells[1] for cells in found if cells[0] in BY_BOOTS} == {"not applicable"}
    assert [cells[1] for cells in found if cells[0] == "login"] == ["unknown"]
