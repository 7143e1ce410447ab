from dataclasses import replace

import pytest

from phone_sim.models import Display, Model
from phone_sim.runtime.model_files import load_model, load_models
from phone_sim.web.faces.face import DIAL_PAD, KEY_LABELS, Silhouette, face_of

MODELS = load_models()
BULLETIN = [model for model in MODELS if model.is_in_bulletin]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.token)


@pytest.mark.parametrize(
    ("silhouette", "numbers"),
    [
        (Silhouette.DESK_SMALL, "320 321 330 331 335"),
        (Silhouette.DESK_MIDDLE, "430 450"),
        (Silhouette.DESK_LARGE, "550 560 650 670"),
        (Silhouette.STAR, "5000 6000 7000"),
        (Silhouette.TOUCH, "1500"),
    ],
)
def test_each_family_has_its_silhouette(silhouette: Silhouette, numbers: str) -> None:
    found = [model.name.split()[-1] for model in BULLETIN if face_of(model).silhouette is silhouette]
    assert found == numbers.split()


@every_model
def test_licenses_can_be_reached_by_keys(model: Model) -> None:
    face = face_of(model)
    assert {"menu", "up", "down", "select"} | DIAL_PAD <= face.keys <= set(KEY_LABELS)
    assert {key for key in face.keys if key.startswith("soft")} == {f"soft{n + 1}" for n in range(face.soft_keys)}


@every_model
def test_screen_has_the_displays_proportions(model: Model) -> None:
    face = face_of(model)
    assert face.screen.width / face.screen.height == pytest.approx(model.display.width / model.display.height)
    assert face.screen.x > 0
    assert face.screen.right < face.width
    assert face.screen.y > 0
    assert face.screen.bottom < face.height


@every_model
def test_line_keys_are_those_of_the_model(model: Model) -> None:
    drawn = face_of(model).line_keys
    assert drawn == (0 if model.family != "SoundPoint IP" else min(model.lines, 6))


def test_only_the_vvx_is_touched() -> None:
    assert [model.token for model in BULLETIN if face_of(model).touch] == ["VVX_1500"]


def test_larger_display_has_more_text() -> None:
    small, middle, large = (face_of(load_model(name)).layout for name in ("330", "450", "650"))
    assert small.rows < middle.rows < large.rows
    assert small.columns < middle.columns < large.columns


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4096, 1), (1, 4096), (4096, 4096)])
def test_any_display_of_a_model_file_has_a_face(width: int, height: int) -> None:
    display = Display(width=width, height=height, colors="grey")
    for model in (load_model("330"), load_model("6000"), load_model("1500")):
        face = face_of(replace(model, display=display))
        assert face.layout.rows >= 1
        assert face.layout.columns >= 1
        assert 0 < face.screen.width <= face.width
        assert 0 < face.screen.height <= face.height
