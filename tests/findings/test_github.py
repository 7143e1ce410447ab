"""Findings as workflow commands: the runner reads back what was meant, and no text starts a command of its own."""

import re

import pytest

from phone_sim.findings.finding import Finding, Place
from phone_sim.findings.github import as_workflow_command
from phone_sim.findings.rules import RULES


def read_back(line: str) -> tuple[str, dict[str, str], str]:
    """The command, its properties and its message, as the runner of GitHub Actions reads a line."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found is not None

    def plain(text: str) -> str:
        for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(escape, character)
        return text

    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {name: plain(value) for name, value in properties.items()}, plain(found[3])


@pytest.mark.parametrize("line", [None, 12])
@pytest.mark.parametrize("file", ["site/a.cfg", "a,b::error file=x::c%0A.cfg", "a\r\n::stop-commands::x"])
def test_runner_reads_back_place_rule_and_message(file: str, line: int | None) -> None:
    rule = RULES["license-expired"]
    message = "50% of\r\n::add-mask::it"
    written = as_workflow_command(Finding(rule=rule, place=Place(file=file, line=line), message=message))
    command, properties, text = read_back(written)
    assert command == "error"
    assert properties == {"file": file, "title": rule.code} | ({} if line is None else {"line": "12"})
    assert text == f"{message}. {rule.remedy}"


def test_severity_is_the_command_and_terminals_obey_nothing() -> None:
    lines = [
        as_workflow_command(Finding(rule=RULES[code], place=Place(file="a"), message="\x1b[2J"))
        for code in ("license-expires-soon", "license-no-keys", "license-expired")
    ]
    assert [read_back(line)[0] for line in lines] == ["notice", "warning", "error"]
    assert all(line.isprintable() for line in lines)
