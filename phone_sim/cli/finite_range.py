"""Numbers on the command line that end somewhere."""

import math
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A number in a range; one that is none (nan) is in every range, and infinity may be."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number
