"""What holds for all tests: none is about how fast the machine is, and what real servers showed is recorded."""

import gc
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.real_servers.tested import Recorder

settings.register_profile("untimed", deadline=None)
settings.register_profile("few", deadline=None, max_examples=10)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--servers-tested",
        type=Path,
        metavar="FILE",
        help="Write what real servers showed in this run; with `-m shows` it is all that there is.",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs a real server is slow; what is long begins first, so that no core waits for it in the end."""
    for item in items:
        if item.get_closest_marker("real") is not None or item.get_closest_marker("long") is not None:
            item.add_marker("slow")
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests stay until the end: garbage is not looked for among them."""
    gc.freeze()


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Two more than there are cores: many tests wait, for a silence or for another process."""
    return (yield) + 2


def pytest_configure(config: pytest.Config) -> None:
    """Begin the record; and hear SIGINT, which a shell's background jobs, and all that they start, ignore."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Recorder(config), "servers-tested")
