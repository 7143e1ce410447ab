"""Reads the vendor's tables of parameters, and tables of a user's own.

This module does not know what the tables say: `phone_sim.firmware.parameters.dictionary` does.
"""

from functools import cache
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.firmware.parameters.dictionary import TABLE_LIMIT, ParameterDictionary, parse_stock, parse_table
from phone_sim.runtime.model_files import shipped_folder
from phone_sim.runtime.toml_file import read_text

_UCS = "ucs-4.0.15.tsv"
_SIP_3 = "sip-3.tsv"


@cache
def load_dictionary(dialect: str) -> ParameterDictionary:
    """The parameters of a dialect; its tables are read once.

    The schema of 3.3.0 is not public, so that of 4.0.15 is used for all of UC Software (D22).

    Raises:
        ParameterTableError: when a table is not usable.
    """
    if dialect == "ucs-3.3":
        return ParameterDictionary("UC Software 4.0.15", parse_table(*_shipped(_UCS)))
    later = load_dictionary("ucs-3.3")
    return ParameterDictionary("SIP 3.x (3.1.6, 3.2.4)", parse_stock(*_shipped(_SIP_3), later), beyond=later)


def with_table(dictionary: ParameterDictionary, path: Path) -> ParameterDictionary:
    """A dictionary with a table of the user's own, in the form of the shipped one of UC Software.

    Raises:
        ParameterTableError: with the line, when the table is not usable.
        UsageError: when the file cannot be read.
    """
    return dictionary.extended(path.name, parse_table(read_text(path, TABLE_LIMIT, UsageError), str(path)))


def _shipped(name: str) -> tuple[str, str]:
    path = shipped_folder() / "parameters" / name
    return read_text(path, TABLE_LIMIT, UsageError), str(path)
