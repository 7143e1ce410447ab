"""An explanation of a log, as text and as JSON.

On a terminal, text wraps at words with a hanging indent; in a pipe each paragraph is one line.
"""

import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Any

from phone_sim.cli.output import say
from phone_sim.cli.phone_report import word
from phone_sim.fault_catalog.conclusion import FoundCause
from phone_sim.fault_catalog.explain import ExplainedLine, Explanation
from phone_sim.fault_catalog.facts import Condition, Fact, FileRole
from phone_sim.firmware.messages import Source
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.printable import visible

_LINES_SHOWN = 5
"""Maximum number of lines shown for a cause without `--all` (our choice)."""
_SOURCES = {Source.BULLETIN: "bulletin", Source.OBSERVED: "real phone", Source.OURS: "phone_sim"}
_NARROWEST = 20
_WORDING = "The wording of a line is the bulletin's, a real phone's or phone_sim's own. --all explains every line."


def print_explanation(explanation: Explanation, *, show_all: bool) -> None:
    """Print the conclusion, each cause with the lines that show it, and with `show_all` what every line means."""
    sources = {line.line: line.source for line in explanation.lines}
    conclusion = explanation.conclusion
    if len(explanation.phones) > 1:
        _print(
            f"The log has lines of {len(explanation.phones)} phones. This is about {explanation.phones[-1]}, which "
            "logged last; for another one, pass its lines alone.",
            fg="yellow",
        )
    _print(conclusion.state or conclusion.found[0].cause.what, bold=True)
    for number, found in enumerate(conclusion.found, 1):
        _print_cause(
            number,
            found,
            sources,
            is_said=found.cause.what in conclusion.state,
            limit=None if show_all else _LINES_SHOWN,
        )
    say("")
    if show_all:
        _print("Every line:")
        _print_lines(explanation.lines)
    else:
        _print(_WORDING, dim=True)


def _print_cause(
    number: int, found: FoundCause, sources: dict[str, Source | None], *, is_said: bool, limit: int | None
) -> None:
    say("")
    if not is_said:
        _print(f"{number}. {found.cause.what} [{found.cause.name}]", after=3)
    for detail in found.details[:limit]:
        _print(f"   {detail}", after=3, fg="cyan")
    _print(f"   To do: {found.cause.remedy}", after=3)
    for line in found.lines[:limit]:
        source = sources.get(line)
        _print(f"   {_SOURCES[source] if source else 'unknown'}: {line}", after=5, fg="yellow")
    if limit is not None and len(found.lines) > limit:
        _print(f"   ... and {len(found.lines) - limit} more lines (--all)", after=3, dim=True)


def _print_lines(lines: Sequence[ExplainedLine]) -> None:
    """Print every line and what it means, unless that was said for another one already."""
    said: set[str] = set()
    for line in lines:
        _print(line.line, after=2, fg=None if line.known is not None else "yellow")
        if line.known is None or line.source is None:
            _print("    not a known line", after=4, dim=True)
            continue
        if line.known.meaning not in said:
            said.add(line.known.meaning)
            _print(f"    {line.known.meaning} ({_SOURCES[line.source]})", after=4, fg="cyan")
            if line.known.remedy:
                _print(f"    To do: {line.known.remedy}", after=4)
        if line.causes:
            _print(f"    Points to: {', '.join(cause.name for cause in line.causes)}", after=4, dim=True)


def _print(text: str, *, after: int = 0, **style: Any) -> None:
    """Print a text: one line in a pipe; on a terminal it wraps, with `after` blanks before further lines."""
    shown = visible(text, kept="")
    if sys.stdout is not None and sys.stdout.isatty():
        columns = max(shutil.get_terminal_size().columns, _NARROWEST)
        indent = " " * (len(shown) - len(shown.lstrip()))
        shown = textwrap.fill(
            shown.lstrip(),
            columns,
            initial_indent=indent,
            subsequent_indent=" " * after,
            break_on_hyphens=False,
            break_long_words=False,
        )
    say(shown, **style)


def explanation_report(explanation: Explanation) -> dict[str, Any]:
    """An explanation as `--json` gives it."""
    conclusion = explanation.conclusion
    return {
        "lines": [_line_report(line) for line in explanation.lines],
        "causes": [cause.name for cause in conclusion.causes],
        "conclusion": conclusion.text,
        "state": conclusion.state,
        "found": [found.as_json() for found in conclusion.found],
        "phones": list(explanation.phones),
    }


def _line_report(line: ExplainedLine) -> dict[str, Any]:
    return {
        "line": line.line,
        "licensing": line.is_licensing,
        "source": line.source.value if line.source is not None else None,
        "meaning": line.known.meaning if line.known is not None else None,
        "remedy": line.known.remedy if line.known is not None else None,
        "causes": [cause.name for cause in line.causes],
        "fact": None if line.fact is None else _fact_report(line.fact),
    }


def _fact_report(fact: Fact) -> dict[str, Any]:
    if isinstance(fact, Condition):
        return {"kind": fact.value}
    return {"kind": word(fact)} | {one.name: _value(getattr(fact, one.name)) for one in fields(fact)}


def _value(value: Any) -> Any:
    match value:
        case FileRole() | FileProtocol():
            return value.name.lower()
        case Enum():
            return value.value
        case date():
            return value.isoformat()
    return value
