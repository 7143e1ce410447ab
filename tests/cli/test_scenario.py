"""`phone-sim scenario`, as users run it."""

import json
import ssl
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lxml import etree

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import HostileHttpServer, answering, tls_context
from tests.scenario.write import write

SHIPPED = sorted((Path(__file__).parents[2] / "fixtures/scenarios").glob("*.phone.toml"))
BOOT = "\n[[steps]]\nboot = true\nexpect.state = "


def scenario(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["scenario", *map(str, words)], prog_name="phone-sim")


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A scenario that goes as expected."""
    (tmp_path / "good").mkdir()
    return write(tmp_path / "good", f"{BOOT}'idle'\n")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A scenario that does not."""
    (tmp_path / "bad").mkdir()
    return write(tmp_path / "bad", f"{BOOT}'off'\n")


def test_github_shows_a_failure_at_its_step(bad: Path, good: Path) -> None:
    done = scenario("--github", bad, good)
    assert done.exit_code == 1
    (command,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    step = bad.read_text().splitlines().index("[[steps]]") + 1
    title = "title=a test%3A step 1 (boot)"
    assert command == f"::error file={bad},line={step},{title}::state: expected off; found idle"
    assert scenario("--github", "--json", good).exit_code == 2


@pytest.mark.slow
def test_shipped_scenarios_go_as_expected() -> None:
    done = scenario(*SHIPPED)
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * len(SHIPPED)


def test_failure_is_shown_and_ends_with_1(good: Path, bad: Path) -> None:
    done = scenario(bad, good)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("failed ")
    assert lines[-1].startswith("ok ")
    assert "  expected: off" in lines
    assert "log of desk:" in lines


def test_every_file_that_is_none_is_named_before_any_runs(good: Path, tmp_path: Path) -> None:
    (tmp_path / "a.phone.toml").write_text("title = 7")
    done = scenario(good, tmp_path / "a.phone.toml", tmp_path / "none.phone.toml")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"{tmp_path}/a.phone.toml:1: " in done.stderr
    assert f"{tmp_path}/none.phone.toml: No such file" in done.stderr
    assert scenario().exit_code == 2


def test_json_is_all_that_is_on_stdout(good: Path, bad: Path) -> None:
    done = scenario("--json", "--seed", "9", good, bad)
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)
    assert (first["passed"], first["seed"], first["failures"]) == (True, 9, [])
    assert first["logs"]["desk"][-1].endswith("efk |*|03|Initial log entry. Current logging level 4")
    assert second["failures"] == [
        {
            "step": 1,
            "line": second["failures"][0]["line"],
            "action": "boot",
            "phone": "desk",
            "key": "state",
            "expected": "off",
            "found": "idle",
        }
    ]
    assert done.stderr.startswith("ok ")


def test_junit_file_has_a_case_for_each_scenario(good: Path, bad: Path, tmp_path: Path) -> None:
    assert scenario("--junit", tmp_path / "out.xml", good, bad).exit_code == 1
    root = etree.fromstring((tmp_path / "out.xml").read_bytes())
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("classname") for case in root.iter("testcase")] == [str(good), str(bad)]
    (failure,) = root.iter("failure")
    assert "expected: off; found:    idle" in failure.get("message", "")
    assert "log of desk:" in (failure.text or "")


def test_junit_file_that_cannot_be_written_is_said(good: Path, tmp_path: Path) -> None:
    done = scenario("--junit", tmp_path / "none/out.xml", good)
    assert done.exit_code == 2
    assert "--junit" in done.stderr
    assert not done.stdout  # it is said before a scenario is run


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_is_a_usage_error_and_loses_no_result(good: Path) -> None:
    done = scenario("--junit", "/dev/full", good)
    assert done.exit_code == 2
    assert "--junit /dev/full: No space left on device" in done.stderr
    assert done.stdout.startswith("ok ")


def test_phones_boot_from_the_first_server_that_answers(tmp_path: Path) -> None:
    step = f"{BOOT}'idle'\nexpect.requests = {{ contains = ['000000000000.cfg', '0004f2000001-phone.cfg'] }}\n"
    file = write(tmp_path, step, site="[phones.desk]\n")
    with BootServer(MemorySite({"000000000000.cfg": b"<APPLICATION/>"})) as server:
        with BootServer(MemorySite({})) as gone:
            down = gone.url
        done = scenario("--server", down, "--server", server.url, "--json", file)
    (outcome,) = json.loads(done.stdout)
    assert (done.exit_code, outcome["passed"], outcome["server"]) == (0, True, f"{down} {server.url}")
    assert "000000000000.cfg" in {one.path for one in server.journal.requests}


def test_every_file_that_needs_the_embedded_server_is_named(good: Path, bad: Path) -> None:
    done = scenario("--server", "http://127.0.0.1:9/", good, bad)
    assert (done.exit_code, done.stdout) == (2, "")
    for file in (good, bad):
        assert f"{file}:6: server.files: only the embedded boot server can do this, and --server names" in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--server", "boot.example"), "--server: 'boot.example' is not a boot server address"),
        (("--server", "gopher://boot.example/"), "--server: gopher://boot.example/: http, https"),
        (("--trust", __file__), "test_scenario.py is not a public key in PEM form"),
        (("--ca-file", __file__), "test_scenario.py: there is no certificate in it"),
        (("--client-cert", __file__), "test_scenario.py: there is no certificate with its unencrypted key in it"),
        (("--tls-min", "1.2"), "a.phone.toml: --tls-min is for a boot server that is named, and this scenario has"),
    ],
)
def test_what_cannot_be_used_for_a_server_is_said(good: Path, words: tuple[str, ...], message: str) -> None:
    done = scenario(*words, good)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(("tls_min", "code"), [("1.2", 0), ("1.3", 1)])
def test_oldest_tls_is_that_of_the_option(tmp_path: Path, tls_min: str, code: int) -> None:
    certificates = Certificates.make(tmp_path / "tls")
    context = tls_context(certificates)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # The server answers the same for every file, so that the contact directory is not one.
    file = write(
        tmp_path, f"{BOOT}'idle'\nexpect.boot = 'booted'\nexpect.not_log = 'No configuration'\n", site="[phones.desk]\n"
    )
    with HostileHttpServer(answering("200 OK", b"<APPLICATION/>"), tls=context) as server:
        done = scenario("--server", server.url, "--ca-file", certificates.ca_file, "--tls-min", tls_min, file)
    assert done.exit_code == code, done.output
