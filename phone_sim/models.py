"""Models and licensable features, read from the text of their files (B1 to B3).

A file is TOML and is read strictly: each key is known, none is missing, each value is of its form. A complaint names
the file and the key and says what is allowed. This module does not know where the files are, nor what a phone does with
what they say.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from phone_sim.errors import ModelFileError, UsageError
from phone_sim.licensing.license_key import SLOTS

# The two ways in which parameter files say what is in use: SIP 3.x, and UC Software 3.3 and later (field notes 5).
DIALECTS = ("sip-3", "ucs-3.3")
# Family, in the order of B1: what its User-Agent tokens begin with, and the family's own word there (field notes 3.1).
_FAMILIES = {
    "SoundPoint IP": ("SPIP", "PolycomSoundPointIP"),
    "SoundStation IP": ("SSIP", "PolycomSoundStationIP"),
    "VVX": ("VVX", "PolycomVVX"),
}
_MODEL_KEYS = ("name", "family", "token", "part_number", "lines", "minimum_firmware", "display", "features")
_FEATURE_KEYS = ("name", "key", "bit", "component", "suite", "display_name", "short_name", "configured")
# The time that tomllib takes for a dotted key grows with the square of its length: 18 s for one of 64 KiB.
_LONGEST_LINE = 1000
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){1,3}")
_KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "an array", dict: "a table"}


class Requirement(Enum):
    """What a model asks of a feature: the three answers of the matrix (B3), worded as in the model files."""

    LICENSE_REQUIRED = "license required"
    BUILT_IN = "built in"
    NOT_ON_THIS_MODEL = "not on this model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """The display of a model; `width` and `height` in pixels."""

    width: int
    height: int
    colors: Literal["grey", "color"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What "configured for use" means in one dialect; any one of these is enough, and none means never.

    `numbered` are names N with `feature.N.name` and a `feature.N.enabled` of 1, `parameters` are parameters that are 1.
    """

    numbered: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A licensable feature (B3).

    `key` names it in the log (B14), `bit` in the `Options` of a license key (D2); `component` is the part of the phone
    whose log lines it writes. `suite` is what it is sold in, or empty. `display_name` and, on small displays,
    `short_name` are on the screen (field notes 7). `configured` holds every dialect of `DIALECTS`.
    """

    name: str
    key: str
    bit: int
    component: str
    suite: str
    display_name: str
    short_name: str
    configured: Mapping[str, Configured]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of phone (B1). `token` is its name in the User-Agent; `requirements` are by the key of the feature."""

    name: str
    family: str
    token: str
    part_number: str
    lines: int
    display: Display
    minimum_firmware: str
    requirements: Mapping[str, Requirement]

    @property
    def suffix(self) -> str:
        """The model as attributes of the master configuration file end: no underscore, `SPIP670` (field notes 2)."""
        return self.token.replace("_", "")

    @property
    def user_agent_family(self) -> str:
        """The word of the family in the User-Agent: `PolycomSoundPointIP` (field notes 3.1)."""
        return _FAMILIES[self.family][1]

    @property
    def place(self) -> tuple[int, int, str]:
        """Sorts models as B1 lists them: by family, then by number."""
        number = re.sub(r"[^0-9]", "", self.token)
        return list(_FAMILIES).index(self.family), int(number), self.token

    def requirement(self, feature: Feature) -> Requirement:
        """What this model asks of the feature; a feature its file does not mention is not on it."""
        return self.requirements.get(feature.key, Requirement.NOT_ON_THIS_MODEL)


@lru_cache(maxsize=256)
def parse_version(text: str) -> tuple[int, ...]:
    """The firmware version, `3.3` or `3.2.3.1734`, as four numbers to compare; what is not given counts as 0.

    Raises:
        UsageError: for anything but two to four numbers with points between them.
    """
    if not _VERSION.fullmatch(text):
        raise UsageError(
            f"{_shown(text)} is not a firmware version: two to four numbers are expected, as in 3.2.3.1734"
        )
    numbers = tuple(int(number) for number in text.split("."))
    return numbers + (0,) * (4 - len(numbers))


def parse_model(text: str, source: str, feature_keys: Iterable[str]) -> Model:
    """The model in the text of a file; `source` names the file, `feature_keys` are the features there are.

    Raises:
        ModelFileError: naming the file and the key, for everything that is wrong with the file; nothing else.
    """
    top = _document(text, source, _MODEL_KEYS)
    family = top.choice("family", tuple(_FAMILIES))
    prefix = _FAMILIES[family][0]
    minimum = top.text("minimum_firmware", r".*", "a firmware version")
    try:
        parse_version(minimum)
    except UsageError as error:
        raise top.error("minimum_firmware", f"is not usable: {error}") from error
    return Model(
        name=top.text("name", rf"{family} [!-~]{{1,20}}", f"{family!r}, a blank and the number of the model"),
        family=family,
        token=top.text("token", rf"{prefix}_[0-9]{{1,6}}[A-Z]{{0,6}}", f"{prefix}_ and a number, as in {prefix}_670"),
        part_number=top.text("part_number", r"[0-9]{4}-[0-9]{5}-[0-9]{3}", "a number such as 2345-12670-001"),
        lines=top.number("lines", 1, 99),
        display=_display(top.table("display", ("width", "height", "colors"))),
        minimum_firmware=minimum,
        requirements=_requirements(top.table("features", tuple(feature_keys))),
    )


def parse_feature(text: str, source: str) -> Feature:
    """The feature in the text of a file; `source` names the file.

    Raises:
        ModelFileError: naming the file and the key, for everything that is wrong with the file; nothing else.
    """
    top = _document(text, source, _FEATURE_KEYS)
    configured = top.table("configured", DIALECTS)
    if not configured.keys:
        raise top.error("configured", f"is empty, at least one of these tables is needed: {', '.join(DIALECTS)}")
    return Feature(
        name=top.phrase("name", 60),
        key=top.text("key", r"[A-Za-z][A-Za-z0-9]{0,31}", "letters and digits, as in LDAP"),
        bit=top.number("bit", 0, SLOTS - 1),
        component=top.text("component", r"[a-z0-9]{1,5}", "at most five lower-case letters and digits, as in ldap"),
        suite=top.phrase("suite", 60, may_be_empty=True),
        display_name=top.phrase("display_name", 32),
        short_name=top.phrase("short_name", 10),
        configured=MappingProxyType({dialect: _configured(configured, dialect) for dialect in DIALECTS}),
    )


def check_features(features: Iterable[Feature]) -> None:
    """Check that the features can be told apart.

    Raises:
        ModelFileError: naming both, when two features have the same key or the same bit.
    """
    seen: dict[tuple[str, object], Feature] = {}
    for feature in features:
        for what in (("key", feature.key), ("bit", feature.bit)):
            other = seen.setdefault(what, feature)
            if other is not feature:
                raise ModelFileError(f"two features have the {what[0]} {what[1]}: {other.name!r} and {feature.name!r}")


class _Table:
    """One table of a file; whatever it cannot read it refuses with the name of the file and of the key."""

    def __init__(self, values: Mapping[str, Any], source: str, path: str, allowed: tuple[str, ...]) -> None:
        self._values = values
        self._source = source
        self._path = path
        for key in values:
            if key not in allowed:
                raise self.error(key, f"is not known, allowed: {', '.join(allowed)}")

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._values)

    def error(self, key: str, reason: str) -> ModelFileError:
        return ModelFileError(f"{self._source}: key {_shown(self._path + key)} {reason}")

    def _value(self, key: str, kind: type, words: str) -> Any:
        if key not in self._values:
            raise self.error(key, f"is missing, allowed: {words}")
        value = self._values[key]
        # Not isinstance: to Python, true is a number.
        if type(value) is not kind:
            raise self.error(key, f"is {_KINDS.get(type(value), 'a date or a time')}, allowed: {words}")
        return value

    def text(self, key: str, form: str, words: str) -> str:
        value: str = self._value(key, str, words)
        if not re.fullmatch(form, value):
            raise self.error(key, f"is {_shown(value)}, allowed: {words}")
        return value

    def phrase(self, key: str, longest: int, *, may_be_empty: bool = False) -> str:
        form = rf"(?=.{{1,{longest}}}\Z)[!-~]+( [!-~]+)*"
        words = f"words in ASCII with single blanks between them, at most {longest} characters"
        return self.text(key, f"({form})?", f"nothing, or {words}") if may_be_empty else self.text(key, form, words)

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        return self.text(key, "|".join(map(re.escape, allowed)), ", ".join(map(repr, allowed)))

    def number(self, key: str, low: int, high: int) -> int:
        words = f"a whole number from {low} to {high}"
        value: int = self._value(key, int, words)
        if not low <= value <= high:
            # The number itself may have more digits than Python is willing to print.
            raise self.error(key, f"is out of range, allowed: {words}")
        return value

    def table(self, key: str, allowed: tuple[str, ...]) -> "_Table":
        values = self._value(key, dict, f"a table with {', '.join(allowed)}")
        return _Table(values, self._source, f"{self._path}{key}.", allowed)

    def names(self, key: str) -> tuple[str, ...]:
        if key not in self._values:
            return ()
        words = "an array of one or more names of letters, digits, '.', '_' and '-'"
        values = self._value(key, list, words)
        for value in values:
            if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", value):
                raise self.error(key, f"has an entry that is not a name, allowed: {words}")
        if not values:
            raise self.error(key, f"is empty, allowed: {words}")
        return tuple(values)


def _document(text: str, source: str, allowed: tuple[str, ...]) -> _Table:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _LONGEST_LINE:
            raise ModelFileError(f"{source}: line {number} is longer than {_LONGEST_LINE} characters")
    try:
        values = tomllib.loads(text)
    except RecursionError as error:
        raise ModelFileError(f"{source}: not TOML: nested too deeply") from error
    except ValueError as error:
        raise ModelFileError(f"{source}: not TOML: {error}") from error
    return _Table(values, source, "", allowed)


def _display(table: _Table) -> Display:
    colors = table.choice("colors", ("grey", "color"))
    return Display(
        width=table.number("width", 1, 4096),
        height=table.number("height", 1, 4096),
        colors="color" if colors == "color" else "grey",
    )


def _requirements(table: _Table) -> Mapping[str, Requirement]:
    answers = tuple(requirement.value for requirement in Requirement)
    return MappingProxyType({key: Requirement(table.choice(key, answers)) for key in table.keys})


def _configured(dialects: _Table, dialect: str) -> Configured:
    if dialect not in dialects.keys:
        return Configured()
    table = dialects.table(dialect, ("numbered", "parameters"))
    if not table.keys:
        raise dialects.error(dialect, "is empty, allowed: a table with numbered, parameters or both")
    return Configured(numbered=table.names("numbered"), parameters=table.names("parameters"))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
