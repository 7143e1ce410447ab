"""The files of a population's boot server, from its population file. This module does not know what is in them."""

from pathlib import PurePosixPath

from phone_sim.boot_server.site import locate
from phone_sim.toml_table import Table


def read_files(table: Table) -> dict[str, bytes]:
    """The files, by their paths below the root of the boot server.

    Raises:
        UsageError: a path is not possible, or not beside another.
    """
    found: dict[str, bytes] = {}
    for written in table.values:
        path = _path(table, written)
        if path in found:
            raise table.error(written, f"{path} is there twice")
        found[path] = table.text(written).encode()
    for written in table.values:
        folders = {f"{folder}" for folder in PurePosixPath(_path(table, written)).parents}
        if both := folders & found.keys():
            raise table.error(written, f"{both.pop()} is a file, and cannot be a folder")
    return found


def _path(files: Table, written: str) -> str:
    path = written.lstrip("/")
    if locate(path) is None:
        raise files.error(written, "it names no file below the root of the boot server")
    return path
