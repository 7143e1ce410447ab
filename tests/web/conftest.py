"""An authority for each test of the web server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from phone_sim.authority.office import found
from phone_sim.web.portal_counter import Counter
from tests.web import browser


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    """The counter of an authority that was just made, with a boot server."""
    found(tmp_path / "authority")
    return Counter(authority=tmp_path / "authority", boot_server=tmp_path / "site", mail_folder=tmp_path / "mail")


@pytest.fixture
def client(counter: Counter) -> Iterator[TestClient]:
    """A browser that is on a page of the portal."""
    with browser(counter) as client:
        yield client
