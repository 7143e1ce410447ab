"""Finds and reads the files of models and features; "a new model is a new file".

The shipped ones are read once and kept; those in a folder of a user's own are read each time they are asked for. This
module does not know what the files say: `phone_sim.models` and `phone_sim.feature_files` do.
"""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from phone_sim.errors import ModelFileError, UsageError
from phone_sim.feature_files import check_features, parse_feature
from phone_sim.models import Feature, Model, parse_model
from phone_sim.runtime.toml_file import read_text

FILE_LIMIT = 64 * 1024  # bytes; the shipped files have about one thousand


@cache
def load_features() -> tuple[Feature, ...]:
    """The licensable features, by rising bit.

    Raises:
        ModelFileError: when a file is not usable, or two features share their key or bit.
    """
    features = [parse_feature(_read(path), str(path)) for path in _files_in(shipped_folder() / "features")]
    check_features(features)
    return tuple(sorted(features, key=lambda feature: feature.bit))


def load_models(folder: Path | None = None) -> tuple[Model, ...]:
    """All models in the order of B1, with those in `folder`; one of these replaces the shipped one of the same token.

    Raises:
        ModelFileError: when a file is not usable, or two in one folder have the same token.
        UsageError: when `folder` is not a folder.
    """
    return tuple(model for _, model in _models(folder))


def load_model(name: str, folder: Path | None = None) -> Model:
    """The model of this name; `folder` holds models of the user's own, as for `load_models`.

    A name is the token, the suffix, the stem of the file, the full name, or the end of it (`IP 670`, `670`) if no other
    model's ends so. Case, blanks, `_` and `-` do not matter.

    Raises:
        UsageError: when there is no such model, listing those there are, the closest first; when there are several.
        ModelFileError: when a file is not usable.
    """
    plain = _plain(name)
    if folder is None and (path := _shipped_files().get(plain)) is not None:
        # The usual case, kept fast: the name is that of a shipped file, and no other file needs to be read.
        return _shipped_model(path)
    models = _models(folder)
    found = [model for path, model in models if plain in _names(path, model)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name!r} may be {' or '.join(model.token for model in found)}: give the whole name")
    closest = sorted(models, key=lambda entry: _unlikeness(plain, *entry))
    known = ", ".join(model.token for _, model in closest)
    raise UsageError(f"unknown model {name[:60]!r}; those there are, the closest first: {known}")


@cache
def shipped_folder() -> Path:
    """The shipped data: `_models` inside an installed package, `models` beside the package in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parent / "models"


@cache
def _shipped_files() -> dict[str, Path]:
    return {_plain(path.stem): path for path in _files_in(shipped_folder())}


@cache
def _shipped_model(path: Path) -> Model:
    return _model(path)


def _model(path: Path) -> Model:
    return parse_model(_read(path), str(path), (feature.key for feature in load_features()))


def _models(folder: Path | None) -> list[tuple[Path, Model]]:
    models = _by_token((path, _shipped_model(path)) for path in _files_in(shipped_folder()))
    if folder is not None:
        own = _by_token((path, _model(path)) for path in _files_in(folder))
        if not own:
            raise UsageError(f"{folder}: there is no model file in it")
        models |= own
    return sorted(models.values(), key=lambda entry: entry[1].place)


def _by_token(entries: Iterable[tuple[Path, Model]]) -> dict[str, tuple[Path, Model]]:
    found: dict[str, tuple[Path, Model]] = {}
    for path, model in entries:
        other, _ = found.setdefault(model.token, (path, model))
        if other != path:
            raise ModelFileError(f"{path}: key 'token' is {model.token!r}, which is the token of {other.name} too")
    return found


def _names(path: Path, model: Model) -> set[str]:
    words = model.name.split()
    ends = (" ".join(words[start:]) for start in range(len(words)))
    return {_plain(name) for name in (model.token, path.stem, *ends)}


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


def _unlikeness(plain: str, path: Path, model: Model) -> float:
    # Comparing takes time with the square of the length, so no more than a long name's worth is compared.
    return -max(SequenceMatcher(None, plain[:60], name).ratio() for name in _names(path, model))


def _files_in(folder: Path) -> list[Path]:
    try:
        # Hidden ones are what editors and file systems leave behind.
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml" and not path.name.startswith("."))
    except OSError as error:
        raise UsageError(f"{folder}: not a folder that can be read: {error.strerror}") from error


def _read(path: Path) -> str:
    if not path.is_file():
        # To open a pipe is to wait for somebody to write to it.
        raise ModelFileError(f"{path}: not a regular file")
    return read_text(path, FILE_LIMIT, ModelFileError)
