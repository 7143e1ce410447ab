"""The faces in a real browser, under the policy of `gallery_server`; time there is the test's own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from phone_sim.runtime.model_files import load_models
from phone_sim.web.faces.face import face_of
from phone_sim.web.faces.gallery import gallery
from tests.real_servers.programs import require
from tests.web.faces.gallery_server import served

pytestmark = pytest.mark.real

MODELS = load_models()
SMALL, MIDDLE, GREY, COLOR, CONFERENCE, TOUCH = "SPIP_330", "SPIP_450", "SPIP_650", "SPIP_670", "SSIP_6000", "VVX_1500"
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
LICENSES: dict[str, Any] = {
    "title": "Licenses",
    "lines": ["Corporate Directory: Does not expire", "Conference Management: Valid until 2026-03-10"],
    "selected": 1,
    "soft_keys": ["Back", "", "Select"],
    "above": True,
    "below": True,
}
BOX = "(part) => part.getBoundingClientRect().toJSON()"
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


def test_every_key_can_be_clicked(opened: Open) -> None:
    page = opened()
    for token in (SMALL, MIDDLE, GREY, CONFERENCE, "SSIP_7000", TOUCH):
        keys = page.figure(token).locator("[data-key]:visible")
        names = keys.evaluate_all("keys => keys.map((key) => key.dataset.key)")
        for name in names:
            page.key(token, name).click()
        assert len(names) > 15
        assert page.heard(token) == [f"key:{name}" for name in names]


def test_keys_can_be_tapped(opened: Open) -> None:
    page = opened(has_touch=True, viewport={"width": 360, "height": 740})
    page.key(SMALL, "menu").tap()
    page.key(SMALL, "soft2").tap()
    assert page.heard(SMALL) == ["key:menu", "key:soft2"]


@pytest.mark.parametrize("stroke", ["Enter", "Space"])
def test_focused_key_is_pressed_by_keyboard(opened: Open, stroke: str) -> None:
    page = opened()
    page.key(GREY, "directories").press(stroke)
    assert page.heard(GREY) == ["key:directories"]
    assert page.heard(MODELS[0].token) == []


def test_focused_key_is_seen(opened: Open) -> None:
    page = opened()
    page.key(GREY, "menu").focus()
    cap = page.key(GREY, "directories").locator(".cap")
    without = cap.evaluate("cap => getComputedStyle(cap).stroke")
    page.key(GREY, "directories").focus()
    page.page.keyboard.press("Shift")
    assert without == "none"
    assert cap.evaluate("cap => getComputedStyle(cap).stroke") != "none"


def test_keyboard_is_the_phones_keys(opened: Open) -> None:
    page = opened()
    for stroke in ("m", "ArrowDown", "ArrowUp", "Enter", "F1", "F3", "7", "*", "#", "x"):
        page.page.keyboard.press(stroke)
    expected = "key:menu key:down key:up key:select key:soft1 key:soft3 key:7 key:star key:pound text:x"
    assert page.heard(MODELS[0].token) == expected.split()


def test_keyboard_gives_no_key_that_is_not_there(opened: Open) -> None:
    page = opened()
    for stroke in ("d", "F4", "Backspace", "Control+m"):
        page.page.keyboard.press(stroke)
    assert page.heard(MODELS[0].token) == []


def test_typed_text_is_text(opened: Open) -> None:
    page = opened()
    page.figure(MODELS[0].token).evaluate("figure => figure.setAttribute('data-typing', '')")
    page.page.keyboard.type("mD4* x")
    page.page.keyboard.press("Backspace")
    page.page.keyboard.press("Enter")
    expected = "text:m text:D text:4 text:* text: text:x key:delete key:select"
    assert page.heard(MODELS[0].token) == expected.split()


def test_enter_after_a_click_selects(opened: Open) -> None:
    page = opened()
    page.key(MODELS[0].token, "menu").click()
    page.page.keyboard.press("Enter")
    assert page.heard(MODELS[0].token) == ["key:menu", "key:select"]


def test_input_keeps_its_keyboard(opened: Open) -> None:
    page = opened()
    page.page.evaluate("document.body.append(document.createElement('input'))")
    page.page.locator("input").press_sequentially("m4")
    assert page.page.locator("input").input_value() == "m4"
    assert page.heard(MODELS[0].token) == []


def test_detached_face_is_silent(opened: Open) -> None:
    page = opened()
    svg = page.figure(GREY).locator("svg.face")
    svg.evaluate("svg => { window.detach = window.faces.attach(svg, { onKey: (key) => { window.heard = key; } }); }")
    page.key(GREY, "menu").click()
    page.page.evaluate("window.detach()")
    page.key(GREY, "select").click()
    assert page.page.evaluate("window.heard") == "menu"


@pytest.mark.parametrize("width", [1500, 360])
def test_text_stays_inside_the_screen(opened: Open, width: int) -> None:
    page = opened(viewport={"width": width, "height": 900})
    for model in MODELS:
        screen = page.show(model.token, LICENSES | {"lines": ["W" * 300, *LICENSES["lines"], "x" * 35] * 5})
        glass = screen.locator("svg").evaluate(BOX)
        texts = screen.locator("text").evaluate_all(f"texts => texts.map({BOX}).filter((box) => box.right > box.left)")
        assert len(texts) >= 4
        for box in texts:
            assert box["left"] >= glass["left"] - 1
            assert box["right"] <= glass["right"] + 1
            assert box["top"] >= glass["top"] - 1
            assert box["bottom"] <= glass["bottom"] + 1


def test_grey_screen_has_room_for_its_columns(opened: Open) -> None:
    page = opened()
    for model in MODELS:
        if model.display.colors == "grey":
            full = "M" * face_of(model).grid.columns
            page.show(model.token, {"title": full, "lines": [full, f"{full}M"], "above": True})
            assert page.texts(model.token) == [full, full, f"{full[1:]}…"]


@pytest.mark.parametrize("token", [GREY, COLOR, TOUCH])
def test_page_is_drawn_in_its_places(opened: Open, token: str) -> None:
    page = opened()
    screen = page.show(token, LICENSES)
    corporate, conference = LICENSES["lines"]
    shown = page.texts(token)
    assert shown[0] == "Licenses"
    assert corporate in shown
    assert {"Back", "Select"} <= set(shown)
    selected = screen.locator(".row.selected text").text_content() or ""
    assert conference.startswith(selected.removesuffix("…"))
    assert screen.locator(".above").count() == screen.locator(".below").count() == 1


def test_long_text_is_cut_on_a_small_screen(opened: Open) -> None:
    page = opened()
    page.show(SMALL, LICENSES)
    assert "Corporate Directory: D…" in page.texts(SMALL)


def test_soft_key_label_is_above_its_key(opened: Open) -> None:
    page = opened()
    screen = page.show(CONFERENCE, LICENSES)
    label = screen.get_by_text("Select").bounding_box()
    key = page.key(CONFERENCE, "soft3").bounding_box()
    assert label is not None
    assert key is not None
    assert key["x"] <= label["x"] + label["width"] / 2 <= key["x"] + key["width"]
    assert label["y"] < key["y"]


def test_message_is_wrapped_in_the_middle(opened: Open) -> None:
    page = opened()
    page.show(SMALL, {"title": "", "lines": ["Reconfiguring network, please wait."]})
    shown = page.texts(SMALL)
    assert len(shown) == 2
    assert " ".join(shown) == "Reconfiguring network, please wait."


@pytest.mark.parametrize("token", [SMALL, TOUCH])
def test_phone_that_is_off_shows_nothing(opened: Open, token: str) -> None:
    page = opened()
    page.show(token, LICENSES)
    screen = page.show(token, None)
    assert page.texts(token) == []
    assert screen.get_attribute("aria-label") == "Screen, off"


def test_screen_is_read_aloud(opened: Open) -> None:
    page = opened()
    screen = page.show(GREY, LICENSES)
    text = page.page.evaluate("frame => window.faces.textOf(frame)", LICENSES)
    assert text.split("\n")[-2:] == ["> Conference Management: Valid until 2026-03-10", "[Back] [Select]"]
    assert screen.get_attribute("aria-label") == f"Screen: {text}"


def test_text_of_a_server_is_only_text(opened: Open) -> None:
    page = opened()
    hostile = "<img src=x onerror=alert(1)>"
    page.show(COLOR, {"title": hostile, "lines": [hostile, "\u0000\u202e\ud800" + "A" * 100_000], "selected": 99})
    assert hostile in page.texts(COLOR)
    assert page.figure(COLOR).locator("img").count() == 0
    assert max(map(len, page.texts(COLOR))) <= 200


def test_rows_of_a_touch_screen_are_touched(opened: Open) -> None:
    page = opened(has_touch=True)
    screen = page.show(TOUCH, LICENSES)
    screen.locator(".row").nth(1).tap()
    page.key(TOUCH, "soft1").tap()
    screen.locator(".row").nth(0).press("Enter")
    assert page.heard(TOUCH) == ["row:1", "key:soft1", "row:0"]
    assert not page.key(TOUCH, "soft2").is_visible()


def test_focus_stays_on_its_row(opened: Open) -> None:
    page = opened()
    screen = page.show(TOUCH, LICENSES)
    screen.locator(".row").nth(1).focus()
    page.show(TOUCH, LICENSES | {"selected": 0})
    assert page.page.evaluate("document.activeElement.getAttribute('data-row')") == "1"


def test_rows_of_other_screens_are_no_buttons(opened: Open) -> None:
    page = opened()
    assert page.show(GREY, LICENSES).locator("[role=button]").count() == 0


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


CONTRASTS = """figure => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const luminance = (color) => {
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    return [...figure.querySelectorAll(".key, .other")].flatMap((key) => {
        const cap = getComputedStyle(key.querySelector(".cap")).fill;
        const label = [...key.querySelectorAll("text")].filter((text) => text.textContent !== "");
        return label.map((text) => [text.textContent, contrast(getComputedStyle(text).fill, cap)]);
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_key_labels_can_be_read(opened: Open, scheme: str) -> None:
    page = opened(color_scheme=scheme, reduced_motion="reduce")
    for token in (SMALL, MIDDLE, GREY, CONFERENCE, TOUCH):
        contrasts = page.figure(token).evaluate(CONTRASTS)
        assert len(contrasts) > 20
        assert [(label, ratio) for label, ratio in contrasts if ratio < 4.5] == []


def test_schemes_look_different(opened: Open) -> None:
    fills = {
        opened(color_scheme=scheme).figure(GREY).locator(".body").evaluate("body => getComputedStyle(body).fill")
        for scheme in ("light", "dark")
    }
    assert len(fills) == 2


def test_reduced_motion_moves_nothing(opened: Open) -> None:
    page = opened(reduced_motion="reduce")
    durations = page.figure(GREY).evaluate(
        "figure => [...figure.querySelectorAll('svg *')].map((part) => getComputedStyle(part).transitionProperty)"
    )
    assert set(durations) == {"none"}


def test_pressed_key_is_seen(opened: Open) -> None:
    page = opened()
    cap = page.key(MODELS[0].token, "menu")
    page.page.keyboard.down("m")
    assert "pressed" in str(cap.get_attribute("class")).split()
    page.page.keyboard.up("m")
    assert "pressed" not in str(cap.get_attribute("class")).split()
