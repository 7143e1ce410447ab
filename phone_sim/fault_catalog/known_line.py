"""What a known line of a log is, in plain words."""

from dataclasses import dataclass

from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.line_values import FactOfLine
from phone_sim.firmware.messages import Message


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line that a phone can log.

    `fact` makes the fact that the line shows of its values. `suggests` are causes that may lie behind it besides the
    one of the fact, the likeliest first. `remedy` says what to do, or where to look, if no cause does.
    """

    message: Message
    meaning: str
    fact: FactOfLine | None = None
    suggests: tuple[Cause, ...] = ()
    remedy: str = ""
