"""Versions of firmware: how they are written, compared, and filled up to the four numbers that phones name.

This module does not know models.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from phone_sim.errors import UsageError

_PACKAGE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){2}[A-Za-z]")
_PACKAGES = {"3.2.4B": "3.2.4.0267 (VVX 1500: 3.2.4.0244)"}
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){1,3}")
_NUMBERS = 4
_UNKNOWN_BUILD = "0000"


@lru_cache(maxsize=256)
def parse_version(text: str) -> tuple[int, ...]:
    """The firmware version, `3.3` or `3.2.3.1734`, as four numbers to compare; what is not given counts as 0.

    Raises:
        UsageError: for anything but two to four numbers with points between them; for the name of a package, such as
            `3.2.4B`, with the version of the application in it if that is known (field notes 14).
    """
    if _PACKAGE.fullmatch(text):
        inside = _PACKAGES.get(text.upper(), "in four numbers, as in 3.2.4.0267")
        raise UsageError(f"{text!r} is the name of a package; expected the version of the application in it, {inside}")
    if not _VERSION.fullmatch(text):
        raise UsageError(
            f"{_shown(text)} is not a firmware version: two to four numbers are expected, as in 3.2.3.1734"
        )
    numbers = tuple(int(number) for number in text.split("."))
    return numbers + (0,) * (_NUMBERS - len(numbers))


def is_build(text: str) -> bool:
    """True for a firmware version in four numbers, which names one build. Never raises."""
    return bool(_VERSION.fullmatch(text)) and text.count(".") == _NUMBERS - 1


def build_of(version: str, builds: Iterable[str]) -> str:
    """The version in four numbers: as it is, or for a release such as `3.3.1` the newest of these builds of it.

    Where there is none of that release it ends in `.0000`, which stands for a build that is not known (our choice).

    Raises:
        UsageError: as `parse_version`.
    """
    numbers = parse_version(version)
    if is_build(version):
        return version
    release = numbers[: _NUMBERS - 1]
    known = [build for build in builds if parse_version(build)[: _NUMBERS - 1] == release]
    return max(known, key=parse_version) if known else ".".join([*map(str, release), _UNKNOWN_BUILD])


def is_after(version: str, last: str) -> bool:
    """True for a version later than `last`, in which an `x` at the end, as in `4.0.x`, stands for any numbers.

    Raises:
        UsageError: as `parse_version`.
    """
    known = last.removesuffix(".x")
    compared = known.count(".") + 1
    return parse_version(version)[:compared] > parse_version(known)[:compared]


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}...")
