"""The guide of faults, `phone_sim/guide/faults_seen.md`. `python -m tests.faults_seen.guide_page` writes it.

Each fault is planted, each command is run, and what it says of the fault is what it says there and not of the server in
order.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from tests.faults_seen.commands import COMMANDS, FLEET, IN_PROCESS, PYTEST, Heard, heard, run_pytest
from tests.faults_seen.faults import FAULTS
from tests.faults_seen.faulty_server import Fault, serving

PAGE = Path(__file__).parents[2] / "phone_sim/guide/faults_seen.md"
_WIDTH = 200
_FLEETS_AT_ONCE = 4
"""As many as wait for one another on two cores; each is a process."""
IN_ORDER = (Fault(name="in-order"), Fault(name="in-order-https", by_https=True))
"""The servers without a fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command says of a fault: how it ends, and the words that name it, empty if none do."""

    code: int
    words: str


Table = Mapping[str, Mapping[str, Said]]
"""What each command, by name, says of each fault, by name."""


def listen() -> dict[str, dict[str, Heard]]:
    """What each command prints for each fault, and for the servers without one."""
    faults = {one.name: one for one in (*IN_ORDER, *FAULTS)}
    with ThreadPoolExecutor(_FLEETS_AT_ONCE) as pool, ExitStack() as stack:
        fleets = {name: pool.submit(heard, FLEET, fault) for name, fault in faults.items()}
        addresses = {name: stack.enter_context(serving(fault)) for name, fault in faults.items()}
        tests = pool.submit(run_pytest, addresses, faults)
        found = {name: {command: heard(command, fault) for command in IN_PROCESS} for name, fault in faults.items()}
        for name, of_commands in found.items():
            of_commands |= {PYTEST: tests.result()[name], FLEET: fleets[name].result()}
    return found


def said(fault: Fault, all_heard: Mapping[str, Mapping[str, Heard]]) -> dict[str, Said]:
    """What each command says of a fault: the first line with its clue that it does not print without the fault."""
    usual = all_heard[IN_ORDER[fault.by_https].name]
    told = {}
    for command in COMMANDS:
        one = all_heard[fault.name][command]
        new = (line for line in one.lines if line not in usual[command].lines)
        words = next((line for line in new if re.search(fault.clue, line)), "")
        told[command] = Said(code=one.code, words=words)
    return told


def table() -> dict[str, dict[str, Said]]:
    """What each command says of each fault, by names."""
    all_heard = listen()
    return {fault.name: said(fault, all_heard) for fault in FAULTS}


def as_markdown(found: Table, faults: Sequence[Fault] = FAULTS) -> str:
    """The guide: a table of all faults, then a table for each.

    Raises:
        ValueError: a command does not name a fault and no reason is given, or it names it in spite of a reason.
    """
    rows = [
        [f"[{fault.name}](#{fault.name})", *(_short(found[fault.name][command]) for command in COMMANDS)]
        for fault in faults
    ]
    parts = [_HEAD, _rows(["fault", *(f"`{command}`" for command in COMMANDS)], rows)]
    for fault in faults:
        cells = [
            [f"`{command}`", str(one.code), _cell(fault, command, one)] for command, one in found[fault.name].items()
        ]
        parts.append(f"## {fault.name}\n\n{fault.what}\n\n{_rows(['command', 'exit code', 'what it says'], cells)}")
    return "\n".join(parts)


def _short(one: Said) -> str:
    return f"{'yes' if one.words else 'no'}, {one.code}"


def _cell(fault: Fault, command: str, one: Said) -> str:
    reason = fault.unnamed.get(command, "")
    if bool(one.words) is bool(reason):
        raise ValueError(f"{fault.name}, {command}: it says {one.words!r}, and the reason is {reason!r}")
    if reason:
        return f"Nothing of it: {reason}"
    words = shorten(one.words, _WIDTH, placeholder=" ...").replace("|", "\\|")
    return f"`` {words} ``" if "`" in words else f"`{words}`"


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


_HEAD = """# Faults of boot servers, and which command names them

A small boot server has one fault at a time, and each command is run against it. A test makes this page, and fails when
a command says something else.

- The phone is a SPIP_670 with UC Software 3.3.0. Its site switches the corporate directory on, and has a license for
  it and a contact directory.
- `boot` runs without options and with `--expect clean`; `scenario`, `pytest` and `fleet` expect a clean boot too, and
  the first two also that the feature is on. `fleet` has one phone.
- `explain LOG` reads the log of that boot and knows nothing else; `explain --server` lets the phone boot.
- What is shown is the first line that names the fault and that the command does not print for the same site without a
  fault, cut after 200 characters. `server` stands for host and port, `N s` for a measured time, and `no-such-file` for
  a name that the audit invents.

Each cell of this table says whether the command names the fault, and its exit code. `audit` ends with 1 for an error
(`--fail-on` sets another severity), and `explain` with 0 whenever it can explain.
"""


if __name__ == "__main__":
    PAGE.write_text(as_markdown(table()))
