"""A certificate for each phone, which nginx wants to see, and versions of TLS for each firmware."""

import ssl
from collections import Counter
from pathlib import Path

import pytest

from tests.fleet.running import UNTIL_UP, Running, make_site, outcome
from tests.real_servers.certificates import Certificates
from tests.real_servers.nginx import Nginx
from tests.runtime.hostile_http import HostileHttpServer, answering, tls_context

pytestmark = pytest.mark.real

MACS = [f"0004f2{number:06x}" for number in range(1, 5)]


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    made = Certificates.make(tmp_path / "certificates")
    for mac in MACS:
        made.for_phone(mac)
    return made


@pytest.mark.parametrize("more", [(), ("--processes", "2")])
def test_each_phone_shows_its_own_certificate(certificates: Certificates, tmp_path: Path, more: tuple[str]) -> None:
    make_site(tmp_path / "root", len(MACS))
    with Nginx(tmp_path / "root", tmp_path / "work", tls=certificates, wants_client_certificate=True) as server:
        words = ("--server", server.url, "-u", f"{len(MACS)}", *UNTIL_UP, *more)
        own = f"{certificates.ca_file.with_name('phone-<MAC>.pem')}"
        trust = ("--ca-file", f"{certificates.ca_file}", "--client-cert", own)
        code, result = outcome(*words, *trust)
        assert (code, result["failures"]) == (0, [])
        logged = server.requests()
        shown = Counter((request.user, mac) for request in logged for mac in MACS if f"{mac}.cfg" in request.path)
    assert shown == {(f"CN={mac}", mac): 1 for mac in MACS}


def test_missing_certificate_is_said_before_any_phone_boots(certificates: Certificates) -> None:
    certificates.ca_file.with_name(f"phone-{MACS[2]}.pem").unlink()
    own = certificates.ca_file.with_name("phone-<MAC>.pem")
    with Running("--server", "https://127.0.0.1:9/", "-u", "5", "--headless", "--client-cert", f"{own}") as run:
        code, out = run.ended()
    first = certificates.ca_file.with_name(f"phone-{MACS[2]}.pem")
    said = f"Error: 2 of 5 phones have no client certificate; {first} is missing\n"
    assert (code, out, run.said) == (2, "", said)


def test_phone_offers_the_tls_of_its_firmware_unless_told_otherwise(certificates: Certificates, tmp_path: Path) -> None:
    context = tls_context(certificates)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    population = tmp_path / "phones.toml"
    population.write_text('count = 1\nfirmware = "4.0.15"\n')
    with HostileHttpServer(answering("200 OK", b"<APPLICATION CONFIG_FILES=''/>"), tls=context) as server:
        words = ("--server", server.url, "--population", f"{population}", "--ca-file", f"{certificates.ca_file}")
        code, result = outcome(*words, *UNTIL_UP)
        assert code == 1
        assert "TLS 1.2 with ciphers" in f"{result['failures']}"
        _, result = outcome(*words, *UNTIL_UP, "--tls-max", "1.3", "--expect", "booted")
        assert result["failures"] == []
