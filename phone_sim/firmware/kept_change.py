"""Parameters that were changed on a phone, as its flash keeps them. This module does not know how they got there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


class Origin(Enum):
    """Where a change was made."""

    PHONE = "phone"
    """On the phone itself, in Menu > Settings."""
    WEB = "web"
    """On the phone's own web page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChange:
    """A parameter that was changed: `file` is the end of the name of the override file, such as `phone.cfg`.

    `is_stored` says that the boot server has taken a file with it.
    """

    file: str
    name: str
    value: str
    is_stored: bool = False


def with_change(kept: Iterable[KeptChange], change: KeptChange) -> tuple[KeptChange, ...]:
    """The changes with one more, which replaces an earlier one of the same parameter in the same file."""
    place = (change.file, change.name)
    return (*(one for one in kept if (one.file, one.name) != place), change)


def all_stored(kept: Iterable[KeptChange], file: str) -> tuple[KeptChange, ...]:
    """The changes, of which the boot server has taken those of a file."""
    return tuple(replace(one, is_stored=True) if one.file == file else one for one in kept)
