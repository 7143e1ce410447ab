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
_RATIOS = "abcdhi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a kind, `a` to `i`; `number` is the ratio or the value itself, in a unit that `value` has in words.

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
        wanted = f"{'at least' if self.more_is_better else 'at most'} {self.aim:,g}"
        return wanted if self.is_met else f"{wanted}: missed by {abs(self.number / self.aim - 1):.0%}"

    @property
    def cell(self) -> str:
        """A ratio with what was measured, or only that."""
        return f"{self.number:.2f} ({self.value})" if self.kind in _RATIOS else self.value

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells of its row in a table."""
        number = f"{self.number:.2f}" if self.number < 100 else f"{self.number:,.0f}"
        return self.kind, self.name, f"{self.phones:,}", number, self.value, self.against, self.aimed_at


HEADS = ("", "figure", "phones", "number", "measured", "against", "aim")


def changes(figures: Iterable[Figure]) -> list[Figure]:
    """How much worse each figure is with the most phones than with the fewest: 0 is flat, 0.1 is a tenth worse (g)."""
    found = []
    for name, of_phones in by_name(figures).items():
        few, many = of_phones[min(of_phones)], of_phones[max(of_phones)]
        if few is many:
            continue
        quotient = few.number / many.number if few.more_is_better else many.number / few.number
        found.append(
            Figure(
                kind="g",
                name=f"{few.kind}: {name}",
                phones=many.phones,
                number=quotient - 1,
                value=f"{abs(quotient - 1):.0%} {'worse' if quotient > 1 else 'better'}",
                against=f"{few.phones:,} phones",
                aim=FLAT,
                more_is_better=False,
            )
        )
    return found


def by_name(figures: Iterable[Figure]) -> dict[str, dict[int, Figure]]:
    """Figures by name and number of phones, without what is made of others."""
    found: dict[str, dict[int, Figure]] = {}
    for figure in figures:
        if figure.kind != "g":
            found.setdefault(figure.name, {})[figure.phones] = figure
    return found


def page_table(figures: Sequence[Figure]) -> str:
    """The figures as the README has them: a row for each, a column for each number of phones that most have."""
    names = by_name(figures)
    change = {one.name.partition(": ")[2]: one.value for one in figures if one.kind == "g"}
    counts = sorted({phones for of_phones in names.values() if len(of_phones) > 1 for phones in of_phones})
    rows = [["figure", "aim", *(f"{count:,} phones" for count in counts), "from fewest to most", "against"]]
    rows.append(["---"] * len(rows[0]))
    for name, of_phones in names.items():
        last = of_phones[max(of_phones)]
        cells = [of_phones[count].cell if count in of_phones else "" for count in counts]
        if len(of_phones) == 1:
            cells = [f"{last.cell} with {last.phones:,}", *[""] * (len(counts) - 1)]
        rows.append([f"({last.kind}) {name}", last.aimed_at, *cells, change.get(name, ""), last.against])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def read(file: Path) -> list[Figure]:
    """The figures in a file."""
    return [Figure(**row) for row in json.loads(file.read_text())]


def as_json(figures: Iterable[Figure]) -> str:
    """The figures as they are in a file."""
    return json.dumps([asdict(figure) for figure in figures], indent=2) + "\n"
