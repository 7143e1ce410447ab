"""The outcome of scenarios, for people and for programs: a line, the story of a failure, JSON, JUnit."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from phone_sim import junit
from phone_sim.findings.finding import Severity
from phone_sim.findings.github import workflow_command
from phone_sim.firmware.location import BootServerAddress
from phone_sim.printable import printable
from phone_sim.scenario.run import ScenarioOutcome, StepFailure
from phone_sim.scenario.scenario import NamedServer

LINES_SHOWN = 20
"""How much of the end of each phone's log a failure shows."""


def progress_line(outcome: ScenarioOutcome) -> str:
    """One line: ok or failed, how long it took in seconds, file and title."""
    word = "ok" if outcome.passed else "failed"
    title = printable(outcome.scenario.title)
    return f"{word:<6} {outcome.seconds:7.2f} s  {outcome.scenario.file}: {title}"


def failure_text(outcome: ScenarioOutcome) -> str:
    """What was expected and found, and the end of the log of each phone; empty when all was as expected."""
    if outcome.passed:
        return ""
    parts = [_failure(outcome, failure) for failure in outcome.failures]
    parts.append(f"boot server: {_named(outcome) or 'the embedded one'}")
    parts += [_end_of_log(name, log) for name, log in outcome.logs.items()]
    return "\n".join([*parts, f"seed: {outcome.seed}"])


def as_workflow_commands(outcome: ScenarioOutcome) -> list[str]:
    """A line for each failure, which GitHub Actions shows at the step of the scenario file."""
    return [
        workflow_command(
            Severity.ERROR,
            f"{failure.unmet.key}: expected {failure.unmet.expected}; found {failure.unmet.found}",
            title=f"{outcome.scenario.title}: step {failure.number} ({failure.step.name})",
            file=PurePath(outcome.scenario.file).as_posix(),
            line=failure.step.line,
        )
        for failure in outcome.failures
    ]


def as_json(outcome: ScenarioOutcome) -> dict[str, Any]:
    """The outcome as `--json` gives it."""
    return {
        "file": outcome.scenario.file,
        "title": outcome.scenario.title,
        "passed": outcome.passed,
        "seconds": round(outcome.seconds, 3),
        "seed": outcome.seed,
        "server": _named(outcome),
        "failures": [
            {
                "step": failure.number,
                "line": failure.step.line,
                "action": failure.step.name,
                "phone": failure.phone,
                "key": failure.unmet.key,
                "expected": failure.unmet.expected,
                "found": failure.unmet.found,
            }
            for failure in outcome.failures
        ],
        "logs": {name: log.splitlines() for name, log in outcome.logs.items()},
    }


def as_junit(outcomes: Sequence[ScenarioOutcome]) -> bytes:
    """The outcomes as a JUnit XML file: a suite with a case for each scenario."""
    return junit.as_junit("phone-sim scenario", [_case(outcome) for outcome in outcomes])


def _case(outcome: ScenarioOutcome) -> junit.JunitCase:
    first = _failure(outcome, outcome.failures[0]) if outcome.failures else ""
    return junit.JunitCase(
        classname=outcome.scenario.file,
        name=outcome.scenario.title,
        failure="; ".join(line.strip() for line in first.splitlines()),
        details=failure_text(outcome),
        seconds=outcome.seconds,
    )


def _named(outcome: ScenarioOutcome) -> str | None:
    """The addresses of the named boot server, without user and password; None for the embedded one."""
    server = outcome.scenario.server
    return (
        " ".join(each.root for each in BootServerAddress.parse_all(server.url))
        if isinstance(server, NamedServer)
        else None
    )


def _failure(outcome: ScenarioOutcome, failure: StepFailure) -> str:
    where = f"{outcome.scenario.file}:{failure.step.line}: step {failure.number} ({failure.step.name})"
    who = f", phone {failure.phone}" if failure.phone else ""
    return f"{where}{who}: {failure.unmet.key}\n  expected: {failure.unmet.expected}\n  found:    {failure.unmet.found}"


def _end_of_log(name: str, log: str) -> str:
    lines = log.splitlines()
    left_out = f", {len(lines) - LINES_SHOWN} lines before are left out" if len(lines) > LINES_SHOWN else ""
    return "\n".join([f"log of {name}{left_out}:", *(f"  {line}" for line in lines[-LINES_SHOWN:] or ["nothing"])])
