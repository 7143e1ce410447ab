"""What the control API of a desk is asked: the bodies of its requests, checked and described by their types.

What is not among the fields is refused, and every field has a limit. This module does not know what is done about it.
"""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.web.desk.demonstration import MODELS, STEPS
from phone_sim.web.desk.desk import PHONES_LIMIT
from phone_sim.web.desk.time import FASTEST

_FOLDS = 16


def _in_few_lines(text: str) -> str:
    if len(text.splitlines()) > _FOLDS:
        raise ValueError(f"more than {_FOLDS} lines; phone-sim explain reads whole logs")
    return text


# A line has at most 512 characters of text (`firmware.log_line.TEXT_LIMIT`), and what folds and quotes it comes on top.
LogEntry = Annotated[
    str,
    Query(max_length=2000, description=f"a line of a log, folded into at most {_FOLDS}"),
    AfterValidator(_in_few_lines),
]
"""A line of a log as a query; its limits are our choice."""


class Action(Enum):
    """What can be done to a phone."""

    POWER = "power"
    REBOOT = "reboot"
    CHECK_SYNC = "check-sync"
    CALL = "call"
    HANG_UP = "hang-up"


class Goal(Enum):
    """Where the clock can hurry to."""

    POLLING_TIME = "polling-time"
    NEXT_POLL = "next-poll"
    DAY_BEFORE_EXPIRY = "day-before-expiry"
    EXPIRY = "expiry"
    DATE = "date"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPhone(_Body):
    """A phone to be put on the desk."""

    model: str = Field(default=DEFAULT_MODEL, max_length=100, description="a name or a token of /api/models")
    mac: str | None = Field(default=None, max_length=17, description="its MAC address; a free one if absent")
    firmware: str | None = Field(default=None, max_length=20, description="the usual one of the model if absent")
    count: int = Field(default=1, ge=1, le=PHONES_LIMIT, description="how many; several only without mac")
    on: bool = Field(default=False, description="switch them on")
    boot_rom: bool = Field(default=False, description="start them with their boot ROM, which opens the firmware image")


class SpeedBody(_Body):
    """How fast time passes."""

    speed: float = Field(ge=0, le=FASTEST, description="factor of real time; 0 is a pause")


class Jump(_Body):
    """Where time is to hurry to, with all that happens on the way."""

    to: Goal
    mac: str | None = Field(default=None, max_length=17, description="whose polling time, poll or expiry")
    date: datetime | None = Field(default=None, description="the date; UTC without an offset")


class NewLicense(_Body):
    """A license to be ordered, redeemed and put on the boot server; the phone has to be rebooted for it (B15)."""

    mac: str | None = Field(default=None, max_length=17, description="a phone license; a site license if absent")
    last_day: date | None = Field(default=None, description="of a site license; without it there is no end")
    features: list[Annotated[str, Field(pattern="^[A-Za-z0-9]{1,40}$")]] = Field(
        default=[], max_length=20, description="features by key; those that need a license if empty"
    )


class Keys(_Body):
    """Keys to be pressed: by name (`menu`, `soft1`, `5`) or characters that are typed, or a row that is touched."""

    keys: list[Annotated[str, Field(max_length=20)]] = Field(default=[], max_length=100)
    row: int | None = Field(default=None, ge=0, le=100, description="a row of the display, counted from 0")


class Forgery(_Body):
    """Whose license is to be spoiled on the boot server."""

    mac: str = Field(max_length=17)


class StoryStep(_Body):
    """A step of the guided demonstration to go to; it takes everything else off the desk."""

    model: str = Field(max_length=20, description=" or ".join(MODELS))
    step: int = Field(ge=0, lt=len(STEPS))


class ServerState(_Body):
    """How the boot server is to behave; what is absent stays as it is."""

    up: bool | None = None
    faults: list[Annotated[str, Field(max_length=1000)]] | None = Field(
        default=None, max_length=20, description="rules as for phone-sim serve --fault"
    )
