"""The commands that may name a fault: each is run on a boot server, and what it prints is told in stable words.

All but the fleet run in this process: Locust replaces the sockets of its own.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from click.testing import CliRunner, Result

from phone_sim.cli.main import main
from tests.faults_seen.faulty_server import PHONE, Address, Fault, serving
from tests.fleet.running import Running, completed

_NOW = "2026-03-02T08:00"
_ROOT = Path(__file__).parents[2]
_SCENARIO = """phone_sim = 1
title = "the phone boots"
start = "{now}"
timeout = {patience}
expect = "clean"

[phones.desk]

[[steps]]
boot = true
expect.features = {{ LDAP = "on" }}
"""
_TEST = """from pathlib import Path

import pytest

from phone_sim.runtime.transport import Limits, network_transport

SERVERS = {servers!r}


@pytest.mark.parametrize("number", range(len(SERVERS)))
def test_boot(phone, number):
    url, ca_file, patience = SERVERS[number]
    limits = Limits(answer=patience, transfer=12 * patience)
    desk = phone(mac={mac!r}, url=url, transport=network_transport(limits=limits, ca_file=ca_file and Path(ca_file)))
    desk.boot(expect="clean")
    assert desk.feature("LDAP").is_enabled
"""
# The head of a failure in pytest's report; the lines of an error; and, to the end, what the plugin adds.
_FAILURE = re.compile(r"^_+ test_boot\[(\d+)\] _+$")
_ERROR = re.compile(r"^E\s+")
_STORY = re.compile(r"^-+ virtual phones, ")
_ECHO = re.compile(r"^ *(phone_sim|bulletin|real phone|unknown): ")
"""A line of a log that `explain` repeats."""
_STATISTICS = re.compile(r" *(GET|PUT|BOOT|Type|Aggregated|Response|--) *")
"""A line of Locust's tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How a command ended, and the lines that it printed, its conclusion first."""

    code: int
    lines: tuple[str, ...]


def stable(text: str) -> str:
    """The text without what differs from run to run: ports, folders, measured times, and the audit's invented name."""
    text = re.sub(r"(https?)://127\.0\.0\.1:\d+/", r"\1://server/", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "server", text)
    text = re.sub(rf"{re.escape(gettempdir())}/[^\s:]*/", "", text)
    text = re.sub(r"\b[0-9a-f]{16}\.cfg", "no-such-file.cfg", text)
    return re.sub(r"\d+\.\d+ s\b", "N s", text)


def _invoked(*words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, words, prog_name="phone-sim", input=stdin)


def _heard(done: Result) -> Heard:
    """The last line of stderr is the conclusion."""
    lines = (*reversed(done.stderr.splitlines()), *done.stdout.splitlines())
    return Heard(code=done.exit_code, lines=tuple(stable(line).strip() for line in lines))


def _phone(address: Address, fault: Fault) -> tuple[str, ...]:
    """The options of the phone that boots."""
    trust = () if address.ca_file is None else ("--ca-file", str(address.ca_file))
    return ("--server", address.url, "--timeout", str(fault.patience), *trust)


def _boot(address: Address, fault: Fault, *words: str) -> Result:
    return _invoked("boot", *_phone(address, fault), "--now", _NOW, *words)


def boot(address: Address, fault: Fault) -> Heard:
    """`boot`, as it is without options."""
    return _heard(_boot(address, fault))


def clean_boot(address: Address, fault: Fault) -> Heard:
    """`boot` of somebody who wants it clean."""
    return _heard(_boot(address, fault, "--expect", "clean"))


def audit(address: Address, fault: Fault) -> Heard:
    """`audit`: what is bad."""
    trust = () if address.ca_file is None else ("--ca-file", str(address.ca_file))
    done = _invoked("audit", address.url, "--model", "SPIP_670", "--timeout", str(fault.patience), *trust)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    bad = [f"{row[0]} ({row[2]}): {row[3]}" for row in rows if len(row) == 5 and row[2]]
    return Heard(code=done.exit_code, lines=tuple(map(stable, bad)))


def _explained(done: Result) -> Heard:
    """What an explanation says in its own words."""
    own = [line for line in done.stdout.splitlines() if not _ECHO.match(line)]
    return Heard(code=done.exit_code, lines=tuple(stable(line).strip() for line in own))


def explain_log(address: Address, fault: Fault) -> Heard:
    """`explain` of the log of a phone, without its boot server."""
    return _explained(_invoked("explain", "-", stdin=_boot(address, fault).stdout))


def explain_server(address: Address, fault: Fault) -> Heard:
    """`explain` of a phone that boots."""
    return _explained(_invoked("explain", *_phone(address, fault), "--now", _NOW))


def scenario(address: Address, fault: Fault) -> Heard:
    """`scenario` with a phone that is to boot clean, with the feature on."""
    trust = () if address.ca_file is None else ("--ca-file", str(address.ca_file))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "boot.phone.toml"
        file.write_text(_SCENARIO.format(now=_NOW, patience=fault.patience))
        return _heard(_invoked("scenario", "--server", address.url, *trust, str(file)))


def fleet(address: Address, fault: Fault) -> Heard:
    """`fleet` of one phone."""
    words = ("--users", "1", "--headless", "--until-up", "--run-time", "100s", "--expect", "clean")
    done = completed(Running(*_phone(address, fault), *words))
    lines = (line for line in done.stdout.splitlines() if not _STATISTICS.match(line))
    told = tuple(stable(line).strip() for line in (*reversed(list(lines)), *done.stderr.splitlines()))
    return Heard(code=done.returncode, lines=told)


def run_pytest(addresses: Mapping[str, Address], faults: Mapping[str, Fault]) -> dict[str, Heard]:
    """One run of pytest with our plugin, with a test for each boot server, by its name."""
    servers = [
        (address.url, address.ca_file and str(address.ca_file), faults[name].patience)
        for name, address in addresses.items()
    ]
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_servers.py").write_text(_TEST.format(servers=servers, mac=PHONE.digits))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "phone_sim", "-p", "no:cacheprovider", "--rootdir", folder, folder],
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTHONPATH": str(_ROOT)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    failures = _failures(done.stdout.splitlines())
    return {
        name: Heard(code=int(number in failures), lines=tuple(failures.get(number, ())))
        for number, name in enumerate(addresses)
    }


def _failures(report: Iterable[str]) -> dict[int, list[str]]:
    """The errors of each test that failed, by its number, and what the plugin adds to them."""
    failures: dict[int, list[str]] = {}
    is_story, told = False, list[str]()
    for line in report:
        if (head := _FAILURE.match(line)) is not None:
            is_story, told = False, failures.setdefault(int(head[1]), [])
        elif _STORY.match(line):
            is_story = True
        elif is_story or _ERROR.match(line):
            told.append(stable(_ERROR.sub("", line)).strip())
    return failures


PYTEST = "pytest"
FLEET = "fleet"
IN_PROCESS: Mapping[str, Callable[[Address, Fault], Heard]] = {
    "boot": boot,
    "boot --expect clean": clean_boot,
    "audit": audit,
    "explain LOG": explain_log,
    "explain --server": explain_server,
    "scenario": scenario,
}
"""The commands that run in this process, by name."""
COMMANDS = (*IN_PROCESS, PYTEST, FLEET)
"""The names of all commands, in the order of the guide."""


def heard(command: str, fault: Fault) -> Heard:
    """What a command says of a fault, on a boot server of its own."""
    with serving(fault) as address:
        return (fleet if command == FLEET else IN_PROCESS[command])(address, fault)
