"""`phone-sim compare`: where two recorded dialogues differ."""

from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.output import say
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.recording.compare import Asked, Comparison, Difference
    from phone_sim.recording.dialogue import Recording
    from phone_sim.recording.file_changes import Change

_UPLOAD_LINES = 2_000
_SHOWN_LINES = 40
_SHOWN_WIDTH = 200
_SHOWN_HEADERS = 12
_COLORS = {"-": "red", "+": "green"}


@click.command(short_help="Show where two recorded dialogues differ.")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--answers/--no-answers",
    default=None,
    help="Compare the answers as well. [default: if both recordings have their headers]",
)
@json_option
@click.pass_context
def command(ctx: click.Context, first: Path, second: Path, answers: bool | None, as_json: bool) -> None:
    """Show where the dialogues in the recordings FIRST and SECOND differ: a real phone's and ours, say.

    Of the requests, their order, methods, paths, User-Agents and uploads are compared. Of the answers, the status, the
    headers Content-Type, Content-Encoding, Content-Length, Content-Range and Location, and the body: configuration
    files by parameter, activation files by license key, other files by byte. A MAC address counts as `<mac>` and the
    stamps of uploaded logs as `<time>`, so that two phones and two days compare. Lines with - are the first's, with +
    the second's. The last line says what was compared. Ends with 0 when both are the same, with 1 when they differ.

    Example: phone-sim compare real.jsonl ours.jsonl
    """
    from phone_sim.cli.phone_report import print_json
    from phone_sim.cli.recording_file import load
    from phone_sim.recording.compare import compare, have_answers

    recordings = one, other = load(first), load(second)
    comparison = compare(one, other, answers=have_answers(*recordings) if answers is None else answers)
    if as_json:
        print_json(_report(comparison, recordings))
    elif comparison.differences:
        say(f"--- {first}: {len(one.exchanges)} requests\n+++ {second}: {len(other.exchanges)} requests", bold=True)
        _print(comparison.differences)
        say(f"The dialogues differ: {_what_was_compared(comparison, recordings)}.")
    else:
        say(f"The dialogues are the same: {_what_was_compared(comparison, recordings)}.")
    if comparison.differences:
        ctx.exit(1)


def _what_was_compared(comparison: "Comparison", recordings: "tuple[Recording, Recording]") -> str:
    from phone_sim.recording.compare import have_answers

    first, second = (len(one.exchanges) for one in recordings)
    requests = _counted(first, "request") if first == second else f"{first} and {_counted(second, 'request')}"
    if comparison.answers is None:
        return f"{requests}; answers not compared"
    compared = f"{requests}, {_counted(comparison.answers, 'answer')} compared"
    if not have_answers(*recordings):
        return f"{compared}; headers not compared, a recording of version 1 has none"
    ignored = comparison.ignored_headers
    if not ignored:
        return compared
    more = f" and {len(ignored) - _SHOWN_HEADERS} more" if len(ignored) > _SHOWN_HEADERS else ""
    return f"{compared}; headers ignored: {visible(', '.join(ignored[:_SHOWN_HEADERS])[:_SHOWN_WIDTH], kept='')}{more}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


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
            _print_changes(difference.changes)
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


def _print_changes(changes: "tuple[Change, ...]") -> None:
    for change in changes[:_SHOWN_LINES]:
        values = (
            "(missing)" if value is None else visible(value[:_SHOWN_WIDTH], kept="") or '""'
            for value in (change.first, change.second)
        )
        say(f"    {visible(change.name[:_SHOWN_WIDTH], kept='')}: {' -> '.join(values)}")
    if len(changes) > _SHOWN_LINES:
        say(f"    ... and {len(changes) - _SHOWN_LINES} more")


def _print_line(sign: str, text: str, *, indent: int = 0) -> None:
    say(f"{' ' * indent}{sign} {visible(text[:_SHOWN_WIDTH], kept='')}", fg=_COLORS[sign])


def _shown(asked: "Asked | None") -> str:
    return "" if asked is None else f"{asked.place:>4} {asked.method} {asked.path}"


def _report(comparison: "Comparison", recordings: "tuple[Recording, Recording]") -> dict[str, Any]:
    from phone_sim.recording.answers import COMPARED_HEADERS
    from phone_sim.recording.compare import have_answers

    answers = None
    if comparison.answers is not None:
        answers = {
            "compared": comparison.answers,
            "headers": COMPARED_HEADERS if have_answers(*recordings) else [],
            "headers_ignored": comparison.ignored_headers,
        }
    return {
        "same": not comparison.differences,
        "requests": [len(one.exchanges) for one in recordings],
        "answers": answers,
        "differences": [*map(_difference, comparison.differences)],
    }


def _difference(difference: "Difference") -> dict[str, Any]:
    report = {
        "kind": difference.kind.replace(" ", "_"),
        "first": _side(difference.first),
        "second": _side(difference.second),
    }
    return report | {"changes": [asdict(change) for change in difference.changes]} if difference.changes else report


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
