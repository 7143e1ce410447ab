"""Reading the text of TOML files. This module does not know what they say: `phone_sim.toml_table` does."""

from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.toml_table import SIZE_LIMIT, Table, parse_toml


def read_toml(file: Path) -> Table:
    """The top table of a file.

    Raises:
        UsageError: it cannot be read, is too large, or is not TOML.
    """
    return parse_toml(read_text(file), str(file))


def read_text(file: Path, limit: int = SIZE_LIMIT, error: type[UsageError] = UsageError) -> str:
    """The text of a file of at most `limit` bytes, in UTF-8 with or without a byte order mark.

    Raises:
        UsageError: it cannot be read, is too large, or is not UTF-8; of the type `error`.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as reason:
        raise error(f"{file}: {reason.strerror}") from reason
    if len(data) > limit:
        raise error(f"{file}: the file is larger than {limit} bytes")
    try:
        return data.decode("utf-8-sig")  # an editor may have put a byte order mark before it
    except UnicodeDecodeError as reason:
        raise error(f"{file}: not UTF-8, from byte {reason.start}") from reason
