"""The outcome of scenarios, for people and for programs: a line, the story of a failure, JSON, JUnit."""

import re
from collections.abc import Sequence
from typing import Any

from lxml import etree

from phone_sim.firmware.location import BootServer
from phone_sim.printable import printable
from phone_sim.scenario.case import NamedServer
from phone_sim.scenario.run import ScenarioOutcome, StepFailure

LINES_SHOWN = 20
"""How much of the end of each phone's log a failure shows."""
# What XML 1.0 has no way to write.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    """The outcomes as a JUnit XML file, in the form that CI servers read: a suite with a case for each scenario."""
    failed = sum(not outcome.passed for outcome in outcomes)
    seconds = f"{sum(outcome.seconds for outcome in outcomes):.3f}"
    counts = {"tests": str(len(outcomes)), "failures": str(failed), "errors": "0", "time": seconds}
    suites = etree.Element("testsuites", counts)
    suite = etree.SubElement(suites, "testsuite", counts | {"name": "phone-sim scenario"})
    for outcome in outcomes:
        about = {"classname": outcome.scenario.file, "name": outcome.scenario.title, "time": f"{outcome.seconds:.3f}"}
        case = etree.SubElement(suite, "testcase", {key: _xml_text(value) for key, value in about.items()})
        if outcome.failures:
            message = "; ".join(line.strip() for line in _failure(outcome, outcome.failures[0]).splitlines())
            failure = etree.SubElement(case, "failure", {"message": _xml_text(message)})
            failure.text = _xml_text(failure_text(outcome))
    return etree.tostring(suites, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _named(outcome: ScenarioOutcome) -> str | None:
    """The addresses of the named boot server, without user and password; None for the embedded one."""
    server = outcome.scenario.server
    return " ".join(each.root for each in BootServer.parse_all(server.url)) if isinstance(server, NamedServer) else None


def _failure(outcome: ScenarioOutcome, failure: StepFailure) -> str:
    where = f"{outcome.scenario.file}:{failure.step.line}: step {failure.number} ({failure.step.name})"
    who = f", phone {failure.phone}" if failure.phone else ""
    return f"{where}{who}: {failure.unmet.key}\n  expected: {failure.unmet.expected}\n  found:    {failure.unmet.found}"


def _end_of_log(name: str, log: str) -> str:
    lines = log.splitlines()
    left_out = f", {len(lines) - LINES_SHOWN} lines before are left out" if len(lines) > LINES_SHOWN else ""
    return "\n".join([f"log of {name}{left_out}:", *(f"  {line}" for line in lines[-LINES_SHOWN:] or ["nothing"])])


def _xml_text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
