"""Records in each run of the tests what real servers showed."""

from pathlib import Path

import pytest

from tests.real_servers.tested import Recorder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--servers-tested",
        type=Path,
        metavar="FILE",
        help="Write what real servers showed in this run; with `-m shows` it is all that there is.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin the record."""
    config.pluginmanager.register(Recorder(config), "servers-tested")
