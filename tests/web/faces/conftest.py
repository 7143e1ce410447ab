"""Opens the gallery in a real browser, under the policy of `gallery_server`."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from phone_sim.web.faces.gallery import gallery
from tests.real_servers.programs import require
from tests.web.faces.gallery_page import MODELS, Gallery, Open
from tests.web.faces.gallery_server import served

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(ARGUMENTS))
        yield browser
        browser.close()


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
