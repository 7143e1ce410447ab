"""What processes of a fleet tell each other, read as strictly as a file, with its own limits.

This module does not know how messages travel, nor what they mean.
"""

from collections import Counter
from typing import Any

from phone_sim.toml_table import Origin, Table

TEXT_LIMIT = 1000
"""Maximum length of a text in characters, unless the reader asks for more (our choice)."""
ENTRY_LIMIT = 5000
"""Maximum number of entries of a list or a table (our choice)."""


def sendable(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text as it can be sent: no longer than allowed, and without what no encoding has."""
    return text[:limit].encode(errors="replace").decode()


def read_message(kind: str, data: Any) -> Table:
    """The top table of a message; `kind` names the message in errors. Raises UsageError unless it is a table."""
    return Table.of(data, Origin(name=kind, text_limit=TEXT_LIMIT, entry_limit=ENTRY_LIMIT))


def counts_in(table: Table) -> Counter[str]:
    """How often each of some texts occurs. Raises UsageError."""
    return Counter({name: table.whole(name) for name in table.text_keys()})


def times_in(table: Table) -> Counter[int]:
    """How often each of some times occurs, which are whole numbers. Raises UsageError."""
    return Counter({time: table.whole(time) for time in table.whole_keys()})


def numbered_texts(table: Table, limit: int) -> dict[int, str]:
    """Texts by whole numbers, at most `limit` of them. Raises UsageError."""
    if len(table.values) > limit:
        raise table.error(None, f"it has more than {limit} entries")
    return {number: table.any_text(number) for number in table.whole_keys()}


def named_tables(table: Table) -> dict[str, Table]:
    """Tables by their names. Raises UsageError."""
    return {name: table.table(name) for name in table.text_keys()}
