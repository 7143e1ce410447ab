"""A figure of the fleet: what was measured of how many phones, against what, and what was aimed at.

They are kept in a file, from which the README's table is made. This module does not know how anything is measured.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path("tests/bench/fleet/figures.json")
FLAT = 0.2
"""By how much a figure may be worse with many phones than with few, as a share, and be called flat."""
_FEW = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a kind, `a` to `h`; `number` is the ratio or the value itself, in a unit that `value` has in words.

    `against` is what it is compared with. `aim` is None where nothing is aimed at; `more_is_better` says on which side
    of it the number is to be.
    """

    kind: str
    name: str
    phones: int
    number: float
    value: str
    against: str = ""
    aim: float | None = None
    more_is_better: bool = True

    @property
    def is_met(self) -> bool:
        """True when there is no aim that the number misses."""
        return self.aim is None or (self.number >= self.aim if self.more_is_better else self.number <= self.aim)

    @property
    def aimed_at(self) -> str:
        """The aim in words, and by how much it is missed."""
        if self.aim is None:
            return ""
        sign = "at least" if self.more_is_better else "at most"
        missed = abs(self.number / self.aim - 1)
        return f"{sign} {self.aim:,g}{'' if self.is_met else f', missed by {missed:.0%}'}"

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row in a table."""
        number = f"{self.number:.2f}" if self.number < 100 else f"{self.number:,.0f}"
        return self.kind, self.name, f"{self.phones:,}", number, self.value, self.against, self.aimed_at


HEADS = ("", "figure", "phones", "number", "measured", "against", "aim")


def changes(figures: Iterable[Figure]) -> list[Figure]:
    """How much worse each figure is with the most phones than with a thousand: 0 is flat, 0.1 is a tenth worse (g)."""
    of_name: dict[str, dict[int, Figure]] = {}
    for figure in figures:
        of_name.setdefault(figure.name, {})[figure.phones] = figure
    found = []
    for name, of_phones in of_name.items():
        few, many = of_phones.get(_FEW), of_phones[max(of_phones)]
        if few is None or many.phones <= _FEW:
            continue
        quotient = few.number / many.number if few.more_is_better else many.number / few.number
        found.append(
            Figure(
                kind="g",
                name=f"{few.kind}: {name}",
                phones=many.phones,
                number=quotient - 1,
                value=f"{quotient - 1:+.0%} worse",
                against=f"{_FEW:,} phones",
                aim=FLAT,
                more_is_better=False,
            )
        )
    return found


def table(figures: Sequence[Figure]) -> str:
    """The figures as a table."""
    rows = [HEADS, ("---",) * len(HEADS), *(figure.cells for figure in figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def read(file: Path) -> list[Figure]:
    """The figures in a file."""
    return [Figure(**row) for row in json.loads(file.read_text())]


def as_json(figures: Iterable[Figure]) -> str:
    """The figures as they are in a file."""
    return json.dumps([asdict(figure) for figure in figures], indent=2) + "\n"
