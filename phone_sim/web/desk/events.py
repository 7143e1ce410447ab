"""What happened to a phone, in order: the last so many things, each with a number.

Whoever follows keeps the number of the last thing that it has seen, and asks for what came after. This module does not
know what the things are.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

KEPT = 2000
"""How many things are kept for each phone; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskEvent:
    """One thing: its `number`, counted from 1, the time on the phone's clock, its kind, and what there is to say."""

    number: int
    at: datetime
    kind: str
    values: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The event as programs get it; the time in ISO 8601."""
        return {"number": self.number, "at": self.at.isoformat(timespec="seconds"), "kind": self.kind, **self.values}


class EventLog:
    """The last `KEPT` events of a phone. One thread adds, any thread reads.

    `name` tells it from the log of any other phone, also one that had the same MAC address before.
    """

    def __init__(self) -> None:
        self.name = token_hex(4)
        self._events: deque[DeskEvent] = deque(maxlen=KEPT)
        self.last = 0

    def add(self, at: datetime, kind: str, **values: Any) -> None:
        """Add an event."""
        self.last += 1
        self._events.append(DeskEvent(number=self.last, at=at, kind=kind, values=values))

    def after(self, number: int, kind: str | None = None) -> tuple[DeskEvent, ...]:
        """The events later than this number, oldest first; of one kind, or of all."""
        while True:
            try:
                kept = tuple(self._events)
            except RuntimeError:  # one was added meanwhile
                continue
            return tuple(one for one in kept if one.number > number and kind in (None, one.kind))
