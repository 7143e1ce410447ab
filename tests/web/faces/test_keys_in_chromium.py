import pytest

from tests.web.faces.gallery_page import CONFERENCE, GREY, KEYBOARD, LICENSES, MIDDLE, SMALL, TOUCH, Open

pytestmark = pytest.mark.real


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
    assert page.heard(KEYBOARD) == []


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
    assert page.heard(KEYBOARD) == expected.split()


def test_keyboard_gives_no_key_that_is_not_there(opened: Open) -> None:
    page = opened()
    for stroke in ("d", "F4", "Backspace", "Control+m"):
        page.page.keyboard.press(stroke)
    assert page.heard(KEYBOARD) == []


def test_typed_text_is_text(opened: Open) -> None:
    page = opened()
    page.figure(KEYBOARD).evaluate("figure => figure.setAttribute('data-typing', '')")
    page.page.keyboard.type("mD4* x")
    page.page.keyboard.press("Backspace")
    page.page.keyboard.press("Enter")
    expected = "text:m text:D text:4 text:* text: text:x key:delete key:select"
    assert page.heard(KEYBOARD) == expected.split()


def test_enter_after_a_click_selects(opened: Open) -> None:
    page = opened()
    page.key(KEYBOARD, "menu").click()
    page.page.keyboard.press("Enter")
    assert page.heard(KEYBOARD) == ["key:menu", "key:select"]


def test_input_keeps_its_keyboard(opened: Open) -> None:
    page = opened()
    page.page.evaluate("document.body.append(document.createElement('input'))")
    page.page.locator("input").press_sequentially("m4")
    assert page.page.locator("input").input_value() == "m4"
    assert page.heard(KEYBOARD) == []


def test_detached_face_is_silent(opened: Open) -> None:
    page = opened()
    svg = page.figure(GREY).locator("svg.face")
    svg.evaluate("svg => { window.detach = window.faces.attach(svg, { onKey: (key) => { window.heard = key; } }); }")
    page.key(GREY, "menu").click()
    page.page.evaluate("window.detach()")
    page.key(GREY, "select").click()
    assert page.page.evaluate("window.heard") == "menu"


def test_pressed_key_is_seen(opened: Open) -> None:
    page = opened()
    cap = page.key(KEYBOARD, "menu")
    page.page.keyboard.down("m")
    assert "pressed" in str(cap.get_attribute("class")).split()
    page.page.keyboard.up("m")
    assert "pressed" not in str(cap.get_attribute("class")).split()


def test_rows_of_a_touch_screen_are_touched(opened: Open) -> None:
    page = opened(has_touch=True)
    screen = page.show(TOUCH, LICENSES)
    screen.locator(".row").nth(1).tap()
    page.key(TOUCH, "soft1").tap()
    screen.locator(".row").nth(0).press("Enter")
    assert page.heard(TOUCH) == ["row:1", "key:soft1", "row:0"]
    assert not page.key(TOUCH, "soft2").is_visible()
