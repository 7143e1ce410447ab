"""A new model is a new file: with one more in the folder, what counts or draws models passes as it stands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ADDED = """\
name = "SoundPoint IP 501"
family = "SoundPoint IP"
token = "SPIP_501"
part_number = "2345-11500-030"
lines = 6
minimum_firmware = "3.0"

[display]
width = 320
height = 160
colors = "grey"

[features]
LDAP = "license required"
"""
COUNT_OR_DRAW = (
    "tests/test_models.py",
    "tests/test_readme.py::test_generated_parts_are_up_to_date",
    "tests/audit/test_audit.py::test_nothing_is_bad_on_a_good_server",
    "tests/cli/test_verbs.py::test_matrix_in_a_pipe_is_plain_text",
    "tests/firmware/test_layout.py",
    "tests/firmware/test_menu_on_every_model.py",
    "tests/firmware/test_profile.py",
    "tests/web/desk/test_desk.py::test_every_model_boots_on_the_desk",
    "tests/web/faces/test_drawing.py",
    "tests/web/faces/test_face.py",
)

OF_THE_MODEL_OR_OF_ALL = "not test_any_ and (SPIP_501 or not (SPIP_ or SSIP_ or VVX_))"


def run(checkout: Path, *words: str) -> str:
    """What a module of the checkout prints; the test fails with all of it if that fails."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout with one model more."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("phone_sim", "models", "tests", "fixtures"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "models/spip_501.toml").write_text(ADDED)
    return copy


@pytest.mark.slow
def test_added_model_is_listed_as_beyond_the_bulletin(checkout: Path) -> None:
    models = json.loads(run(checkout, "phone_sim", "models", "--json"))
    assert "SPIP_501" in [model["token"] for model in models if not model["in_bulletin"]]
    assert "source                beyond the bulletin\n" in run(checkout, "phone_sim", "models", "501")


@pytest.mark.long
def test_tests_that_count_or_draw_models_pass_with_an_added_one(checkout: Path) -> None:
    words = ("-v", "-p", "no:cacheprovider", "-n", "0", "--hypothesis-profile", "few", "-k", OF_THE_MODEL_OR_OF_ALL)
    printed = run(checkout, "pytest", *words, *COUNT_OR_DRAW)
    assert "[SPIP_501]" in printed
