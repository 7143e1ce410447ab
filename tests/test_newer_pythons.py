"""Python versions later than the one that runs the tests: packages are there, and nothing is used that goes away."""

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_CLASSIFIER = "Programming Language :: Python :: 3."
NEWEST = max(int(one.removeprefix(_CLASSIFIER)) for one in PROJECT["classifiers"] if one.startswith(_CLASSIFIER))
# What Python 3.11 has and a later version has not, or only with a warning, by "What's New in Python" 3.12 to 3.15 and
# its lists of pending removals. In parentheses an argument, behind a point alone an attribute of any object.
GOING = frozenset(
    """
    aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib
    ossaudiodev pipes smtpd sndhdr spwd sre_compile sre_constants sre_parse sunau telnetlib uu xdrlib

    argparse.FileType argparse.ArgumentParser.add_argument_group(prefix_chars)
    ast.Bytes ast.Ellipsis ast.NameConstant ast.Num ast.Str
    asyncio.AbstractChildWatcher asyncio.AbstractEventLoopPolicy asyncio.DefaultEventLoopPolicy
    asyncio.get_child_watcher asyncio.get_event_loop asyncio.get_event_loop_policy asyncio.iscoroutinefunction
    asyncio.set_child_watcher asyncio.set_event_loop_policy
    codecs.open collections.abc.ByteString configparser.SafeConfigParser ctypes.SetPointerType
    datetime.datetime.utcfromtimestamp datetime.datetime.utcnow .utcfromtimestamp .utcnow
    email.utils.localtime(isdst) glob.glob0 glob.glob1 http.server.CGIHTTPRequestHandler
    importlib.abc.ResourceReader importlib.abc.Traversable importlib.abc.TraversableResources importlib.find_loader
    importlib.resources.contents importlib.resources.is_resource importlib.resources.open_binary
    importlib.resources.open_text importlib.resources.path importlib.resources.read_binary
    importlib.resources.read_text importlib.util.module_for_loader importlib.util.set_loader importlib.util.set_package
    locale.getdefaultlocale locale.resetlocale logging.warn .is_reserved
    pkgutil.ImpImporter pkgutil.ImpLoader pkgutil.find_loader pkgutil.get_loader platform.java_ver
    pty.master_open pty.slave_open shutil.ExecError shutil.rmtree(onerror) sqlite3.version sqlite3.version_info
    ssl.match_hostname ssl.wrap_socket sys.last_traceback sys.last_type sys.last_value
    sysconfig.expand_makefile_vars sysconfig.is_python_build(check_home) .co_lnotab .load_module .find_module
    tempfile.mktemp threading.activeCount threading.currentThread threading.RLock(0) typing.ByteString typing.io
    typing.no_type_check_decorator typing.re unittest.findTestCases unittest.getTestCaseNames unittest.makeSuite
    urllib.parse.Quoter urllib.request.FancyURLopener urllib.request.URLopener .getmark .getmarkers .setmark
    """.split()  # noqa: SIM905 - a list has one name a line
)


def uses(source: str) -> Iterator[tuple[int, str]]:
    """The names that a module uses, with the line, as `GOING` has them; names are full by the module's own imports."""
    tree = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, full_name(node, names)
            yield node.lineno, f".{node.attr}"
        elif isinstance(node, ast.Call):
            called = full_name(node.func, names)
            for argument in (*(one.arg for one in node.keywords), *range(len(node.args))):
                yield node.lineno, f"{called}({argument})"


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    """What an expression names, such as `asyncio.run`; empty where it names nothing that was imported."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    before = full_name(node.value, names) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


@pytest.mark.parametrize(
    "source",
    [
        "import cgi",
        "from distutils import core",
        "from ast import Num",
        "import ast\nast.Num",
        "import importlib.resources as r\nr.open_text('a', 'b')",
        "from datetime import datetime as d\nd.utcnow()",
        "import datetime\ndatetime.datetime.now().utcnow()",
        "import shutil\nshutil.rmtree('a', onerror=print)",
        "import threading\nthreading.RLock(1)",
    ],
)
def test_what_goes_away_is_noticed(source: str) -> None:
    assert GOING & {name for _, name in uses(source)}


@pytest.mark.parametrize("room", ["phone_sim", "tests", "fixtures"])
def test_nothing_is_used_that_later_pythons_lack_or_warn_of(room: str) -> None:
    paths = sorted((ROOT / room).rglob("*.py"))
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for line, name in uses(path.read_text())
        if name in GOING
    ]
    assert paths
    assert not found


@pytest.mark.long
def test_every_dependency_has_a_wheel_for_the_newest_python(tmp_path: Path) -> None:
    """By pip's own resolver, which reads the markers of dependencies for the Python that it runs with, however."""
    extras = PROJECT["optional-dependencies"]
    required = [*PROJECT["dependencies"], *extras["web"], *extras["fleet"]]
    report = tmp_path / "report.json"
    # The target makes older versions of pip take another Python's version, too.
    words = [
        "install",
        "--dry-run",
        "--ignore-installed",
        "--target",
        str(tmp_path / "target"),
        "--report",
        str(report),
    ]
    words += ["--only-binary=:all:", "--implementation=cp", f"--python-version=3.{NEWEST}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words, "--quiet", *required], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    found = [one["download_info"]["url"].rpartition("/")[2] for one in json.loads(report.read_text())["install"]]
    assert len(found) > len(required)
    assert all(name.endswith(".whl") for name in found)
