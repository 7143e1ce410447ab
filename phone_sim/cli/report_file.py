"""Files that a verb writes its report to."""

from pathlib import Path
from typing import Any

import click

from phone_sim.errors import UsageError
from phone_sim.whole_file import replace_report

_FILE: Any = click.Path(dir_okay=False, path_type=Path)


class ReportFile(click.ParamType[Path]):
    """A file to be written in the end; that its folder is not there is said before the work is done."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        path: Path = _FILE.convert(value, param, ctx)
        if not path.parent.is_dir():
            self.fail(f"Folder {str(path.parent)!r} does not exist.", param, ctx)
        return path


def write_report(option: str, file: Path | None, data: bytes) -> None:
    """Write what a verb has to report, if somebody wants it.

    Raises:
        UsageError: the file cannot be written; an older one is as it was.
    """
    if file is None:
        return
    try:
        replace_report(file, data)
    except OSError as error:
        raise UsageError(f"{option} {file}: {error.strerror}") from error
