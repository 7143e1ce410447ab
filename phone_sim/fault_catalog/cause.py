"""What a cause is: what is wrong with a phone's licenses or files, and what to do. `causes` has them all."""

from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """When a cause that facts show is told, and whether it explains a feature that is off."""

    ALWAYS = "explains a feature that is off, and is told even if none is off"
    WHEN_OFF = "explains a feature that is off; if none is off, another file gave the phone what it needs"
    BESIDES = "explains no feature that is off, and is told in addition"
    STATE = "the state of a phone without a complaint, told if there is nothing else to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause: its name, what is wrong, and what to do."""

    name: str
    what: str
    remedy: str
    weight: Weight = Weight.BESIDES
