import pytest

from tests.web.faces.gallery_page import CONFERENCE, GREY, MIDDLE, SMALL, TOUCH, Open

pytestmark = pytest.mark.real

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
