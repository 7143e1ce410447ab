"""The gallery in a browser, and what a user does there."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from phone_sim.runtime.model_files import load_models

MODELS = load_models()
KEYBOARD = MODELS[0].token  # the phone that has the keyboard
SMALL, MIDDLE, GREY, COLOR, CONFERENCE, TOUCH = "SPIP_330", "SPIP_450", "SPIP_650", "SPIP_670", "SSIP_6000", "VVX_1500"
LICENSES: dict[str, Any] = {
    "title": "Licenses",
    "lines": ["Corporate Directory: Does not expire", "Conference Management: Valid until 2026-03-10"],
    "selected": 1,
    "soft_keys": ["Back", "", "Select"],
    "above": True,
    "below": True,
}
Open = Callable[..., "Gallery"]


class Gallery:
    """The page, and what a user does there; the first face has the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def figure(self, token: str) -> Locator:
        """A face with its caption."""
        return self.page.locator("figure").nth([model.token for model in MODELS].index(token))

    def key(self, token: str, name: str) -> Locator:
        """A key of a face."""
        return self.figure(token).locator(f'[data-key="{name}"]')

    def heard(self, token: str) -> list[str]:
        """What the page was told of a face."""
        return (self.figure(token).locator("output").text_content() or "").split()

    def show(self, token: str, frame: object) -> Locator:
        """Put a frame on a screen, and return the screen."""
        svg = self.figure(token).locator("svg.face")
        svg.evaluate("(svg, frame) => window.faces.show(svg, frame)", frame)
        return svg.locator("[data-screen]")

    def texts(self, token: str) -> list[str]:
        """The texts that can be seen on a screen, as they are drawn."""
        found = self.figure(token).locator("[data-screen] text").all()
        return [text.text_content() or "" for text in found if text.is_visible()]
