"""`reproduce`, as users run it, and what `check` says of such files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.cli.main import main
from phone_sim.fault_catalog.cases import CASES
from tests.sample_log import SAMPLE_LOG


def phone_sim(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, words, prog_name="phone-sim", input=stdin)


@pytest.mark.slow
def test_sample_log_is_all_that_is_on_stdout() -> None:
    done = phone_sim("reproduce", "key-signature-not-valid")
    assert done.exit_code == 0
    assert done.stdout == SAMPLE_LOG
    assert "fix:" in done.stderr
    assert len(phone_sim("reproduce", "key-signature-not-valid", "--whole-log").stdout) > len(SAMPLE_LOG)


def test_cases_are_listed_and_unknown_ones_refused() -> None:
    assert [line.split()[0] for line in phone_sim("reproduce").stdout.splitlines()] == list(CASES)
    assert [case["name"] for case in json.loads(phone_sim("reproduce", "--json").stdout)] == list(CASES)
    assert phone_sim("reproduce", "no-such-case").exit_code == 2


@pytest.mark.slow
def test_site_that_is_left_gives_another_phone_the_same_fault(tmp_path: Path) -> None:
    assert phone_sim("reproduce", "web-page-as-license", "--out", str(tmp_path)).exit_code == 0
    assert "is not an activation file" in (tmp_path / "phone.log").read_text()
    with BootServer(FolderSite(tmp_path / "site")) as server:
        done = phone_sim("boot", "--server", server.url, "--trust", str(tmp_path / "trust_anchor.pem"))
    assert "the file is an HTML page" in done.stdout


def test_check_names_the_first_failing_check_and_its_bytes() -> None:
    for name, check, concerned in (
        ("one-bit-altered", "signature", "SHA-256"),
        ("for-another-phone", "serial", "0004F2000002"),
        ("serial-in-lower-case", "form", "Serial='0004f2000001'"),
        ("site-expired", "expiry", "2026-03-01"),
    ):
        words = (
            "check",
            f"fixtures/licenses/bad/{name}.cfg",
            "--mac",
            "0004f2000001",
            "--date",
            "2026-03-02",
            "--json",
        )
        (key,) = json.loads(phone_sim(*words).stdout)["keys"]
        assert key["failed_check"] == check
        assert concerned in key["bytes"]
