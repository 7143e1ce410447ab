"""phone_sim where the system has no more than Windows has, which `without_posix` simulates."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet.running import UNTIL_UP

ROOT = Path(__file__).parents[1]
BOUND = 120
MAC = "0004f2000001"
LENIENT = ("--expect", "booted")  # a file of the site is missing, so that its name is logged
AS_ON_WINDOWS = [sys.executable, "-X", "warn_default_encoding", "-m", "tests.without_posix"]


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a verb as on Windows."""
    return subprocess.run(
        [*AS_ON_WINDOWS, *words],
        capture_output=True,
        text=True,
        timeout=BOUND,
        cwd=ROOT,
        env=os.environ | environment,
    )


@contextmanager
def served(*words: str) -> Iterator[str]:
    """Run a verb that serves as on Windows; its address."""
    with subprocess.Popen([*AS_ON_WINDOWS, *words], stdout=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        try:
            assert serving.stdout is not None
            started = re.search(r" on (http://\S+)\n", serving.stdout.readline())
            assert started is not None
            yield started[1]
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=BOUND)
        finally:
            serving.kill()
    assert serving.returncode == 130


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (folder := tmp_path / "site").mkdir()
    master = '<APPLICATION CONFIG_FILES="site.cfg, \u0436.cfg"/>'
    (folder / "000000000000.cfg").write_text(master, encoding="utf-8")
    (folder / "site.cfg").write_text('<site feature.corporateDirectory.enabled="1"/>')
    return folder


@pytest.mark.slow
def test_all_modules_can_be_imported() -> None:
    ended = run()
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_demo_runs() -> None:
    ended = run("demo")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "the phone carries on (B12, B13)" in ended.stdout


@pytest.mark.slow
def test_license_of_an_authority_is_served_and_used(site: Path, tmp_path: Path) -> None:
    def license_verb(*words: str) -> str:
        ended = run("license", "--authority", str(tmp_path / "authority"), *words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    license_verb("init")
    number = license_verb("order", "--software", "LDAP").strip()
    (batch := tmp_path / "batch.txt").write_text(f"{number}\t{MAC}\n")
    mail = tmp_path / "mail"
    words = ("--mail-to", "a@example.org", "--mail-folder", str(mail), "--publish", str(site))
    assert "accepted" in license_verb("batch", str(batch), *words)
    assert len(list(mail.glob("*.eml"))) == 1
    trust = ("--trust", str(tmp_path / "authority" / "trust_anchor.pem"))
    checked = run("check", str(site / f"{MAC}-license.cfg"), "--mac", MAC, *trust)
    assert checked.returncode == 0, checked.stdout
    with served("serve", str(site), "--http", "0") as url:
        boot = ("--server", url, "--mac", MAC, "--state-dir", str(tmp_path / "state"), "--json", *trust, *LENIENT)
        for _ in range(2):
            booted = run("boot", *boot)
            assert booted.returncode == 0, booted.stderr
            [ldap] = [each for each in json.loads(booted.stdout)["features"] if each["key"] == "LDAP"]
            assert ldap["on"]
    assert (tmp_path / "state" / f"{MAC}.flash").exists()


@pytest.mark.slow
def test_web_page_is_served() -> None:
    with served("web") as url, urllib.request.urlopen(url, timeout=BOUND) as answer:
        assert b"SoundPoint IP 670" in answer.read()


@pytest.mark.slow
def test_fleet_runs_with_a_worker(site: Path) -> None:
    with served("serve", str(site), "--http", "0") as url:
        ended = run("fleet", "--server", url, "-u", "5", "--processes", "1", *UNTIL_UP, *LENIENT)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["as_expected"] == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--dhcp", "eth0"), "DHCP on interface eth0: this works on Linux only; name the boot server instead"),
        (("--server", "http://127.0.0.1:9/", "--source-address", "192.0.2.1"), "not an IP address of this machine"),
    ],
)
def test_lack_of_the_system_is_an_error_in_words(words: tuple[str, ...], message: str) -> None:
    ended = run("boot", *words)
    assert ended.returncode == 2
    assert message in ended.stderr.splitlines()[-1]


@pytest.mark.slow
def test_file_name_is_logged_whatever_the_encoding(site: Path) -> None:
    with served("serve", str(site), "--http", "0") as url:
        ended = run("boot", "--server", url, *LENIENT, PYTHONIOENCODING="cp1252:strict")
    assert ended.returncode == 0, ended.stderr
    assert "Failed to download file \\u0436.cfg: HTTP 404 Not Found" in ended.stdout
