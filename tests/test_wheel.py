"""The wheel: what it says and holds, and a phone booted from it in a fresh environment, with each Python there is."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email import message_from_string
from functools import cache
from pathlib import Path

import pytest

import phone_sim
from tests import readme

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]
SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))
FILES = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="a.cfg"/>', "a.cfg": b'<a voIpProt.H323.enable="1"/>'}
# Every module that needs no extra, pytest or terminal.
IMPORT_ALL = """
import importlib, pkgutil, phone_sim
for module in pkgutil.walk_packages(phone_sim.__path__, "phone_sim."):
    if module.name.split(".")[1] not in ("web", "fleet", "pytest_plugin", "__main__"):
        importlib.import_module(module.name)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command to its end; what it printed."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def interpreter(version: tuple[int, int]) -> str:
    """The Python of this version; the test is skipped where there is none."""
    if sys.version_info[:2] == version:
        return sys.executable
    found = shutil.which(f"python{version[0]}.{version[1]}")
    # A version manager's stand-in can be on the path for a version that is not selected.
    if found is None or subprocess.run([found, "-c", "pass"], capture_output=True).returncode != 0:
        pytest.skip(f"there is no Python {version[0]}.{version[1]}")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("phone_sim-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[int, int]], Path]:
    """Gives the `bin` of an environment in which just the wheel is installed, made once for each version of Python."""

    @cache
    def environment(version: tuple[int, int]) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        run(interpreter(version), "-m", "venv", "--without-pip", folder, cwd=folder)
        pip = (sys.executable, "-m", "pip", "--python", folder / "bin/python")
        run(*pip, "install", "--quiet", "--no-compile", wheel, cwd=folder)
        return folder / "bin"

    return environment


def test_wheel_says_what_it_is_and_holds_its_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (folder,) = {name.partition("/")[0] for name in names if ".dist-info/" in name}
        metadata = message_from_string(archive.read(f"{folder}/METADATA").decode())
        entry_points = archive.read(f"{folder}/entry_points.txt").decode().splitlines()
        license_text = archive.read(f"{folder}/licenses/phone_sim/LICENSE")
    assert (metadata["Name"], metadata["License-Expression"]) == ("phone-sim", "MIT")
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"]
    assert "pytest" in metadata["Keywords"]
    assert {"Framework :: Pytest", "Typing :: Typed"} <= set(metadata.get_all("Classifier", []))
    assert license_text == (ROOT / "phone_sim/LICENSE").read_bytes()
    assert b"The phone_sim authors" in license_text
    assert {
        "phone_sim/LICENSE",
        "phone_sim/py.typed",
        "phone_sim/guide/ci.md",
        "phone_sim/guide/faults_seen.md",
        "phone_sim/guide/findings.md",
        "phone_sim/audit/page/report.css",
    } <= names
    assert {"phone-sim = phone_sim.__main__:main", "phone_sim = phone_sim.pytest_plugin"} <= set(entry_points)


@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: f"{version[0]}.{version[1]}")
def test_wheel_boots_a_phone_outside_the_checkout(
    installed: Callable[[tuple[int, int]], Path], version: tuple[int, int], tmp_path: Path
) -> None:
    programs = installed(version)
    models = json.loads(run(programs / "phone-sim", "models", "--json", cwd=tmp_path))
    assert len(models) == len(phone_sim.ALL_MODELS)
    with phone_sim.BootServer(phone_sim.MemorySite(FILES)) as server:
        report = json.loads(
            run(programs / "phone-sim", "boot", "--server", server.url, "--model", "VVX1500", "--json", cwd=tmp_path)
        )
    assert report["phone"]["state"] == "idle"
    assert [one["key"] for one in report["features"] if one["state"] == "not_licensed"] == ["H323"]
    run(programs / "python", "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path)


def test_user_s_file_is_typed_and_runs(installed: Callable[[tuple[int, int]], Path], tmp_path: Path) -> None:
    """Against the installed wheel alone, with just `import phone_sim`."""
    programs = installed(sys.version_info[:2])
    source, expected = readme.examples()["python"]
    (tmp_path / "user.py").write_text(source)
    assert run(programs / "python", "-W", "error", "user.py", cwd=tmp_path) == expected
    words = ("--strict", "--config-file=", f"--python-executable={programs / 'python'}", "--cache-dir=cache", "user.py")
    run(sys.executable, "-m", "mypy", *words, cwd=tmp_path)
    (tmp_path / "user.py").write_text(f"{source}\nphone_sim.VirtualPhone(model=670)\nphone_sim.VirtualFone\n")
    command = [sys.executable, "-m", "mypy", *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert 'Argument "model" to "VirtualPhone" has incompatible type "int"' in done.stdout
    assert 'Module has no attribute "VirtualFone"' in done.stdout
