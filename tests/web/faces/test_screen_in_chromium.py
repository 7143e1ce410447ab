from dataclasses import asdict

import pytest

from phone_sim.licensing.expiry import NEVER
from phone_sim.web.faces.face import face_of
from tests.firmware.menus import Desk
from tests.web.faces.gallery_page import COLOR, CONFERENCE, GREY, LICENSES, MODELS, SMALL, TOUCH, Open

pytestmark = pytest.mark.real

PICTURE = "(svg) => { for (const one of svg.querySelectorAll('[role=group]')) one.setAttribute('role', 'img'); }"
BOX = "(part) => part.getBoundingClientRect().toJSON()"


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
            full = "M" * face_of(model).layout.columns
            page.show(model.token, {"title": full, "lines": [full, f"{full}M"], "above": True})
            assert page.texts(model.token) == [full, full, f"{full[1:]}…"]


@pytest.mark.parametrize("keys", ["menu 1 4", "menu 2 1"])
def test_page_of_a_phone_is_drawn_whole(opened: Open, keys: str) -> None:
    page = opened()
    for model in MODELS:
        contacts = tuple(f"Contact {number:02}" for number in range(20))
        frame = Desk(model=model.token, grants=dict.fromkeys(range(8), NEVER), contacts=contacts).press(keys)
        page.show(model.token, asdict(frame))
        assert {frame.title, *frame.lines, *frame.soft_keys} <= set(page.texts(model.token))


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
    assert "Corporate Direct…" in page.texts(SMALL)


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
    assert len(shown) == 3
    assert " ".join(shown) == "Reconfiguring network, please wait."


def test_message_is_large_where_there_is_room(opened: Open) -> None:
    page = opened()
    sizes = {}
    for token, title in ((TOUCH, "Phone"), (TOUCH, ""), (SMALL, "Phone"), (SMALL, "")):
        screen = page.show(token, {"title": title, "lines": ["Reconfiguring network, please wait."]})
        text = screen.get_by_text("Reconfiguring")
        sizes[token, title] = float(text.get_attribute("font-size") or 0)
    assert sizes[TOUCH, ""] == 2 * sizes[TOUCH, "Phone"]
    assert sizes[SMALL, ""] == sizes[SMALL, "Phone"]


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


def test_focus_stays_on_its_row(opened: Open) -> None:
    page = opened()
    screen = page.show(TOUCH, LICENSES)
    screen.locator(".row").nth(1).focus()
    page.show(TOUCH, LICENSES | {"selected": 0})
    assert page.page.evaluate("document.activeElement.getAttribute('data-row')") == "1"


def test_rows_of_a_picture_are_no_buttons(opened: Open) -> None:
    page = opened()
    page.figure(TOUCH).locator("svg.face").evaluate(PICTURE)
    assert page.show(TOUCH, LICENSES).locator(".row[role=button], .row[tabindex]").count() == 0


def test_rows_of_other_screens_are_no_buttons(opened: Open) -> None:
    page = opened()
    assert page.show(GREY, LICENSES).locator("[role=button]").count() == 0
