"""`import phone_sim`: every public name is there, comes from where type checkers see it, and is loaded on first use."""

import ast
import importlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import phone_sim

SOURCE = Path(phone_sim.__file__)


def typed_homes() -> dict[str, str]:
    """The module that type checkers take each name from."""
    blocks = [node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If)]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module or "" for node in imports for alias in node.names}


def printed(program: str) -> list[str]:
    """What a program in a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


def test_public_names_are_those_that_type_checkers_see() -> None:
    assert sorted(phone_sim.__all__) == sorted([*typed_homes(), "ALL_MODELS"])


@pytest.mark.parametrize(("name", "home"), typed_homes().items())
def test_name_is_the_object_that_type_checkers_see(name: str, home: str) -> None:
    assert getattr(phone_sim, name) is getattr(importlib.import_module(home), name)


def test_all_models_are_those_that_ship() -> None:
    assert phone_sim.ALL_MODELS is phone_sim.ALL_MODELS
    assert [phone_sim.load_model(model.token) for model in phone_sim.ALL_MODELS] == list(phone_sim.ALL_MODELS)
    assert "SPIP_670" in [model.token for model in phone_sim.ALL_MODELS]


def test_import_loads_nothing_else() -> None:
    program = (
        "import sys, typing, importlib; before = set(sys.modules); import phone_sim; dir(phone_sim); "
        "print(*sorted(set(sys.modules) - before))"
    )
    assert printed(program) == ["phone_sim"]


def test_error_types_load_no_phone() -> None:
    program = "import sys, phone_sim; phone_sim.PhoneSimError; print('phone_sim.firmware' in sys.modules)"
    assert printed(program) == ["False"]


@pytest.mark.slow
def test_star_import_gives_all_public_names() -> None:
    names = printed("from phone_sim import *; print(*dir())")
    assert set(phone_sim.__all__) <= set(names)


def test_names_are_offered_before_they_are_loaded() -> None:
    assert set(phone_sim.__all__) <= set(printed("import phone_sim; print(*dir(phone_sim))"))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'phone_sim' has no attribute 'VirtualFone'"):
        getattr(phone_sim, "VirtualFone")  # noqa: B009 - a type checker refuses the name


def test_version_is_that_of_the_package() -> None:
    assert phone_sim.__version__ == metadata.version("phone-sim")


@pytest.mark.parametrize("model", phone_sim.ALL_MODELS, ids=lambda model: model.token)
def test_phone_is_made_of_each_model(model: phone_sim.Model) -> None:
    with phone_sim.VirtualPhone(model=model) as phone:
        assert phone.identity.model is model
