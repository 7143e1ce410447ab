"""`phone-sim compare`: where two recorded dialogues differ."""

from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.output import say
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.recording.compare import Asked, Difference

_UPLOAD_LINES = 2_000
_SHOWN_LINES = 40
_SHOWN_WIDTH = 200
_COLORS = {"-": "red", "+": "green"}


@click.command(short_help="Show where two recorded dialogues differ.")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
@click.pass_context
def command(ctx: click.Context, first: Path, second: Path, as_json: bool) -> None:
    """Show where the dialogues in the recordings FIRST and SECOND differ: a real phone's and ours, say.

    Compared is what the phones asked: order, methods, paths, User-Agents and uploads; the answers are the server's. A
    MAC address counts as `<mac>` and the stamps of uploaded logs as `<time>`, so that two phones and two days compare.
    Lines with - are the first's, with + the second's. Ends with 0 when both are the same, with 1 when they differ.

    Example: phone-sim compare real.jsonl ours.jsonl
    """
    from phone_sim.cli.phone_report import print_json
    from phone_sim.cli.recording_file import load
    from phone_sim.recording.compare import compare

    one, other = load(first), load(second)
    differences = compare(one, other)
    counts = len(one.exchanges), len(other.exchanges)
    if as_json:
        print_json({"same": not differences, "requests": counts, "differences": [*map(_report, differences)]})
    elif differences:
        say(f"--- {first}: {counts[0]} requests\n+++ {second}: {counts[1]} requests", bold=True)
        _print(differences)
    else:
        say(f"The dialogues are the same: {counts[0]} requests.")
    if differences:
        ctx.exit(1)


def _print(differences: "tuple[Difference, ...]") -> None:
    """Print the differences; a User-Agent that differs is said once, however many requests have it."""
    agents: dict[tuple[str, str], int] = {}
    for difference in differences:
        first, second = difference.first, difference.second
        if first is None or second is None:
            _print_line("-" if second is None else "+", f"{_shown(first or second)}  {difference.kind}")
        elif difference.kind == "user agent":
            pair = first.user_agent, second.user_agent
            agents[pair] = agents.get(pair, 0) + 1
        else:
            say(f"~ {difference.kind}", fg="yellow")
            _print_line("-", _shown(first))
            _print_line("+", _shown(second))
            if difference.kind == "upload":
                _print_upload(first.upload or "", second.upload or "")
    for (agent, other), count in agents.items():
        say(f"~ user agent of {count} {'request' if count == 1 else 'requests'}", fg="yellow")
        _print_line("-", agent)
        _print_line("+", other)


def _print_upload(first: str, second: str) -> None:
    one, other = (upload.splitlines()[:_UPLOAD_LINES] for upload in (first, second))
    lines = [*unified_diff(one, other, lineterm="", n=0)][2:]
    for line in lines[:_SHOWN_LINES]:
        if not line.startswith("@@"):
            _print_line(line[0], line[1:], indent=4)
    if not lines or len(lines) > _SHOWN_LINES:
        say("    ... and more than is shown here")


def _print_line(sign: str, text: str, *, indent: int = 0) -> None:
    say(f"{' ' * indent}{sign} {visible(text[:_SHOWN_WIDTH], kept='')}", fg=_COLORS[sign])


def _shown(asked: "Asked | None") -> str:
    return "" if asked is None else f"{asked.place:>4} {asked.method} {asked.path}"


def _report(difference: "Difference") -> dict[str, Any]:
    return {
        "kind": difference.kind.replace(" ", "_"),
        "first": _side(difference.first),
        "second": _side(difference.second),
    }


def _side(asked: "Asked | None") -> dict[str, Any] | None:
    if asked is None:
        return None
    return {
        "place": asked.place,
        "method": asked.method,
        "path": asked.path,
        "user_agent": asked.user_agent,
        "upload": asked.upload,
    }
