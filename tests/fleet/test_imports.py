"""Only the fleet's load imports Locust; each group of modules is imported in its own process."""

import subprocess
import sys

import pytest

from tests.modules import module_names

IMPORT_EACH = """
import importlib
import sys

allowed, *names = sys.argv[1:]
for name in names:
    importlib.import_module(name)
    assert "locust" not in sys.modules, name
    assert allowed == "gevent" or "gevent" not in sys.modules, name
if allowed == "gevent":
    from gevent.monkey import is_anything_patched
    assert not is_anything_patched()
"""
ON_LOCUST = ("phone_sim.fleet.on_locust.", "phone_sim.fleet.users")
TRANSPORT = "phone_sim.fleet.transport"


def import_each(names: list[str], allowed: str) -> None:
    ended = subprocess.run([sys.executable, "-c", IMPORT_EACH, allowed, *names], capture_output=True, timeout=120)
    assert ended.returncode == 0, ended.stderr.decode()


@pytest.mark.slow
def test_no_other_module_imports_locust_or_gevent() -> None:
    others = [name for name in module_names() if not name.startswith((*ON_LOCUST, TRANSPORT))]
    assert "phone_sim.fleet.on_locust" in others
    import_each(others, allowed="nothing")


@pytest.mark.slow
def test_fleets_transports_patch_nothing() -> None:
    import_each([name for name in module_names() if name.startswith(TRANSPORT)], allowed="gevent")
