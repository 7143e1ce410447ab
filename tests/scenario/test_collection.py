"""Scenario files as tests, in runs of pytest of its own, as users have them."""

import subprocess
import sys

import pytest

from tests.scenario.write import HEAD, SITE

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin runs without the others that happen to be installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, **files: str) -> pytest.RunResult:
    """Run scenario files of these names; warnings are errors."""
    for name, steps in files.items():
        (pytester.path / f"{name}.phone.toml").write_text(HEAD + SITE + steps)
    return pytester.runpytest_subprocess("-p", "phone_sim", "-W", "error", timeout=120)


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
    result.stdout.fnmatch_lines(["*wrong.phone.toml:*: steps?1?.bot: there is no such key here; allowed are boot, *"])


def test_plugin_imports_scenarios_only_for_scenario_files() -> None:
    code = "import sys, phone_sim.pytest_plugin; print([name for name in sys.modules if 'scenario' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
