"""What phone_sim needs: each import is declared, no floor is below a known hole, use of private names is capped."""

import ast
import inspect
import json
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
DISTRIBUTIONS = packages_distributions()
NOT_OTHERS = {"phone_sim", "tests", "fixtures"} | sys.stdlib_module_names
# The first release in which all known holes are mended, and the last of them.
MENDED = {
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "cryptography": ("48.0.1", "GHSA-537c-gmf6-5ccf"),
    "flask": ("3.1.3", "GHSA-68rp-wp8r-4726"),
    "gevent": ("23.9.0", "CVE-2023-41419"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "ldap3": ("2.5.2", "CVE-2018-14574"),
    "locust": ("1.3.2", "CVE-2020-28364"),
    "lxml": ("6.1.0", "CVE-2026-41066"),
    "pyasn1": ("0.6.4", "CVE-2026-59886"),
    "pydantic": ("2.4.0", "CVE-2024-3772"),
    "python-multipart": ("0.0.30", "CVE-2026-53538"),
    "requests": ("2.33.0", "CVE-2026-25645"),
    "starlette": ("1.3.1", "PYSEC-2026-248"),
    "urllib3": ("2.7.0", "CVE-2026-44432"),
    "uvicorn": ("0.11.7", "CVE-2020-7695"),
}


def requirements(*extras: str) -> dict[str, Requirement]:
    """What a user of these extras is required to have, by name."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    return {canonicalize_name(one.name): one for one in map(Requirement, texts)}


def floor(requirement: Requirement) -> Version:
    """The lowest version that the requirement admits."""
    (lowest,) = (Version(one.version) for one in requirement.specifier if one.operator == ">=")
    return lowest


def is_capped(requirement: Requirement) -> bool:
    return any(one.operator == "<" for one in requirement.specifier)


def imported(path: Path) -> set[str]:
    """The packages of others that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names} - NOT_OTHERS


def distribution(package: str) -> str:
    """The distribution that a package comes in; the package itself where it is not installed."""
    return canonicalize_name(DISTRIBUTIONS.get(package, [package])[0])


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


@pytest.mark.parametrize(
    ("room", "extras"),
    [
        ("phone_sim", ()),
        ("phone_sim/web", ("web",)),
        ("phone_sim/fleet", ("fleet",)),
        ("tests", ("web", "fleet", "test")),
        ("fixtures", ("test",)),
    ],
)
def test_everything_imported_is_declared(room: str, extras: tuple[str, ...]) -> None:
    elsewhere = {"phone_sim/web", "phone_sim/fleet"} - {room}
    loaded_by_pytest = {"pytest"} if room == "phone_sim" else set()
    declared = set(requirements(*extras)) | loaded_by_pytest
    undeclared = {
        f"{path.relative_to(ROOT)}: {package}"
        for path in modules(room)
        if not any(path.is_relative_to(ROOT / other) for other in elsewhere)
        for package in imported(path)
        if distribution(package) not in declared
    }
    assert not undeclared


@pytest.mark.parametrize("extras", [(), ("web",), ("fleet",)], ids=lambda extras: "+".join(extras) or "alone")
def test_floors_are_past_known_holes(extras: tuple[str, ...]) -> None:
    for name, requirement in requirements(*extras).items():
        mended, hole = MENDED.get(name, ("0", ""))
        assert floor(requirement) >= Version(mended), f"{requirement} admits {hole}, which {mended} mends"


@pytest.mark.parametrize("name", MENDED)
def test_what_is_installed_is_past_known_holes(name: str) -> None:
    mended, hole = MENDED[name]
    assert Version(version(name)) >= Version(mended), f"{name} {version(name)} has {hole}, which {mended} mends"


def test_known_holes_are_those_of_what_is_required() -> None:
    assert set(MENDED) <= set(requirements("web", "fleet"))


def test_no_cap_keeps_a_newer_python_out() -> None:
    assert PROJECT["requires-python"] == ">=3.11"


def named_privately() -> Iterator[str]:
    """The packages that a module imports a private name from, or asks for one."""
    for path in modules("phone_sim"):
        tree = ast.parse(path.read_text())
        packages = imported(path)
        homes: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
                for alias in node.names:
                    home = (source or alias.name).partition(".")[0]
                    homes[alias.asname or alias.name.partition(".")[0]] = home
                    if home in packages and any(map(is_private, f"{source}.{alias.name}".split("."))):
                        yield home
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_private(node.attr) and isinstance(node.value, ast.Name):
                home = homes.get(node.value.id, "")
                if home in packages:
                    yield home


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


# In a process of its own: Locust patches the standard library when it is imported.
INHERITED = """
import importlib, json, warnings
from tests.test_dependencies import ROOT, inherited_privately, modules

warnings.simplefilter("ignore")
import locust

found = set()
for path in modules("phone_sim"):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if not name.endswith("__main__"):
        found |= inherited_privately(importlib.import_module(name))
print(json.dumps(sorted(found)))
"""


def inherited_privately(module: object) -> set[str]:
    """The packages of others whose classes are extended here with a private name that they have themselves."""
    found = set()
    for cls in vars(module).values():
        if not inspect.isclass(cls) or cls.__module__ != getattr(module, "__name__", ""):
            continue
        bases = [base for base in cls.__mro__[1:] if base.__module__.partition(".")[0] not in NOT_OTHERS]
        if own := private_names(cls) if bases else set():
            found |= {base.__module__.partition(".")[0] for base in bases if own & private_names(base)}
    return found


def private_names(cls: type) -> set[str]:
    """The private names that a class defines, or uses of any object; none for one that is not written in Python."""
    try:
        nodes = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(cls)))))
    except (OSError, TypeError):
        return set()
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return set(filter(is_private, names))


@pytest.mark.slow
def test_package_whose_private_names_are_used_is_capped() -> None:
    done = subprocess.run([sys.executable, "-c", INHERITED], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    packages = {*json.loads(done.stdout.splitlines()[-1]), *named_privately()}
    assert {"locust", "lxml", "urllib3"} <= packages
    declared = requirements("web", "fleet")
    uncapped = {package for package in packages if not is_capped(declared[distribution(package)])}
    assert not uncapped
