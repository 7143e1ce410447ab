"""The one place that prints: no terminal obeys what it is shown, wherever that comes from.

Line ends are printed as they are. Text that is to stay on one line goes through `visible(text, kept="")` first.
"""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from phone_sim.printable import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a line in a color of its own, or in bold."""

    text: str
    fg: str | None = None
    bold: bool | None = None


def say(*parts: str | Styled, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print a text, in parts where these are of different styles; `style` is click's, for the parts without their own.

    To stderr with `err`, and with a line end unless `nl` is false.
    """
    click.echo("".join(_shown(part, style) for part in parts), err=err, nl=nl)


class _Quiet:
    """Whether `--quiet` is given; threads of a verb see it as well."""

    is_on = False


def _be_quiet(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 - click's form
    _Quiet.is_on = value
    ctx.call_on_close(_be_heard)


def _be_heard() -> None:
    _Quiet.is_on = False


quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_be_quiet,
    help="Print only the result and errors.",
)


def talk(*parts: str | Styled) -> None:
    """Print what is neither the result nor an error, on stderr; nothing with `--quiet`."""
    if not _Quiet.is_on:
        say(*parts, err=True)


def warn(*texts: str) -> None:
    """Print each warning that is not empty once, as `talk` does."""
    for text in dict.fromkeys(filter(None, texts)):
        talk(f"Warning: {text}.")


def shows_progress() -> bool:
    """True where somebody watches: stderr is a terminal, and `--quiet` is not given."""
    return not _Quiet.is_on and sys.stderr is not None and sys.stderr.isatty()


def progress(text: str) -> None:
    """Print what is being done, where `shows_progress`."""
    if shows_progress():
        say(text, err=True)


def say_json(text: str) -> None:
    """Print what `json.dumps` made, in ASCII and still JSON."""
    click.echo(text.replace("\x7f", "\\u007f"))


def console() -> "Console":
    """The terminal, for tables whose cells are made by `cell`."""
    from rich.console import Console

    return Console()


def cell(text: str, style: str = "") -> "Text":
    """A cell of a table."""
    from rich.text import Text

    return Text(visible(text), style=style)


def _shown(part: str | Styled, style: dict[str, Any]) -> str:
    if isinstance(part, Styled):
        return click.style(visible(part.text), fg=part.fg, bold=part.bold)
    return click.style(visible(part), **style) if style else visible(part)
