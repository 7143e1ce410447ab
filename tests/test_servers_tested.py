"""The record of what real servers showed, in runs of pytest of its own with this project's conftest."""

from pathlib import Path

import pytest

from tests.readme import ROOT
from tests.real_servers.tested import FILE, Tested, differences, read, write

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

TESTS = """
import pytest

pytestmark = pytest.mark.server("nginx", "HTTP")

@pytest.mark.shows("boot")
def test_boot(): pass

@pytest.mark.shows("boot")
@pytest.mark.parametrize("number", range(4))
def test_boots(number): pass

@pytest.mark.shows("log upload", "refused")
@pytest.mark.parametrize("kind", [pytest.param("tftp", marks=pytest.mark.server("dnsmasq", "TFTP"))])
def test_upload(kind): pass

def test_nothing(): pass
"""
SHOWN = {("nginx", "HTTP", "boot"): "yes", ("dnsmasq", "TFTP", "log upload"): "refused"}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PHONE_SIM_REQUIRE_REAL", raising=False)


def run(pytester: pytest.Pytester, source: str, *args: str, kept: Tested | None = None) -> pytest.RunResult:
    """Run the tests in `source` beside a record that was kept."""
    folder = pytester.path
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = checks\naddopts = --import-mode=importlib\n")
    (folder / "checks").mkdir()
    (folder / "checks/test_servers.py").write_text(source)
    if kept is not None:
        (folder / FILE).parent.mkdir(parents=True)
        write(kept, folder / FILE)
    return pytester.runpytest_subprocess(*args, timeout=60)


@pytest.mark.parametrize("processes", [(), ("-p", "xdist.plugin", "-n", "2")])
def test_passed_tests_are_the_record(pytester: pytest.Pytester, processes: tuple[str, ...]) -> None:
    assert run(pytester, TESTS, "--servers-tested", "tested.json", *processes).ret == pytest.ExitCode.OK
    assert read(pytester.path / "tested.json") == SHOWN


def test_failed_test_leaves_the_record_alone(pytester: pytest.Pytester) -> None:
    result = run(pytester, TESTS.replace("pass", "assert False", 1), "--servers-tested", "tested.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert not (pytester.path / "tested.json").exists()


def test_skipped_test_leaves_the_record_alone(pytester: pytest.Pytester) -> None:
    source = TESTS.replace("def test_boot(): pass", "def test_boot(): pytest.skip()")
    result = run(pytester, source, "--servers-tested", "tested.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["nginx, HTTP, boot: was skipped*"])
    assert not (pytester.path / "tested.json").exists()


def test_test_that_names_no_server_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, TESTS.replace("pytestmark", "unused"))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_boot has the mark `shows`, but none names its server"])


@pytest.mark.parametrize(
    ("kept", "line", "processes"),
    [
        (
            {**SHOWN, ("slapd", "LDAP", "search"): "yes"},
            "slapd, LDAP, search: not shown, but the record says yes",
            ("-p", "xdist.plugin", "-n", "2"),
        ),
        ({("nginx", "HTTP", "boot"): "yes"}, "dnsmasq, TFTP, log upload: refused, but the record says nothing", ()),
        ({**SHOWN, ("nginx", "HTTP", "boot"): "no"}, "nginx, HTTP, boot: yes, but the record says no", ()),
    ],
)
def test_old_record_fails_a_whole_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, kept: Tested, line: str, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PHONE_SIM_REQUIRE_REAL", "1")
    result = run(pytester, TESTS, *processes, kept=kept)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines([line])


@pytest.mark.parametrize("args", [(), ("-p", "no:cacheprovider")])
def test_true_record_passes_a_whole_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PHONE_SIM_REQUIRE_REAL", "1")
    assert run(pytester, TESTS, *args, kept=SHOWN).ret == pytest.ExitCode.OK


@pytest.mark.parametrize("args", [("checks/test_servers.py",), ("-k", "boot"), ("-m", "shows"), ("--collect-only",)])
def test_part_of_a_run_is_not_compared(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PHONE_SIM_REQUIRE_REAL", "1")
    assert run(pytester, TESTS, *args, kept={}).ret == pytest.ExitCode.OK


def test_old_record_is_no_matter_where_servers_may_be_absent(pytester: pytest.Pytester) -> None:
    assert run(pytester, TESTS, kept={}).ret == pytest.ExitCode.OK


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(SHOWN, tmp_path / "tested.json")
    assert read(tmp_path / "tested.json") == SHOWN
    assert differences(SHOWN, SHOWN) == []
