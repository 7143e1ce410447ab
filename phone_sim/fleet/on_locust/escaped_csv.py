"""Locust's CSV files with cells that a spreadsheet shows as text, and does not run as formulas.

Names of requests and reasons of failures hold words of servers and of workers. A locustfile of somebody's own that
Locust itself runs has Locust's own files, in which nothing is escaped.
"""

from collections.abc import Iterable
from typing import Any

from locust.env import Environment
from locust.stats import PERCENTILES_TO_REPORT, CSVWriter, StatsCSV, StatsCSVFileWriter

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


class EscapedCsvFiles(StatsCSVFileWriter):
    """Files that begin with a prefix, written all the time."""

    def __init__(self, environment: Environment, prefix: str) -> None:
        super().__init__(environment, PERCENTILES_TO_REPORT, prefix)
        for name in ("requests", "failures", "exceptions", "stats_history"):
            setattr(self, f"{name}_csv_writer", EscapedRows(getattr(self, f"{name}_csv_writer")))
