"""Models, read from the text of their files, and licensable features (B1 to B3).

A file is TOML and is read strictly: each key is known, none is missing, each value is of its form. An error names the
file, the line and the key and says what is expected. This module does not know where the files are, nor what a phone
does with what they say.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Literal

from phone_sim.errors import ModelFileError
from phone_sim.firmware_version import build_of, is_after, is_build, parse_version
from phone_sim.toml_table import Table, parse_toml

# The two ways in which parameter files say what is in use: SIP 3.x, and UC Software 3.3 and later (field notes 5).
DIALECTS = ("sip-3", "ucs-3.3")
# Family, in the order of B1: what its User-Agent tokens begin with, and the family's own word there (field notes 3.1).
_FAMILIES = {
    "SoundPoint IP": ("SPIP", "PolycomSoundPointIP"),
    "SoundStation IP": ("SSIP", "PolycomSoundStationIP"),
    "VVX": ("VVX", "PolycomVVX"),
}
BULLETIN_MODELS = (
    *(f"SPIP_{number}" for number in (320, 321, 330, 331, 335, 430, 450, 550, 560, 650, 670)),
    *(f"SSIP_{number}" for number in (5000, 6000, 7000)),
    "VVX_1500",
)
"""The tokens of the models that the bulletin lists (B1), in its order; every other model is beyond the bulletin."""
_MODEL_KEYS = (
    *("name", "family", "token", "part_number", "lines", "minimum_firmware", "first_firmware", "last_firmware"),
    *("minimum_boot_rom", "display", "builds", "boot_roms", "features"),
)
# The boot ROM of SIP 3.x and UC Software 3.3, and the Updater of 4.x: the releases that are known (field notes 1.2).
_BOOT_ROM_RELEASE, _UPDATER_RELEASE = "4.2.3", "5.0.3"


class Requirement(Enum):
    """What a model asks of a feature: the three answers of the matrix (B3), worded as in the model files.

    A model that the bulletin does not list has none of these answers: what it asks is not known.
    """

    LICENSE_REQUIRED = "license required"
    BUILT_IN = "built in"
    NOT_ON_THIS_MODEL = "not on this model"
    NOT_COVERED = "not covered by the bulletin"


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

    def __hash__(self) -> int:
        """By the key, since `configured` has no hash: what is made of features is kept."""
        return hash(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of phone. `token` is its name in the User-Agent; `requirements` are by the key of the feature.

    `minimum_firmware` is the first with licensing (B2), `first_firmware` and `last_firmware` are the first and the last
    known for the model, the last as `4.0.x`; each is empty if unknown. `builds` are the firmware versions, in four
    numbers, that were seen on real phones of the model, with where they were seen (field notes 3.1, 8, 14). `boot_roms`
    are those of its boot ROM or Updater, and `minimum_boot_rom` the package that SIP 3.2.4B asks for, empty if unknown
    (field notes 1.2).
    """

    name: str
    family: str
    token: str
    part_number: str
    lines: int
    display: Display
    minimum_firmware: str
    requirements: Mapping[str, Requirement]
    first_firmware: str = ""
    last_firmware: str = ""
    builds: Mapping[str, str] = field(default_factory=dict)
    boot_roms: Mapping[str, str] = field(default_factory=dict)
    minimum_boot_rom: str = ""

    def __str__(self) -> str:
        return self.token

    @property
    def is_in_bulletin(self) -> bool:
        """True for a model that the bulletin lists (B1)."""
        return self.token in BULLETIN_MODELS

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
        """What this model asks of the feature; one that its file does not mention is not on it.

        Where the file has features that the bulletin does not cover, it is silent on the one not mentioned, too.
        """
        is_covered = Requirement.NOT_COVERED not in self.requirements.values()
        unsaid = Requirement.NOT_ON_THIS_MODEL if is_covered else Requirement.NOT_COVERED
        return self.requirements.get(feature.key, unsaid)

    def build(self, firmware: str) -> str:
        """The firmware version in four numbers, as phones name it in the User-Agent (field notes 14).

        For a release such as `3.3.1` it is the newest build of it that was seen on this model. Where none was seen it
        ends in `.0000`, which stands for a build that is not known (our choice).

        Raises:
            UsageError: as `parse_version`.
        """
        return build_of(firmware, self.builds)

    def boot_rom(self, firmware: str) -> str:
        """The version, in four numbers, of the boot ROM that starts this firmware; from 4.0 on that of the Updater.

        It is the newest that was seen of the known release; `.0000` at the end as for `build` (field notes 1.2). The
        Updater of 5.9.7 was seen with the version of its firmware; that all of 5.x has this is our decision.

        Raises:
            UsageError: as `parse_version`.
        """
        if parse_version(firmware) >= (5,):
            return self.build(firmware)
        release = _BOOT_ROM_RELEASE if parse_version(firmware) < (4,) else _UPDATER_RELEASE
        return build_of(release, self.boot_roms)

    @property
    def known_firmware(self) -> str:
        """The latest firmware known for the model: a build if one was seen, empty if none is known."""
        return max(self.builds, key=parse_version, default=self.last_firmware.removesuffix(".x"))

    def firmware_warning(self, firmware: str) -> str:
        """Why this model is not known to have had this firmware, empty if it may have had it.

        Raises:
            UsageError: as `parse_version`.
        """
        if self.first_firmware and parse_version(firmware) < parse_version(self.first_firmware):
            known = f"first known for it is {self.first_firmware}"
        elif self.last_firmware and is_after(firmware, self.last_firmware):
            known = f"last known for it is {self.last_firmware}"
        else:
            return ""
        return f"{self.token} is not known to have had firmware {firmware}: the {known}"


def parse_model(text: str, source: str, feature_keys: Iterable[str]) -> Model:
    """The model in the text of a file; `source` names the file, `feature_keys` are the features there are.

    Raises:
        ModelFileError: naming the file and the key, for everything that is wrong with the file; nothing else.
    """
    top = parse_toml(text, source, ModelFileError)
    top.only(_MODEL_KEYS)
    family = top.choice("family", tuple(_FAMILIES))
    prefix = _FAMILIES[family][0]
    requirements = _requirements(top.table("features", tuple(feature_keys)))
    return Model(
        name=top.matching("name", rf"{family} [!-~]{{1,20}}", f"{family!r}, a blank and the number of the model"),
        family=family,
        token=top.matching(
            "token", rf"{prefix}_[0-9]{{1,6}}[A-Z]{{0,6}}", f"{prefix}_ and a number, as in {prefix}_670"
        ),
        part_number=top.matching("part_number", r"[0-9]{4}-[0-9]{5}-[0-9]{3}", "a number such as 2345-12670-001"),
        lines=top.whole("lines", low=1, high=99),
        display=_display(top.table("display", ("width", "height", "colors"))),
        minimum_firmware=_minimum_firmware(top, requirements),
        requirements=requirements,
        first_firmware=_known_firmware(top, "first_firmware"),
        last_firmware=_known_firmware(top, "last_firmware", ends_in=".x"),
        builds=_builds(top.table("builds", default={})),
        boot_roms=_builds(top.table("boot_roms", default={})),
        minimum_boot_rom=top.phrase("minimum_boot_rom", 10) if "minimum_boot_rom" in top.values else "",
    )


def _minimum_firmware(top: Table, requirements: Mapping[str, Requirement]) -> str:
    """The first firmware with licensing, which a model that needs a license for something cannot leave out."""
    if "minimum_firmware" not in top.values and Requirement.LICENSE_REQUIRED not in requirements.values():
        return ""
    minimum = top.matching("minimum_firmware", r".*", "a firmware version")
    top.convert("minimum_firmware", lambda: parse_version(minimum))
    return minimum


def _known_firmware(top: Table, key: str, *, ends_in: str = "") -> str:
    version = top.text(key) if key in top.values else ""
    if version:
        top.convert(key, lambda: parse_version(version.removesuffix(ends_in)))
    return version


def _builds(table: Table) -> Mapping[str, str]:
    for version in table.values:
        if not is_build(version):
            raise table.error(version, "the key is not a firmware version in four numbers, as in 3.2.4.0267")
    return MappingProxyType({version: table.phrase(version, 80) for version in table.values})


def _display(table: Table) -> Display:
    colors = table.choice("colors", ("grey", "color"))
    return Display(
        width=table.whole("width", low=1, high=4096),
        height=table.whole("height", low=1, high=4096),
        colors="color" if colors == "color" else "grey",
    )


def _requirements(table: Table) -> Mapping[str, Requirement]:
    answers = tuple(requirement.value for requirement in Requirement)
    return MappingProxyType({key: Requirement(table.choice(key, answers)) for key in table.values})
