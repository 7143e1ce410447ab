"""Locust's CSV files with cells that a spreadsheet shows as text, and does not run as formulas.

Names of requests and reasons of failures hold words of servers and of workers. A locustfile of somebody's own that
Locust itself runs has Locust's own files, in which nothing is escaped.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, CSVWriter, StatsCSV, StatsCSVFileWriter

from phone_sim.whole_file import replace_report

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - spreadsheets take the wide ones, too


def escaped_cell(cell: Any) -> Any:
    """A cell; a text that a spreadsheet could run has an apostrophe before it, with which it is text (our choice)."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


class EscapedRows:
    """Writes rows of escaped cells with the writer of a file."""

    def __init__(self, writer: CSVWriter) -> None:
        self._writer = writer

    def writerow(self, columns: Iterable[Any]) -> None:
        """Write a row."""
        self._writer.writerow(map(escaped_cell, columns))


class EscapedCsv(StatsCSV):
    """The statistics as they are now, for whoever downloads or writes them."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment, PERCENTILES_TO_REPORT)

    def requests_csv(self, csv_writer: CSVWriter) -> None:
        """Write the requests."""
        super().requests_csv(EscapedRows(csv_writer))

    def failures_csv(self, csv_writer: CSVWriter) -> None:
        """Write the failures."""
        super().failures_csv(EscapedRows(csv_writer))

    def exceptions_csv(self, csv_writer: CSVWriter) -> None:
        """Write the exceptions."""
        super().exceptions_csv(EscapedRows(csv_writer))


class CsvReport:
    """The CSV files of a run: `PREFIX.part_stats.csv` and so on while it lasts, then `PREFIX_stats.csv`.

    So the files of an earlier run stay until those of this one are whole, and a run that is killed leaves what it had.

    Raises:
        OSError: a file cannot be written.
    """

    def __init__(self, environment: Environment, prefix: str) -> None:
        self._environment = environment
        self._prefix = prefix
        self._part = f"{prefix}.part"
        self._files = StatsCSVFileWriter(environment, PERCENTILES_TO_REPORT, self._part)
        for name in ("requests", "failures", "exceptions", "stats_history"):
            setattr(self._files, f"{name}_csv_writer", EscapedRows(getattr(self._files, f"{name}_csv_writer")))

    def write(self) -> None:
        """Write all the time. Raises OSError."""
        self._files.stats_writer()

    def finish(self) -> None:
        """Put the files of this run in place. Raises OSError; what could not be put there keeps its first name."""
        self._files.close_files()
        tables = EscapedCsv(self._environment)
        # Locust's writer may have missed the last second.
        for name, write in (("stats", tables.requests_csv), ("failures", tables.failures_csv)):
            with Path(f"{self._part}_{name}.csv").open("w", encoding="utf-8", newline="") as file:
                write(csv.writer(file))
        for name in ("stats", "failures", "exceptions", "stats_history"):
            part = Path(f"{self._part}_{name}.csv")
            replace_report(Path(f"{self._prefix}_{name}.csv"), part.read_bytes())
            part.unlink()
