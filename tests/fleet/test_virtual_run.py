"""The life of a fleet on virtual time, as the verb tells it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.cli.main import main

FILE = """\
count = 60
[models]
SPIP_670 = 2
SSIP_7000 = 1
[server.files]
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'
"site.cfg" = '<site feature.corporateDirectory.enabled="1"/>'
[[server.licenses]]
kind = "site"
features = ["LDAP"]
until = 2026-06-30
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "phones.toml"
    path.write_text(FILE)
    return str(path)


def fleet(*words: str) -> Result:
    return CliRunner().invoke(main, ("fleet", *words), prog_name="phone-sim")


def test_year_shows_states_and_features(file: str) -> None:
    ended = fleet("--virtual", "--now", "2026-01-01", "--until", "2027-01-01", "--population", file, "--json")
    assert ended.exit_code == 0, ended.output
    found = json.loads(ended.stdout)
    assert (found["phones"], found["as_expected"], found["states"]) == (60, 60, {"idle": 60})
    assert found["features"]["LDAP"] == {"license expired, last day 2026-06-30": 40, "on": 20}
    assert (found["boots"], found["reboots"], found["phone_days"]) == (100, 40, 60 * 365)


@pytest.mark.slow
def test_unlicensed_phones_can_be_a_failure(file: str) -> None:
    span = ("--virtual", "--now", "2026-01-01", "--population", file, "--require-licensed")
    assert fleet(*span, "--until", "2026-06-30").exit_code == 0
    ended = fleet(*span, "--until", "2026-07-02")
    assert ended.exit_code == 1
    assert "  not as expected: 40: LDAP: license expired, last day 2026-06-30" in ended.stdout.splitlines()
    assert "40 of 60 phones are not as expected" in ended.stderr


@pytest.mark.slow
def test_log_of_one_phone_is_shown_on_demand(file: str) -> None:
    span = ("--virtual", "--now", "2026-06-30", "--until", "2026-07-02", "--population", file)
    one = fleet(*span, "--log-of", "00:04:f2:00:00:07")
    assert "0004f2000007 0630010000|app1 |*|03|Initial log entry. Current logging level 4" in one.stderr
    assert "0004f2000008" not in one.stderr
    assert fleet(*span).stderr == ""


def test_users_are_the_number_of_phones(file: str) -> None:
    ended = fleet("--virtual", "--now", "2026-01-01", "--until", "2026-01-02", "--population", file, "-u", "7")
    assert ended.stdout.splitlines()[0] == "7 phones, 7 as expected, 0 reboots"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--server is missing"),
        (("--virtual",), "--virtual needs --until"),
        (("--virtual", "--until", "2026-01-01", "--now", "2026-01-01"), "is not after the start"),
        (("--virtual", "--until", "2026-01-01", "--server", "http://boot.example/"), "--virtual goes with no --server"),
        (("--server", "http://boot.example/", "--fail-if", "boot"), "is no threshold"),
        (("--virtual", "--until", "2027-01-01", "--processes", "2"), "--virtual goes with no --processes"),
        (("--server", "http://boot.example/", "--processes", "2", "--master"), "it goes with no --master and not with"),
        (("--server", "http://boot.example/", "--processes", "0"), "it goes with no --master and not with 0"),
        (("--worker", "--master-port", "1", "--server", "http://a/"), "--worker goes with no --server: the master"),
        (("--worker", "--processes", "2"), "--worker goes with no --processes: the master says it"),
        (("--worker", "--master-max-wait", "soon"), "'soon' is not a time such as"),
        (("--virtual", "--until", "2027-01-01", "--fail-if", "boot.p95>1s"), "--virtual goes with no --fail-if"),
        (("--virtual", "--until", "2027-01-01", "--csv", "run"), "--virtual goes with no --csv"),
        (("--server", "http://a/", "--until-up", "--run-time", "9s"), "--until-up goes with --headless: without it"),
        (("--server", "http://a/", "--until-up", "--headless"), "--until-up goes with --run-time: without it"),
        (("--write-site", "site", "--headless"), "--write-site goes with no --headless: no phone boots"),
        (("--server", "http://boot.example/", "--now", "2026-01-01"), "--now goes with --virtual"),
        (("--server", "http://boot.example/", "--master-port", "1"), "--master-port goes with --worker"),
        (("--server", "http://boot.example/", "--expect-workers", "2"), "--expect-workers goes with --master"),
        (("--server", "http://boot.example/", "--spawn-rate", "inf"), "inf is not a finite number"),
        (("--server", "http://boot.example/", "--timeout", "nan"), "nan is not a finite number"),
        (
            ("--server", "http://boot.example/", "--headless", "-u", "2", "--log-of", "0004f2000003"),
            "--log-of 0004f2000003: no phone has this address; the first has 0004f2000001, the last 0004f2000002",
        ),
        (("--server", "nowhere"), "--server: 'nowhere' is not a boot server address"),
        (("--server", "gopher://x"), "--server: gopher://x/: http, https, ftp, ftps, tftp can be spoken"),
        (("--server", "http://boot.example/", "--log-of", "4f2"), "--log-of '4f2' has 3 of the 12 digits"),
        (("--server", "http://boot.example/", "--run-time", "soon"), "'soon' is not a time such as"),
    ],
)
def test_words_that_make_no_run_are_refused(words: tuple[str, ...], message: str) -> None:
    ended = fleet(*words)
    assert ended.exit_code == 2
    assert message in ended.stderr


@pytest.mark.slow
def test_virtual_time_needs_no_locust(file: str) -> None:
    program = (
        "import sys; from phone_sim.cli.main import main; main(sys.argv[1:], standalone_mode=False);"
        "assert not {'locust', 'gevent'} & set(sys.modules), 'sockets were replaced'"
    )
    words = ["fleet", "--virtual", "--now", "2026-01-01", "--until", "2026-01-02", "--population", file]
    ended = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
