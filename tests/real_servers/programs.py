"""Finds the server programs. It does not know how they are started."""

import os
import shutil
from typing import NoReturn

import pytest

# Where distributions put servers; the PATH of an ordinary user often lacks these.
_SERVER_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def require(program: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where real servers are required."""
    path = shutil.which(program) or shutil.which(program, path=os.pathsep.join(_SERVER_FOLDERS))
    return path if path is not None else absent(f"{program} is not installed")


def require_root() -> None:
    """Go on only as root, which a private mount namespace needs; otherwise as for a program that is absent."""
    if os.geteuid() != 0:
        absent("only root can do this")


def absent(reason: str) -> NoReturn:
    """Skip the running test, or fail it when PHONE_SIM_REQUIRE_REAL is 1."""
    if os.environ.get("PHONE_SIM_REQUIRE_REAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
