"""Pages as they are really looked at: in many tabs, on a small screen, with the keyboard alone, and again later."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.chromium import Visit
from tests.web.running import ServedDesk

pytestmark = pytest.mark.real

CONNECTIONS = 6
"""That a browser has to one server, for all of its pages."""


def look(page: Page, *, at_it: bool) -> None:
    """Bring a tab to the front, or to the back; the browser without a window shows all of its tabs."""
    state = "visible" if at_it else "hidden"
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_tabs_leave_each_other_connections(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    page = visit("/").page
    for _ in range(CONNECTIONS + 1):
        expect(page.locator(".tile")).to_have_count(1)
        look(page, at_it=False)
        page = page.context.new_page()
        page.goto(f"{served_desk.url}/")
    page.goto(f"{served_desk.url}/phones/{mac}")
    expect(page.locator("#state")).to_have_text("idle")
    page.get_by_role("button", name="Place a call").click()
    expect(page.locator("#state")).to_have_text("in call")


def test_desk_that_is_looked_at_again_shows_what_is_there(visit: Visit, served_desk: ServedDesk) -> None:
    served_desk.put("SPIP_670", "SPIP_320")
    page = visit("/").page
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(2)
    look(page, at_it=False)
    served_desk.desk.do(lambda: served_desk.desk.take(served_desk.desk.phones[0].mac))
    served_desk.put("VVX_1500")
    look(page, at_it=True)
    expect(tiles.last).to_contain_text("VVX 1500")
    expect(tiles).to_have_count(2)
    expect(tiles.first).to_contain_text("SoundPoint IP 320")


def test_log_goes_on_where_it_was_left(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    visitor = visit(f"/phones/{mac}")
    expect(visitor.page.locator("#log")).to_contain_text("efk")
    before = visitor.lines()
    look(visitor.page, at_it=False)
    served_desk.desk.do(served_desk.desk.phones[0].boot)
    look(visitor.page, at_it=True)
    expect(visitor.page.locator("#log")).to_contain_text("Reboot: by hand")
    assert visitor.lines()[: len(before)] == before
    assert sum("key is blank" in line for line in visitor.lines()) == 2


def test_phone_that_went_unseen_is_said_to_be_gone(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    page = visit(f"/phones/{mac}").page
    expect(page.locator("#state")).to_have_text("idle")
    look(page, at_it=False)
    served_desk.desk.do(served_desk.desk.clear)
    look(page, at_it=True)
    expect(page.get_by_role("alert")).to_have_text("This phone was taken off the desk.")


def test_what_was_done_in_vain_is_said_in_sight(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    visitor = visit(f"/phones/{mac}", viewport={"width": 375, "height": 700})
    page, problem = visitor.page, visitor.page.get_by_role("alert")
    expect(page.locator("#state")).to_have_text("idle")
    page.route("**/api/**", lambda route: route.abort())
    page.get_by_role("button", name="Remove all from the server").click()
    expect(problem).to_have_text("The server does not answer.")
    expect(problem).to_be_in_viewport(ratio=1)
    visitor.complaints.clear()


def test_keys_are_large_on_a_small_screen(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SSIP_7000")
    page = visit(f"/phones/{mac}", viewport={"width": 375, "height": 700}, has_touch=True).page
    keys, display = page.locator("#big-keys"), page.locator("#display-text")
    expect(display).to_have_text("SoundStation IP 7000")
    keys.get_by_role("button", name="Menu").tap()
    expect(display).to_contain_text("Main Menu")
    keys.get_by_role("button", name="Down").tap()
    expect(display).to_contain_text("> 2. Directories")
    keys.locator(".soft").get_by_role("button", name="Select").tap()
    expect(display).to_contain_text("Contact Directory")
    keys.get_by_text("Digits and letters").tap()
    keys.get_by_role("button", name="1", exact=True).tap()
    expect(display).to_contain_text("No contacts.")
    sizes = [box for key in keys.get_by_role("button").all() if (box := key.bounding_box()) is not None]
    assert len(sizes) >= 20
    assert min(min(box["width"], box["height"]) for box in sizes) >= 44


def test_end_of_the_log_is_seen_beside_the_phone(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    visitor = visit(f"/phones/{mac}", viewport={"width": 1280, "height": 720})
    for part in ("#log li:last-child", "#state", "svg.face"):
        expect(visitor.page.locator(part)).to_be_in_viewport(ratio=0.99)


def test_log_is_one_stop_of_the_keyboard(visit: Visit, served_desk: ServedDesk) -> None:
    (mac,) = served_desk.put("SPIP_670")
    visitor = visit(f"/phones/{mac}")
    expect(visitor.page.locator("#log")).to_contain_text("efk")
    page, focused = visitor.page, visitor.page.locator("#log .line:focus")
    page.locator("#level").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_text(visitor.lines()[-1])
    page.keyboard.press("ArrowUp")
    expect(focused).to_have_text(visitor.lines()[-2])
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_text(visitor.lines()[1])
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_have_count(1)
    expect(page.locator("#display-text")).to_have_text("SoundPoint IP 670")
    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Table of features")).to_be_focused()


_MOVES = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    window.moved = (window.moved ?? 0) + entry.value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_moves_while_a_page_fills(visit: Visit, served_desk: ServedDesk, width: int) -> None:
    (mac,) = served_desk.put("SPIP_670")
    visitor = visit("/portal", viewport={"width": width, "height": 720})
    visitor.page.add_init_script(_MOVES)
    for path in ("/", f"/phones/{mac}"):
        page = visitor.go(path)
        expect(page.locator("#clock time")).to_contain_text("UTC")
        expect(page.locator(".tile, #log li").first).to_be_visible()
        # What a reader notices begins at 0.1.
        assert page.evaluate("window.moved ?? 0") < 0.05
