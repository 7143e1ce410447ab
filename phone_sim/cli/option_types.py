"""The types of options: a finite number, several numbers, a time."""

import math
from datetime import datetime
from typing import Any

import click

from phone_sim.errors import UsageError
from phone_sim.instants import parse_instant


class FiniteRange(click.FloatRange):
    """A number in a range; one that is none (nan) is in every range, and infinity may be."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class Instant(click.ParamType[datetime]):
    """A time on the command line; without an offset it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware datetime in UTC."""
        try:
            return parse_instant(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Numbers(click.ParamType[tuple[int, ...]]):
    """Numbers with commas between."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(one) for one in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as 160,66", param, ctx)
