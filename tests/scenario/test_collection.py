"""Scenario files as tests, in runs of pytest of its own, as users have them."""

import subprocess
import sys

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from tests.scenario.write import HEAD, SITE

pytestmark = pytest.mark.slow

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
        result = run(pytester, "--boot-server", server.url, site=site, bad=bad, good=step)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            f"boot server: {server.url}",
            f"{pytester.path}/own.phone.toml:6: server.files: only * and --boot-server names *",
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
