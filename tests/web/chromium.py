"""Debian's headless chromium, and somebody who looks at pages with it and complains of all that is wrong with them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.real_servers.programs import require

PATIENCE = 60.0
"""Seconds that anything on a page is waited for."""
expect.set_options(timeout=1000 * PATIENCE)

_AT_REST = """() => Promise.allSettled(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))"""
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """The browser without a window: the shell, which is what Playwright runs, too, costs half of the whole browser."""
    program = require("chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, headless=True, args=[*_ARGUMENTS, *arguments], handle_sigint=False
        )
        yield browser
        browser.close()


class Visitor:
    """Looks at the pages of one server; what the browser complains of, and requests elsewhere, are in `complaints`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        # A violation of the page's policy is an error on the console, too.
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._judge(request.url))

    def go(self, path: str) -> Page:
        """Open a page."""
        self.page.goto(self.url + path)
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys of the phone."""
        for key in keys:
            self.page.locator(f'svg.face [data-key="{key}"]').click()

    def button(self, name: str) -> Locator:
        """A button, by all of its text."""
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, table: str, feature: str) -> Locator:
        """The row of a feature, in the table of features or of licenses."""
        return self.page.locator(f"#{table} tr", has_text=feature)

    def lines(self) -> list[str]:
        """The lines of the log that can be seen."""
        return [text for text in self.page.locator("#log li:not([hidden]) .line").all_text_contents() if text]

    def _judge(self, url: str) -> None:
        if not url.startswith((f"{self.url}/", "data:", "file:")):
            self.complaints.append(f"a request to {urlsplit(url).netloc or url}")


Visit = Callable[..., Visitor]
"""Opens a page by its path, with options of a browser's context."""


def violations(page: Page) -> list[dict[str, Any]]:
    """What axe-core finds wrong with a page that has come to rest, in short."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(_AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((results) => results.violations)")
    return [{one["id"]: [node["html"][:200] for node in one["nodes"]]} for one in found]
