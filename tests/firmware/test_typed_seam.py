"""What the type checker refuses between a flow, its effects and whoever performs them.

Each snippet has one fault, and all are checked in one run. The faulty performers are the real one with a line changed.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from phone_sim.firmware import effects
from phone_sim.firmware.asking import Ask
from phone_sim.firmware.effects import Effect
from phone_sim.runtime import performer

ROOT = Path(__file__).parents[2]
PERFORMER = Path(performer.__file__).read_text()
EFFECTS = [effect.__name__ for effect in get_args(Effect)]
NOT_PERFORMED = 'Argument 1 to "assert_never" has incompatible type "{}"; expected "Never"  [arg-type]'

FLOWS = {
    "forgotten_await": ("    Show(Frame())", 'Value of type "Show" must be used  [unused-awaitable]'),
    "forgotten_await_of_a_flow": (
        "    flow()",
        'Value of type "Coroutine[Any, Any, None]" must be used  [unused-coroutine]',
    ),
    "reply_forgotten": (
        "    reading: ClockReading = ReadClock()",
        'Incompatible types in assignment (expression has type "ReadClock", variable has type "ClockReading")'
        "  [assignment]",
    ),
    "reply_of_another_effect": (
        "    reply: Written = await ReadClock()",
        'Incompatible types in assignment (expression has type "ClockReading", variable has type "Written")'
        "  [assignment]",
    ),
    "reply_not_narrowed": (
        "    contents: FlashContents = await ReadFlash()",
        'Incompatible types in assignment (expression has type "FlashContents | FlashDamaged | FlashUnreadable", '
        'variable has type "FlashContents")  [assignment]',
    ),
    "effect_that_nobody_knows": (
        "    class Beep(Ask[None]): ...\n    await Beep()",
        'Invalid self argument "Beep" to attribute function "__await__"',
    ),
}
FLOW = """
from phone_sim.firmware.asking import Ask
from phone_sim.firmware.effects import ClockReading, ReadClock, ReadFlash, Show, Written
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.screen import Frame

async def flow() -> None:
"""
WRONG_REPLIES = {
    "no_reading": ("ClockReading(self._clock.now())", "self._clock.now()"),
    "no_flash": ("self._flash.read()", "None"),
    "bare_bytes_of_the_log": ("self._log.contents(effect.stage)", "self._log.contents(effect.stage).pending"),
    "no_lease": ("self._network.lease(effect) if self._network.lease else NotConnected()", "None"),
}
REFUSED_REPLY = 'Cannot infer value of type parameter "Reply" of "answer"  [misc]'


def without_case(name: str) -> str:
    """The performer that forgets an effect."""
    changed, count = re.subn(rf"            case {name}\(\):\n(?:                .*\n)+", "", PERFORMER)
    assert count == 1
    return changed


def with_line_changed(old: str, new: str) -> str:
    """The performer with another reply."""
    assert PERFORMER.count(old) == 1
    return PERFORMER.replace(old, new)


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each snippet, by its name."""
    folder = tmp_path_factory.mktemp("snippets")
    snippets = {name: FLOW + body for name, (body, _) in FLOWS.items()}
    snippets |= {f"performer_without_{name}": without_case(name) for name in EFFECTS}
    snippets |= {name: with_line_changed(*change) for name, change in WRONG_REPLIES.items()}
    snippets["right"] = FLOW + "    await Show(Frame())"
    snippets["performer_as_it_is"] = PERFORMER
    for name, text in snippets.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--follow-imports=silent"]
    found = subprocess.run(
        [*command, "--cache-dir", str(folder / "cache"), *(str(folder / f"{name}.py") for name in snippets)],
        cwd=ROOT,
        env={"MYPYPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found.stdout + found.stderr
    refused: dict[str, list[str]] = {name: [] for name in snippets}
    for line in found.stdout.splitlines():
        if match := re.match(r"(.+)\.py:\d+: error: (.*)", line):
            refused[Path(match[1]).name].append(match[2])
    return refused


@pytest.mark.slow
def test_what_is_right_is_taken(refusals: dict[str, list[str]]) -> None:
    assert refusals["right"] == refusals["performer_as_it_is"] == []


@pytest.mark.parametrize("name", FLOWS)
def test_faulty_flow_is_refused_for_its_fault(refusals: dict[str, list[str]], name: str) -> None:
    (said,) = refusals[name]
    assert said.startswith(FLOWS[name][1])


@pytest.mark.parametrize("effect", EFFECTS)
def test_effect_that_is_not_performed_is_refused(refusals: dict[str, list[str]], effect: str) -> None:
    assert refusals[f"performer_without_{effect}"] == [NOT_PERFORMED.format(effect)]


@pytest.mark.parametrize("name", WRONG_REPLIES)
def test_wrong_reply_is_refused(refusals: dict[str, list[str]], name: str) -> None:
    assert refusals[name] == [REFUSED_REPLY]


def test_every_effect_there_is_can_be_awaited() -> None:
    """Whatever is derived from `Ask` is a member of `Effect`."""
    assert {found.__name__ for found in Ask.__subclasses__()} == set(EFFECTS)
    assert effects.Effect is Effect
