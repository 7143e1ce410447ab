"""Every page can be read and worked: with a screen reader, a keyboard alone, a narrow screen, in light and dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from phone_sim.web.desk.demonstration import STEPS
from tests.real_servers.process import wait_until
from tests.web.chromium import PATIENCE, Visit, violations
from tests.web.running import ServedDesk, desk_on_the_web
from tests.web.test_in_browser import LAST_DAY

pytestmark = pytest.mark.real

PAGES = (
    "/",
    "/phones/{grey}",
    "/phones/{touch}",
    "/phones/{star}",
    "/demonstration/SPIP_670",
    f"/demonstration/SPIP_670?step={len(STEPS) - 1}",
    "/portal",
    "/portal/activate",
    "/portal/batch",
    "/portal/orders",
    "/portal/orders/new",
    "/portal/activations/{serial}",
    "/scenarios",
    "/scenarios/0",
    "/nowhere",
)

# What can have the focus, and whether it can be seen. Of a group of radio buttons Tab reaches one,
# and of the lines of a log none: arrow keys do.
REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button:not(:disabled, #log .line), input:not([type=hidden], :disabled), select, summary, [tabindex="0"]'
)].filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && one.getClientRects().length > 0)
    .filter((one) => one.type !== "radio" || one.checked).map(NAME)"""
NAME = """(one) => one === document.body ? "" : [
    one.tagName, one.id, one.dataset.key ?? "", one.getAttribute("href") ?? "", one.getAttribute("aria-label") ?? "",
    one.name ?? "", one.value ?? "", (one.textContent ?? "").trim().slice(0, 60),
].join("|")"""
FOCUSED = """() => {
    const one = document.activeElement;
    const ring = one.querySelector(".cap, .bar");
    const style = getComputedStyle(one.matches("g") ? ring : one);
    return [(NAME)(one), (one.matches("g") ? style.stroke : style.outlineStyle) !== "none"];
}"""


@pytest.fixture(scope="module")
def served_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDesk]:
    """A desk with phones of several kinds that have something to show."""
    with desk_on_the_web(tmp_path_factory.mktemp("mail")) as served_desk:
        served_desk.put("SPIP_650", "VVX_1500", "SSIP_6000")
        served_desk.desk.do(lambda: served_desk.desk.license(None, LAST_DAY))
        for phone in served_desk.desk.phones:
            served_desk.desk.do(phone.boot)
        served_desk.desk.do(lambda: served_desk.desk.license(served_desk.desk.phones[0].mac, None))
        served_desk.scenarios.run(0)
        yield served_desk


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[ServedDesk]:
    """An empty desk for the story, which clears it."""
    with desk_on_the_web(tmp_path / "mail") as served_desk:
        yield served_desk


Opened = Callable[..., Page]


@pytest.fixture
def opened(served_desk: ServedDesk, stage: ServedDesk, visit: Visit) -> Opened:
    """Opens a page, and waits until all is on it; the page that is not there is complained of."""
    grey, touch, star = (phone.mac.digits for phone in served_desk.desk.phones)

    def opened(path: str, **options: Any) -> Page:
        is_story = path.startswith("/demonstration/")
        path = path.format(grey=grey, touch=touch, star=star, serial=grey.upper())
        visitor = visit(path, stage if is_story else served_desk, **options)
        page = visitor.page
        if is_story and "step" in path:
            page.get_by_role("button", name="Start").click()
            expect(page.locator("#step-place")).to_contain_text(f"{len(STEPS) - 1} of")
        if path == "/":
            expect(page.locator(".tile")).to_have_count(3)
        if page.locator("#log").count():
            expect(page.locator("#log li").first).to_be_visible()
            expect(page.locator(".node.now")).to_have_count(1)
            page.locator("#log .line").first.click()
            expect(page.locator(".why")).to_be_visible()
        visitor.complaints[:] = [one for one in visitor.complaints if "404" not in one]
        return page

    return opened


@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_barrier(opened: Opened, path: str) -> None:
    page = opened(path)
    assert violations(page) == []
    # Each scheme and each width once: the colors of a scheme are the same at every width.
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 800})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("path", PAGES)
def test_keyboard_reaches_everything(opened: Opened, path: str) -> None:
    page = opened(path)
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    wanted = page.evaluate(REACHABLE.replace("NAME", NAME))
    assert len(wanted) > 4
    reached: dict[str, bool] = {}
    for _ in range(3 * len(wanted)):
        if reached.keys() >= set(wanted):
            break
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUSED.replace("NAME", NAME))
        reached[name] = seen
    assert [name for name in wanted if name not in reached] == []
    assert [name for name, seen in reached.items() if not seen and name] == []


def test_skip_link_leads_to_the_content(opened: Opened) -> None:
    page = opened("/")
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/phones/{touch}", "/portal/orders/new"])
def test_reduced_motion_moves_nothing(opened: Opened, path: str) -> None:
    page = opened(path, reduced_motion="reduce")
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].map((one) => getComputedStyle(one))
        .filter((style) => style.transitionProperty !== "none" || style.animationName !== "none").length"""
    )
    assert moving == 0


def test_narrow_screen_has_the_display_as_text(opened: Opened) -> None:
    page = opened("/phones/{star}", viewport={"width": 360, "height": 800})
    text = page.locator("#display-text")
    box = text.bounding_box()
    assert box is not None
    assert box["width"] > 200
    page.set_viewport_size({"width": 1440, "height": 900})
    box = text.bounding_box()
    assert box is not None
    assert box["width"] <= 1


def test_long_tables_scroll_in_their_own_region(opened: Opened) -> None:
    page = opened("/phones/{grey}", viewport={"width": 360, "height": 800})
    region = page.get_by_role("region", name="Table of requests")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth && one.scrollHeight > one.clientHeight")
    region.focus()
    page.keyboard.press("ArrowDown")
    assert wait_until(lambda: float(region.evaluate("one => one.scrollTop")) > 0, PATIENCE)
