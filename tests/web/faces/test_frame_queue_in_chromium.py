"""Time is the test's own here."""

import pytest
from playwright.sync_api import Page

from tests.web.faces.gallery_page import Open

pytestmark = pytest.mark.real

QUEUE = """() => {
    window.seen = [];
    window.queue = new window.faces.FrameQueue((frame) => window.seen.push(frame === null ? "off" : frame.title));
}"""
PUSH = "titles => titles.forEach((title) => window.queue.push(title === 'off' ? null : { title }))"


@pytest.fixture
def queue(opened: Open) -> Page:
    """A page with a queue and a clock that stands still."""
    page = opened().page
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.evaluate(QUEUE)
    return page


def test_each_frame_is_seen_for_a_while(queue: Page) -> None:
    queue.evaluate(PUSH, ["a", "b", "c"])
    seen = []
    for _ in range(4):
        seen.append("".join(queue.evaluate("window.seen")))
        queue.clock.run_for(499)
        seen.append("".join(queue.evaluate("window.seen")))
        queue.clock.run_for(1)
    assert seen == ["a", "a", "ab", "ab", "abc", "abc", "abc", "abc"]


def test_burst_loses_its_middle(queue: Page) -> None:
    queue.evaluate(PUSH, list("abcdefghij"))
    queue.clock.run_for(10_000)
    seen = "".join(queue.evaluate("window.seen"))
    assert seen == "abcij"
    queue.evaluate(PUSH, ["z"])
    assert queue.evaluate("window.seen.at(-1)") == "z"


def test_screen_goes_off_at_once(queue: Page) -> None:
    queue.evaluate(PUSH, ["a", "b", "off"])
    assert queue.evaluate("window.seen") == ["a", "off"]
    queue.clock.run_for(10_000)
    queue.evaluate(PUSH, ["c"])
    assert queue.evaluate("window.seen") == ["a", "off", "c"]
