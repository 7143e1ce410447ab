"""`phone-sim explain`: what a phone's log says of its licenses."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.fault_catalog.causes import Cause
    from phone_sim.fault_catalog.explain import ExplainedLine
    from phone_sim.firmware.messages import Message

_LIMIT = 16 * 1024 * 1024


@click.command(short_help="Say what a phone's log means, why, and what to do.")
@click.argument("log", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--all", "show_all", is_flag=True, help="Explain every line, not only those about licenses.")
@json_option
def command(log: Path, show_all: bool, as_json: bool) -> None:
    """Say what a phone's LOG means, why that is so, and what to do. `-` reads it from stdin.

    The log may be ours or a real phone's, in either width of the component field, and folded by a mail program. Each
    line about licenses gets its meaning and its causes, the likeliest first; a conclusion stands at the end. Ends with
    1 when no line is a line of a phone's log.

    Example: phone-sim reproduce one-byte-changed | phone-sim explain -
    """
    from phone_sim.cli.phone_report import print_json
    from phone_sim.errors import PhoneSimError, UsageError
    from phone_sim.fault_catalog.explain import conclusion, explain, likely_causes

    with click.open_file(str(log), "rb") as file:
        data = file.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise UsageError(f"{log} has more than {_LIMIT} bytes")
    lines = explain(data.decode("utf-8-sig", "replace"))
    if not lines:
        raise PhoneSimError(f"{log}: no line of a phone's log is in it, such as 0101070000|lic |4|03|...")
    if as_json:
        causes = [cause.name for cause in likely_causes(lines)]
        print_json({"lines": [_report(line) for line in lines], "causes": causes, "conclusion": conclusion(lines)})
        return
    likely = likely_causes(lines)
    explained: set[Message | None] = set()
    for line in lines:
        if show_all or line.is_licensing:
            _print(line, likely, brief=line.message in explained)
            explained.add(line.message)
    say(f"\n{conclusion(lines)}", bold=True)


def _print(line: "ExplainedLine", likely: "tuple[Cause, ...]", *, brief: bool) -> None:
    """Print a line and what it means, unless that was said of another one already."""
    from phone_sim.cli.phone_report import print_log_line

    print_log_line(line.line)
    if line.known is None:
        say("    not a known line", dim=True)
    if line.known is None or brief:
        return
    say(f"    {line.known.meaning}", fg="cyan")
    # What the whole log makes likely comes first.
    for cause in sorted(line.known.causes, key=lambda cause: cause not in likely):
        say(f"    - {cause.what} {cause.remedy}")


def _report(line: "ExplainedLine") -> dict[str, Any]:
    known = line.known
    return {
        "line": line.line,
        "licensing": line.is_licensing,
        "source": known.message.source.value if known is not None else None,
        "meaning": known.meaning if known is not None else None,
        "causes": [cause.name for cause in known.causes] if known is not None else [],
    }
