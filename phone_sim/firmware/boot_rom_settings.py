"""What the boot ROM of a phone does with the firmware image of its boot server (D28). No source says it all: ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from phone_sim.firmware.parameters.dictionary import ParameterDictionary


class ImageReading(Enum):
    """How much of a firmware image is read."""

    HEADER = "header"
    """Its header, then the transfer is dropped: the image is taken for the firmware in flash."""
    WHOLE = "whole"
    """All of it where another version is in flash, otherwise its header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootRomSettings:
    """The boot ROM of a phone.

    `installed` is the version that a blank flash holds, empty for the phone's own; with a `dictionary` for each dialect
    the phone can boot it. `always_fetches_license` is the license rule of what boots, None for the firmware's (D8).
    """

    image: ImageReading = ImageReading.HEADER
    installed: str = ""
    dictionaries: Mapping[str, ParameterDictionary]
    always_fetches_license: bool | None = None

    def __hash__(self) -> int:
        """By what tells two of them apart: the dictionaries are the same for all."""
        return hash((self.image, self.installed, self.always_fetches_license))
