"""An authority for each test of the web server, and desks for those in a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from phone_sim.web.portal.service import PortalService
from tests.authority import new_authority
from tests.web import browser
from tests.web.chromium import PATIENCE, Visit, Visitor, chromium
from tests.web.foreign_page import AS_FOREIGN
from tests.web.running import ServedDesk, desk_on_the_web


@pytest.fixture
def portal(tmp_path: Path) -> PortalService:
    """The portal of an authority that was just made, with a boot server."""
    folder = tmp_path / "authority"
    new_authority(folder)
    return PortalService(authority_folder=folder, boot_server=tmp_path / "site", mail_folder=tmp_path / "mail")


@pytest.fixture
def client(portal: PortalService) -> Iterator[TestClient]:
    """A browser that is on a page of the portal."""
    with browser(portal) as client:
        yield client


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """A real browser."""
    with chromium(AS_FOREIGN) as browser:
        yield browser


@pytest.fixture
def served_desk(tmp_path: Path) -> Iterator[ServedDesk]:
    """A desk on the web, without phones, whose clock stands still."""
    with desk_on_the_web(tmp_path / "mail") as served_desk:
        yield served_desk


@pytest.fixture
def visit(chrome: Browser, served_desk: ServedDesk) -> Iterator[Visit]:
    """Opens a page, of another desk if one is given; a test fails when the browser has anything to complain of."""
    visitors: list[Visitor] = []

    def open_page(path: str, at: ServedDesk = served_desk, **options: Any) -> Visitor:
        visitors.append(
            Visitor(chrome.new_context(**{"viewport": {"width": 1440, "height": 900}} | options).new_page(), at.url)
        )
        visitors[-1].page.set_default_timeout(1000 * PATIENCE)
        visitors[-1].go(path)
        return visitors[-1]

    yield open_page
    for one in visitors:
        one.page.context.close()
    assert [one.complaints for one in visitors if one.complaints] == []
