"""What every kind of fault has: how it is written in a rule, which requests it acts on, and what it does.

Pure. It knows none of the kinds; they are in `fault_kinds`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

Method = Literal["GET", "PUT", "RRQ", "WRQ"]

METHODS: tuple[Method, ...] = ("GET", "PUT", "RRQ", "WRQ")


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way to go wrong; `str` writes it as a rule has it.

    `form` says how it is written, `examples` are such words. `pattern` matches one, and `values` turn its groups into
    the fields. `acts_on` are the methods that the fault acts on; `on_http` and `on_tftp` say what a client sees, empty
    for nothing.
    """

    form: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]
    pattern: ClassVar[str]
    values: ClassVar[tuple[Callable[[str], Any], ...]] = ()
    acts_on: ClassVar[frozenset[Method]] = frozenset(METHODS)
    on_http: ClassVar[str] = ""
    on_tftp: ClassVar[str] = ""

    def __str__(self) -> str:
        word = self.form.partition("=")[0]
        values = [shown(getattr(self, field.name)) for field in fields(self)]
        return "=".join((word, "/".join(values))) if values else word


def shown(value: float | str) -> str:
    """A value as a rule has it: 2.0 as 2."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
