"""Opens the gallery in a real browser, under the policy of `gallery_server`."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from phone_sim.web.faces.gallery import gallery
from tests.web.chromium import chromium
from tests.web.faces.gallery_page import MODELS, Gallery, Open
from tests.web.faces.gallery_server import served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(gallery(MODELS)) as url:
        yield url


@pytest.fixture
def opened(browser: Browser, url: str) -> Iterator[Open]:
    """Opens the gallery; the test fails when the browser has anything to complain of."""
    complaints: list[str] = []
    contexts = []

    def open_page(**options: Any) -> Gallery:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        page.wait_for_selector("html[data-ready]")
        return Gallery(page)

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
