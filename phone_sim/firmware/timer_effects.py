"""What a phone asks to be woken for. This module does not know who wakes it, nor what it does then."""

from dataclasses import dataclass
from datetime import datetime

from phone_sim.firmware.asking import Ask


@dataclass(frozen=True, slots=True)
class WakeAt(Ask[None]):
    """Ask to be woken for the daily check at an instant (replaces an earlier request). Reply: None."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class UploadLogAfter(Ask[None]):
    """Ask to be woken for the periodic upload of the log after so many seconds (replaces an earlier request). Reply:
    None."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AskTimeAfter(Ask[None]):
    """Ask to be woken to ask for the time again after so many seconds (replaces an earlier request). Reply: None."""

    seconds: int


@dataclass(frozen=True, slots=True)
class PollAfter(Ask[None]):
    """Ask to be woken for the next poll of the configuration files after so many seconds (replaces an earlier request).
    Reply: None."""

    seconds: float
