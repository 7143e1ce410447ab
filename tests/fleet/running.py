"""A fleet as a process, told by words and heard by what it says; and a site for it on nginx."""

import json
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self, TypeVar

from prometheus_client.parser import text_string_to_metric_families

from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.licensing.license_file import write
from tests.fleet.forked import STDERR, STDOUT, ForkedProcess

BOUND = 120.0
UNTIL_UP = ("--headless", "--until-up", "--run-time", "100s", "--timeout", "60", "--json")


def make_site(root: Path, licensed: int) -> None:
    """A site that wants the corporate directory, with licenses for the first phones, and a place for logs."""
    root.mkdir()
    (root / "000000000000.cfg").write_bytes(b'<APPLICATION CONFIG_FILES="site.cfg" LOG_FILE_DIRECTORY="logs"/>')
    (root / "site.cfg").write_bytes(b'<site feature.corporateDirectory.enabled="1"/>')
    for number in range(1, licensed + 1):
        mac = f"0004f2{number:06x}"
        (root / f"{mac}-license.cfg").write_bytes(write([phone_key(mac)]))


class Running:
    """`phone-sim fleet` with these words, or another module with words of its own, until the end of the context."""

    def __init__(self, *words: str, module: str = "phone_sim", cwd: Path = Path()) -> None:
        self._folder = TemporaryDirectory()
        self._left = Path(self._folder.name)
        self._stderr = self._left / STDERR
        self._stderr.touch()
        self.said = ""
        """What it has printed on stderr, as far as somebody has waited for it."""
        verb = ("fleet",) if module == "phone_sim" else ()
        self.process = ForkedProcess(module, *verb, *words, left=self._left, cwd=cwd.absolute())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(BOUND)
        self._folder.cleanup()

    def hear(self, pattern: str) -> str:
        """Wait for a line on stderr; the first group of the pattern in it."""
        end = time.monotonic() + BOUND
        while True:
            assert time.monotonic() < end, f"no line with {pattern!r} in: {self.said}"
            has_ended = self.process.returncode is not None
            self.said = self._stderr.read_text()
            if (found := re.search(f"{pattern}.*\n", self.said)) is not None:
                break
            assert not has_ended, f"it has ended: {self.said}"
            time.sleep(0.05)
        return found[1] if found.groups() else found[0]

    def ended(self) -> tuple[int, str]:
        """Its exit code and stdout, when it ends."""
        code = self.process.wait(BOUND)
        self.said = self._stderr.read_text()
        return code, (self._left / STDOUT).read_text()


def completed(running: Running) -> "subprocess.CompletedProcess[str]":
    """Let it end; what there is then, as `subprocess.run` has it."""
    with running as run:
        code, out = run.ended()
        return subprocess.CompletedProcess("fleet", code, out, run.said)


Ended = TypeVar("Ended")


def given_time(run: Callable[[str], Ended], are_up: Callable[[Ended], bool], *, first: str = "4s") -> Ended:
    """What a run of some seconds comes to; on a machine so busy that its phones are not up by then, of a longer one."""
    for seconds in (first, "20s", "60s"):
        ended = run(seconds)
        if are_up(ended):
            break
    return ended


Outcome = tuple[int, dict[str, Any]]


def outcome(*words: str) -> Outcome:
    """The exit code and the result of `phone-sim fleet` with these words, which include `--json`."""
    with Running(*words) as run:
        code, out = run.ended()
    assert out, run.said
    return code, json.loads(out)


def metrics(url: str) -> dict[tuple[str, ...], float]:
    """The metrics at an address, read by Prometheus' own parser: name and values of the labels, and the number."""
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (sample.name, *sample.labels.values()): float(sample.value) for family in families for sample in family.samples
    }


def asked(url: str) -> dict[str, Any]:
    """The JSON at an address."""
    with urllib.request.urlopen(url, timeout=BOUND) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def posted(url: str, **fields: str) -> dict[str, Any]:
    """The JSON that a program gets for a form, which it sends as a page of the same server would."""
    own = {"Origin": "/".join(url.split("/")[:3])}
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode(), headers=own)
    with urllib.request.urlopen(request, timeout=BOUND) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + BOUND
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    """True for a process that has not ended; one that nobody has waited for has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
