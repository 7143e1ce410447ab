"""The wheel: built, installed in a fresh environment, and a phone booted from it, with each Python there is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from phone_sim.boot_server.http import HttpBootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.runtime.model_files import load_models

ROOT = Path(__file__).parents[1]
SUPPORTED = ((3, 11), (3, 12), (3, 13))


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


@pytest.mark.parametrize("version", SUPPORTED, ids=lambda version: f"{version[0]}.{version[1]}")
def test_wheel_boots_a_phone_outside_the_checkout(version: tuple[int, int], tmp_path: Path) -> None:
    run(interpreter(version), "-m", "venv", "env", cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    run(python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("phone_sim-*.whl")
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    phone_sim = tmp_path / "env/bin/phone-sim"
    assert len(json.loads(run(phone_sim, "models", "--json", cwd=tmp_path))) == len(load_models())
    files = {"000000000000.cfg": b'<APPLICATION CONFIG_FILES="a.cfg"/>', "a.cfg": b'<a voIpProt.H323.enable="1"/>'}
    with HttpBootServer(MemorySite(files)) as server:
        report = json.loads(
            run(phone_sim, "boot", "--server", server.url, "--model", "VVX1500", "--json", cwd=tmp_path)
        )
    assert report["phone"]["state"] == "idle"
    assert [one["key"] for one in report["features"] if one["state"] == "not_licensed"] == ["H323"]
