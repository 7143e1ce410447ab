from dataclasses import replace
from functools import cache

import pytest
from lxml import etree

from phone_sim.models import Model
from phone_sim.runtime.model_files import load_model, load_models
from phone_sim.web.faces.drawing import draw
from phone_sim.web.faces.face import KEY_LABELS, face_of
from phone_sim.web.faces.gallery import gallery, sample_frame

SVG = "{http://www.w3.org/2000/svg}"
every_model = pytest.mark.parametrize("model", load_models(), ids=lambda model: model.token)


@cache
def drawn(token: str, *, interactive: bool = True) -> etree._Element:
    """The drawing of a model, parsed strictly as XML."""
    return etree.fromstring(draw(face_of(load_model(token)), interactive=interactive))


def keys_of(svg: etree._Element) -> dict[str, etree._Element]:
    """The keys by name; a name that is there twice fails."""
    keys = svg.findall(".//*[@data-key]")
    by_name = {str(key.get("data-key")): key for key in keys}
    assert len(by_name) == len(keys)
    return by_name


@every_model
def test_drawn_keys_are_those_of_the_face(model: Model) -> None:
    assert set(keys_of(drawn(model.token))) == face_of(model).keys


@every_model
def test_every_key_is_labelled_and_focusable(model: Model) -> None:
    for name, key in keys_of(drawn(model.token)).items():
        assert key.get("aria-label") == KEY_LABELS[name]
        assert (key.get("role"), key.get("tabindex")) == ("button", "0")
        assert "key" in str(key.get("class")).split()


@every_model
def test_keys_are_not_hidden_from_anyone(model: Model) -> None:
    hidden = drawn(model.token).findall(".//*[@aria-hidden='true']")
    assert hidden
    assert not any(element.findall(".//*[@data-key]") for element in hidden)


@every_model
def test_drawing_has_the_name_of_its_model(model: Model) -> None:
    svg = drawn(model.token)
    assert svg[0].tag == f"{SVG}title"
    assert (svg[0].text, svg.get("aria-label")) == (model.name, model.name)


@every_model
def test_drawing_bears_no_name_or_brand(model: Model) -> None:
    words = {"".join(map(str, text.itertext())).strip() for text in drawn(model.token).iter(f"{SVG}text")}
    assert "Menu" in words
    assert not any(word.lower() in model.name.lower() for word in words if len(word) > 4)


@every_model
def test_drawing_is_allowed_by_a_strict_policy(model: Model) -> None:
    for element in drawn(model.token).iter():
        assert element.tag not in (f"{SVG}style", f"{SVG}script", f"{SVG}image", f"{SVG}use", f"{SVG}foreignObject")
        # Without ids, a page may have any number of faces.
        for name in element.attrib:
            assert name not in ("style", "id", "href")
            assert not str(name).startswith("on")


@every_model
def test_screen_says_what_text_it_has_room_for(model: Model) -> None:
    face = face_of(model)
    (screen,) = drawn(model.token).findall(".//*[@data-screen]")
    assert (screen.get("data-rows"), screen.get("data-columns")) == (str(face.layout.rows), str(face.layout.columns))
    (glass,) = screen.findall(f"{SVG}svg")
    assert glass.get("viewBox") == f"0 0 {model.display.width} {model.display.height}"
    drawn_as = float(str(glass.get("width"))) / float(str(glass.get("height")))
    assert drawn_as == pytest.approx(model.display.width / model.display.height, rel=1e-3)


@every_model
def test_picture_has_nothing_to_focus(model: Model) -> None:
    svg = drawn(model.token, interactive=False)
    assert svg.get("role") == "img"
    assert not svg.findall(".//*[@tabindex]")
    assert not svg.findall(".//*[@role='button']")
    assert set(keys_of(svg)) == face_of(model).keys


def test_conference_phones_differ_in_arrows() -> None:
    assert {"left", "right", "soft4"} <= set(keys_of(drawn("SSIP_7000"))) - set(keys_of(drawn("SSIP_6000")))


def test_title_cannot_break_out() -> None:
    title = "</title><script>alert(1)</script>\" onload='x'"
    svg = etree.fromstring(draw(face_of(load_model("330")), title=title))
    assert svg[0].text == title
    assert svg.get("aria-label") == title
    assert not list(svg.iter(f"{SVG}script"))


def test_gallery_has_every_model_once() -> None:
    models = load_models()
    page = gallery(models)["index.html"].decode()
    assert [page.count(f"<figcaption>{model.name}<") for model in models] == [1] * len(models)
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src=') == 1


def test_gallery_escapes_what_it_shows() -> None:
    model = replace(load_model("330"), name="SoundPoint IP <b>&")
    page = gallery([model])["index.html"].decode()
    assert "<b>" not in page
    assert "SoundPoint IP &lt;b&gt;&amp;" in page


@every_model
def test_sample_frame_fits_its_screen(model: Model) -> None:
    face = face_of(model)
    lines = sample_frame(face)["lines"]
    assert isinstance(lines, tuple)
    assert 1 <= len(lines) <= face.layout.rows
