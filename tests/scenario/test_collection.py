"""Scenario files as tests, in runs of pytest of its own, as users have them."""

import subprocess
import sys

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.scenario.write import HEAD as TITLE
from tests.scenario.write import SITE

pytestmark = pytest.mark.slow

HEAD = f"phone_sim = 1\n{TITLE}"

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin runs without the others that happen to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, *words: str, site: str = SITE, **files: str) -> pytest.RunResult:
    """Run scenario files of these names with these options; warnings are errors."""
    for name, steps in files.items():
        (pytester.path / f"{name}.phone.toml").write_text(HEAD + site + steps)
    return pytester.runpytest_subprocess("-p", "phone_sim", "-W", "error", *words, timeout=120)


def test_each_file_is_a_test(pytester: pytest.Pytester) -> None:
    (pytester.path / "other.toml").write_text("")
    step = "\n[[steps]]\nboot = true\nexpect.state = "
    result = run(pytester, good=f"{step}'idle'\n", bad=f"{step}'off'\n")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*bad.phone.toml:*: step 1 (boot), phone desk: state", "*expected: off", "*found: *idle", "log of desk:*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_file_that_is_none_fails_the_collection(pytester: pytest.Pytester) -> None:
    result = run(pytester, wrong="\n[[steps]]\nbot = true\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*wrong.phone.toml:*: steps?1?.bot: unknown key; expected one of: boot, *"])


@pytest.mark.parametrize("url", ["", "url = 'http://127.0.0.1:9/'"])
def test_option_names_the_boot_server_of_all(pytester: pytest.Pytester, url: str) -> None:
    """It goes before the url of a file; a file that needs the embedded one fails, and the other ones are run."""
    (pytester.path / "own.phone.toml").write_text(HEAD + SITE + "\n[[steps]]\nboot = true\n")
    step = "\n[[steps]]\nboot = true\nexpect.requests = { contains = ['site.cfg'] }\nexpect.features.LDAP = 'off'\n"
    files = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>', "site.cfg": b"<a x.y='1'/>"}
    site = f"[phones.desk]\n[server]\n{url}\n"
    with BootServer(MemorySite(files)) as server:
        bad = f"{step}expect.state = 'off'\n"
        result = run(pytester, "--phone-boot-server", server.url, site=site, bad=bad, good=step)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            f"boot server: {server.url}",
            f"{pytester.path}/own.phone.toml:7: server.files: only * and --phone-boot-server names *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert [one.path for one in server.journal.requests].count("site.cfg") == 2


def test_file_names_its_boot_server(pytester: pytest.Pytester) -> None:
    step = "\n[[steps]]\nboot = true\nexpect.not_log = 'No configuration'\n"
    with BootServer(MemorySite({"000000000000.cfg": b"<APPLICATION/>"})) as server:
        run(pytester, site=f"[phones.desk]\n[server]\nurl = '{server.url}'\n", good=step).assert_outcomes(passed=1)
    assert "000000000000.cfg" in {one.path for one in server.journal.requests}


def test_plugin_imports_scenarios_only_for_scenario_files() -> None:
    code = "import sys, phone_sim.pytest_plugin; print([name for name in sys.modules if 'scenario' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_files_of_other_programs_are_left_alone(pytester: pytest.Pytester) -> None:
    """By name, or with the option, each is taken; one that only looks like a scenario is told of."""
    step = "\n[[steps]]\nboot = true\n"
    (pytester.path / "old.phone.toml").write_text(TITLE + SITE + step)
    (pytester.path / "other.phone.toml").write_text("model = 'a telephone'\n[[steps]]\n")
    (pytester.path / "new.phone.toml").write_text(f"# ours\n\n{HEAD}{SITE}{step}")
    found = pytester.runpytest_subprocess("-p", "phone_sim", timeout=120)
    found.assert_outcomes(passed=1, warnings=1)
    found.stdout.fnmatch_lines(["*old.phone.toml looks like a scenario * begin it with phone_sim = 1, or *"])
    pytester.runpytest_subprocess("-p", "phone_sim", "old.phone.toml", timeout=120).assert_outcomes(passed=1)
    run(pytester, "--phone-scenarios").assert_outcomes(errors=1)  # the other one cannot be read


def test_scenarios_run_on_the_server_of_the_project(pytester: pytest.Pytester) -> None:
    """The fixture of the folder counts, also where others of the module's scope are used by all tests."""
    pytester.makeconftest(
        """
import pytest
from phone_sim import BootServer, MemorySite

@pytest.fixture(scope="session")
def boot_server():
    with BootServer(MemorySite({"000000000000.cfg": b"<APPLICATION/>"})) as server:
        yield server.url
        print("asked for", len(server.requests))

@pytest.fixture(autouse=True, scope="module")
def always():
    pass
"""
    )
    step = "\n[[steps]]\nboot = true\nexpect.not_log = 'No configuration'\n"
    (pytester.path / "own.phone.toml").write_text(HEAD + SITE + step)
    result = run(pytester, "-s", site="[phones.desk]\n", good=step, bad=f"{step}expect.requests = []\n")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*expected: exactly, in this order: nothing",
            f"{pytester.path}/own.phone.toml:7: server.files: only * and the fixture boot_server names another: *",
        ],
        consecutive=False,
    )
    result.stdout.re_match_lines([r".*asked for [1-9][0-9]*"])
