"""Whether what was seen of a phone is what was expected, and how it differs.

Pure: this module does not know how a phone is run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.boot_judgment import BootShortcoming
from phone_sim.firmware.features import Gate, NotCovered, gate_reason
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.parameters.provenance import Setting
from phone_sim.firmware.screen import Frame
from phone_sim.scenario.scenario import Expectation, ExpectedRequests


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a phone since the last action began; it has `gates` and `parameters` once it has booted.

    `shortcomings` are those of a boot since then, by the expectation of the step.
    """

    requests: Sequence[str]
    uploads: Sequence[str]
    gates: Mapping[str, Gate]
    log: Sequence[str]
    reboots: Sequence[str]
    screen: Frame
    licenses: Frame
    state: State
    parameters: Mapping[str, Setting] = field(default_factory=dict)
    shortcomings: Sequence[BootShortcoming] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """An expectation that is not met: its key, what was expected and what was found, in words."""

    key: str
    expected: str
    found: str


def unmet(expectation: Expectation, seen: Seen) -> list[Unmet]:
    """The expectations that are not met; none when all is as expected."""
    return [
        *_boot(expectation.boot, seen.shortcomings),
        *_requests(expectation.requests, seen.requests),
        *_forbidden_requests(expectation.no_requests, seen.requests),
        *_uploads(expectation.uploads, seen.uploads),
        *_features(expectation.features, seen),
        *_parameters(expectation.parameters, seen),
        *_log(expectation.log, seen.log),
        *_absent_texts(expectation.not_log, seen.log),
        *_reboots(expectation.reboots, seen.reboots),
        *_shown("screen", expectation.screen, seen.screen),
        *_shown("licenses", expectation.licenses, seen.licenses),
        *_state(expectation.state, seen.state),
    ]


def _boot(expected: BootExpectation | None, found: Sequence[BootShortcoming]) -> list[Unmet]:
    if expected is None or not found:
        return []
    return [Unmet(key="boot", expected=expected.value, found="; ".join(map(str, found)))]


def _requests(expected: ExpectedRequests | None, found: Sequence[str]) -> list[Unmet]:
    if expected is None:
        return []
    if expected.whole:
        met = tuple(found) == expected.paths
    else:
        left = iter(found)
        met = all(path in left for path in expected.paths)
    how = "exactly, in this order: " if expected.whole else "in this order, others between: "
    return [] if met else [Unmet(key="requests", expected=how + _list(expected.paths), found=_list(found))]


def _forbidden_requests(patterns: Sequence[str], found: Sequence[str]) -> list[Unmet]:
    wrong = [path for path in found if any(fnmatchcase(path, pattern) for pattern in patterns)]
    return [Unmet(key="no_requests", expected=f"none of {_list(patterns)}", found=_list(wrong))] if wrong else []


def _uploads(patterns: Sequence[str], found: Sequence[str]) -> list[Unmet]:
    missing = [pattern for pattern in patterns if not any(fnmatchcase(path, pattern) for path in found)]
    return [Unmet(key="uploads", expected=f"an upload of {pattern}", found=_list(found)) for pattern in missing]


def _features(expected: Mapping[str, bool], seen: Seen) -> list[Unmet]:
    wrong = []
    for key, on in expected.items():
        gate = seen.gates.get(key)
        if gate is None:
            found = f"no features, the phone is {seen.state.value}"
        elif isinstance(gate, NotCovered):
            found = f"not known: {gate.reason}"
        elif gate.is_enabled != on:
            found = f"{'on' if gate.is_enabled else 'off'}: {gate_reason(gate, seen.parameters)}"
        else:
            continue
        wrong.append(Unmet(key=f"features.{key}", expected="on" if on else "off", found=found))
    return wrong


def _parameters(expected: Mapping[str, str], seen: Seen) -> list[Unmet]:
    wrong = []
    for name, value in expected.items():
        try:
            setting = seen.parameters[name]
        except KeyError:
            found = f"no file sets it, the phone is {seen.state.value}"
        else:
            if setting.value == value:
                continue
            found = str(setting)
        wrong.append(Unmet(key=f"parameters.{name}", expected=repr(value), found=found))
    return wrong


def _log(expected: Sequence[str], found: Sequence[str]) -> list[Unmet]:
    missing = [text for text in expected if not any(text in line for line in found)]
    return [
        Unmet(key="log", expected=f"a line with {text!r}", found=f"{len(found)} lines without it") for text in missing
    ]


def _shown(key: str, expected: Sequence[str], found: Frame) -> list[Unmet]:
    missing = [text for text in expected if not found.shows(text)]
    lines = _list((found.title, *found.lines))
    return [Unmet(key=key, expected=f"a line with {text!r}", found=lines) for text in missing]


def _absent_texts(unwanted: Sequence[str], found: Sequence[str]) -> list[Unmet]:
    lines = ((text, next((line for line in found if text in line), None)) for text in unwanted)
    return [
        Unmet(key="not_log", expected=f"no line with {text!r}", found=line) for text, line in lines if line is not None
    ]


def _reboots(expected: int | None, found: Sequence[str]) -> list[Unmet]:
    if expected is None or expected == len(found):
        return []
    reasons = f" ({', '.join(dict.fromkeys(found))})" if found else ""
    return [Unmet(key="reboots", expected=str(expected), found=f"{len(found)}{reasons}")]


def _state(expected: State | None, found: State) -> list[Unmet]:
    if expected is None or expected is found:
        return []
    return [Unmet(key="state", expected=expected.value, found=found.value)]


def _list(texts: Sequence[str]) -> str:
    return ", ".join(texts) if texts else "nothing"
