"""Every page can be read and worked: with a screen reader, a keyboard alone, a narrow screen, in light and dark."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from phone_sim.web.desk.demonstration import STEPS
from tests.real_servers.process import wait_until
from tests.web.chromium import Visit, violations
from tests.web.desks import PATIENCE
from tests.web.running import Place
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


@pytest.fixture
def paths(place: Place) -> dict[str, str]:
    """Phones of several kinds that have something to show, by what they are called in `PAGES`."""
    grey, touch, star = place.put("SPIP_650", "VVX_1500", "SSIP_6000")
    place.desk.do(lambda: place.desk.license(None, LAST_DAY))
    for phone in place.desk.phones:
        place.desk.do(phone.reboot)
    place.desk.do(lambda: place.desk.license(place.desk.phones[0].mac, None))
    place.scenarios.run(0)
    return {"grey": grey, "touch": touch, "star": star, "serial": grey.upper()}


def opened(visit: Visit, path: str, paths: dict[str, str], **options: Any) -> Page:
    """A page, when all is on it; the story is started, and the page that is not there is complained of."""
    visitor = visit(path.format(**paths), **options)
    page = visitor.page
    if path.startswith("/demonstration/") and "step" in path:
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_barrier(visit: Visit, paths: dict[str, str], path: str, scheme: str) -> None:
    page = opened(visit, path, paths, color_scheme=scheme)
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("path", PAGES)
def test_keyboard_reaches_everything(visit: Visit, paths: dict[str, str], path: str) -> None:
    page = opened(visit, path, paths)
    page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0)")
    wanted = page.evaluate(REACHABLE.replace("NAME", NAME))
    assert len(wanted) > 4
    reached: dict[str, bool] = {}
    for _ in range(3 * len(wanted)):
        page.keyboard.press("Tab")
        name, seen = page.evaluate(FOCUSED.replace("NAME", NAME))
        reached[name] = seen
    assert [name for name in wanted if name not in reached] == []
    assert [name for name, seen in reached.items() if not seen and name] == []


def test_skip_link_leads_to_the_content(visit: Visit, paths: dict[str, str]) -> None:
    page = opened(visit, "/", paths)
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/", "/phones/{touch}", "/portal/orders/new"])
def test_reduced_motion_moves_nothing(visit: Visit, paths: dict[str, str], path: str) -> None:
    page = opened(visit, path, paths, reduced_motion="reduce")
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].map((one) => getComputedStyle(one))
        .filter((style) => style.transitionProperty !== "none" || style.animationName !== "none").length"""
    )
    assert moving == 0


def test_narrow_screen_has_the_display_as_text(visit: Visit, paths: dict[str, str]) -> None:
    page = opened(visit, "/phones/{star}", paths, viewport={"width": 360, "height": 800})
    text = page.locator("#display-text")
    box = text.bounding_box()
    assert box is not None
    assert box["width"] > 200
    page.set_viewport_size({"width": 1440, "height": 900})
    box = text.bounding_box()
    assert box is not None
    assert box["width"] <= 1


def test_long_tables_scroll_in_their_own_region(visit: Visit, paths: dict[str, str]) -> None:
    page = opened(visit, "/phones/{grey}", paths, viewport={"width": 360, "height": 800})
    region = page.get_by_role("region", name="Table of requests")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth && one.scrollHeight > one.clientHeight")
    region.focus()
    page.keyboard.press("ArrowDown")
    assert wait_until(lambda: float(region.evaluate("one => one.scrollTop")) > 0, PATIENCE)
