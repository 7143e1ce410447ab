"""The shipped scenarios for a server of the user's, on nginx, by the verb and by pytest."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.real_servers.certificates import Certificates
from tests.real_servers.nginx import Nginx

pytestmark = pytest.mark.real

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCENARIOS = sorted((FIXTURES / "scenarios/your-server").glob("*.phone.toml"))
PYTEST = ("pytest", "-q", "-p", "no:cacheprovider", "-n", "0")
LICENSE = "licenses/000000000000-license.cfg"
MAC = "0004f2000001"
ASKED = [f"{MAC}.cfg", "000000000000.cfg", f"phones/{MAC}.cfg", "features.cfg", "sip-interop.cfg", "site.cfg"]


@contextmanager
def serving(folder: Path, tls: Certificates | None = None) -> Iterator[Nginx]:
    """nginx with the fixture site and its site license; with certificates it asks for one of the phone's."""
    root = folder / "site"
    shutil.copytree(FIXTURES / "site", root)
    (root / "licenses").mkdir()
    shutil.copy(FIXTURES / "licenses/site.cfg", root / LICENSE)
    with Nginx(root, folder / "nginx", tls=tls, wants_client_certificate=tls is not None) as server:
        yield server


def ran(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """A module of Python that was run, apart from this project's settings."""
    command = [sys.executable, "-m", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder)


def test_verb_runs_them_on_nginx(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        done = ran(tmp_path, "phone_sim", "scenario", "--json", "--server", server.url, *SCENARIOS)
        requests = server.requests()
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert [(one["passed"], one["server"]) for one in outcomes] == [(True, server.url)] * len(SCENARIOS)
    gets = [one.path for one in requests if one.method == "GET"]
    assert gets[:6] == ASKED
    assert gets.count(LICENSE) > gets.count("site.cfg") / 2 > 1
    # The same master configuration file for each boot: two of the first scenario, two of the second.
    assert gets.count("000000000000.cfg") == 4
    assert (server.root / f"logs/{MAC}-app.log").read_bytes() != (FIXTURES / f"site/logs/{MAC}-app.log").read_bytes()


def test_pytest_runs_them_on_nginx(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        done = ran(tmp_path, *PYTEST, "--rootdir", tmp_path, "--phone-boot-server", server.url, *SCENARIOS)
        requests = server.requests()
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0]) == (0, "2 passed"), done.stdout
    assert [one.path for one in requests if one.method == "GET"][:6] == ASKED


def test_nginx_without_the_license_fails_them(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        (server.root / LICENSE).unlink()
        by_verb = ran(tmp_path, "phone_sim", "scenario", "--json", "--server", server.url, *SCENARIOS)
        by_pytest = ran(tmp_path, *PYTEST, "--rootdir", tmp_path, "--phone-boot-server", server.url, *SCENARIOS)
    assert by_verb.returncode == by_pytest.returncode == 1
    _, licensed = json.loads(by_verb.stdout)
    assert {one["key"] for one in licensed["failures"]} == {"no_requests", "log", "features.LDAP", "features.UsbAudio"}
    assert f"boot server: {server.url}" in by_pytest.stdout.splitlines()
    assert "1 failed, 1 passed" in by_pytest.stdout


def test_phones_show_nginx_their_certificate(tmp_path: Path) -> None:
    tls = Certificates.make(tmp_path / "tls")
    certificate = tls.for_phone(MAC)
    other = "0004f2000002"
    for mac in (MAC, other):
        (tmp_path / f"{mac}.pem").write_bytes(tls.for_phone(mac).read_bytes())
    with ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path, tls))
        words = ("phone_sim", "scenario", "--server", server.url, "--ca-file", tls.ca_file)
        with_it = ran(tmp_path, *words, "--client-cert", certificate, *SCENARIOS)
        seen = server.requests()
        without = ran(tmp_path, *words, *SCENARIOS)
        keys = f'url = "{server.url}"\nca_file = "tls/ca.pem"\nclient_cert = "<MAC>.pem"\n'
        own = tmp_path / "own.phone.toml"
        own.write_text(
            f'title = "own"\nstart = "2026-03-02T08:00"\n[phones.desk]\n[phones.lobby]\n[server]\n{keys}'
            '[[steps]]\nboot = true\nexpect.not_log = "No configuration"\n'
        )
        before = len(server.requests())
        by_pytest = ran(tmp_path, *PYTEST, own)
        each = {
            (one.user, one.path) for one in server.requests()[before:] if one.path in (f"{MAC}.cfg", f"{other}.cfg")
        }
        (tmp_path / f"{other}.pem").unlink()
        missing = ran(tmp_path, "phone_sim", "scenario", own)
    assert with_it.returncode == 0, with_it.stdout + with_it.stderr
    assert {one.user for one in seen} == {f"CN={MAC}"}
    assert without.returncode == 1
    assert "No configuration from the boot server" in without.stdout
    assert by_pytest.returncode == 0, by_pytest.stdout
    assert each == {(f"CN={mac}", f"{mac}.cfg") for mac in (MAC, other)}
    assert missing.returncode == 2
    assert "server.client_cert: 1 of 2 phones have no client certificate" in missing.stderr
