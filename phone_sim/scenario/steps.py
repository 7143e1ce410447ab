"""Reading the steps of a scenario file, each with one action, with expectations, or with both.

    [[steps]]
    boot = true                    # also: reboot, call, hangup, cut_power, power_on, check_sync, server_down,
    phone = "desk"                 #       server_up, clear_faults (each `= true`)
    expect.features = { LDAP = "on" }

    [[steps]]
    run_until = "2027-01-01T02:00:02"    # also: run_for = "1d12h30m", set_clock = "2026-03-02T08:00",
    expect.reboots = 0                   #       put = { "site.cfg" = "..." }, remove = "site.cfg",
                                         #       license = { features = ["LDAP"] }, add_fault = "503 nth=1",
                                         #       press = ["menu", "down", "select"], or one key,
                                         #       change = { "lcl.datetime.time.24HourClock" = "0" }, web_change = ...,
                                         #       add_contact = { number = "1001", last_name = "Doe" }

`phone` is who it happens to and who the expectations are about; without it, each phone. An expectation is about what
happened since the last action began, so that steps without one can tell phones apart: `boot` (`booted`, `configured`,
`clean`, `licensed`, or `any` for a boot that is not judged; without it, what the head of the file says), `requests`
(exactly these paths, in this order; `{ contains = [...] }` allows others between), `no_requests` (true, or patterns),
`uploads` (patterns, each of which a file matches that the server took),
`features`, `parameters` (`{ "reg.1.address" = "1234" }`), `log`, `not_log`, `reboots`, `screen`, `licenses`, `state`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from phone_sim.boot_server.faults import FaultRule
from phone_sim.boot_server.site import locate
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.features import feature_named
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import parse_press
from phone_sim.firmware.lifecycle import State
from phone_sim.runtime.model_files import load_features
from phone_sim.scenario.licenses import activation_files
from phone_sim.scenario.scenario import (
    Action,
    AddContact,
    AddFault,
    ChangeParameters,
    ClockChange,
    Expectation,
    ExpectedRequests,
    PhoneEvent,
    PressKeys,
    Protocol,
    Put,
    Remove,
    RunFor,
    RunUntil,
    ScenarioPhone,
    ScenarioStep,
    ServerEvent,
)
from phone_sim.toml_table import Table

REBOOT_LIMIT = 1_000_000
ANY_BOOT = "any"
SPAN_LIMIT = timedelta(days=3660)
_SPAN = re.compile("(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_EVENTS: Mapping[str, PhoneEvent | ServerEvent] = {event.value: event for event in (*PhoneEvent, *ServerEvent)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReferences:
    """What a step can refer to: the phones by name, how they reach the boot server, and what is expected of boots."""

    phones: Mapping[str, ScenarioPhone]
    protocol: Protocol
    boot: BootExpectation | None


def read_step(table: Table, references: StepReferences) -> ScenarioStep:
    """The step in a table. Raises UsageError."""
    table.only((*_ACTIONS, "phone", "expect"))
    named = [name for name in _ACTIONS if name in table.values]
    if len(named) > 1:
        raise table.error(named[1], f"a step has one action, and this one has {named[0]}")
    if not named and "expect" not in table.values:
        raise table.error(None, f"a step needs an action ({', '.join(_ACTIONS)}) or expect")
    if "phone" in table.values:
        who: tuple[str, ...] = (table.choice("phone", references.phones),)
    else:
        who = tuple(references.phones)
    return ScenarioStep(
        name=named[0] if named else "expect",
        line=table.line,
        action=_ACTIONS[named[0]](table, named[0], references) if named else None,
        phones=who,
        expectation=_expectation(table.table("expect", Expectation.__slots__, {}), references.boot if named else None),
    )


def read_files(table: Table) -> dict[str, bytes]:
    """The files that a table names, by path without a leading slash. Raises UsageError."""
    files: dict[str, bytes] = {}
    for path in table.values:
        segments = locate(path)
        if segments is None:
            raise table.error(path, f"{path!r} names no file below the root of the boot server")
        files["/".join(segments)] = table.any_text(path).encode()
    return files


def check_fault(table: Table, key: str, rule: str, protocol: Protocol) -> str:
    """The rule, if it is one and can be done. Raises UsageError."""
    if protocol is Protocol.MEMORY:
        raise table.error(key, 'faults need a protocol: allowed with protocol = "http", "https" or "tftp"')
    table.convert(key, lambda: FaultRule.parse(rule))
    return rule


def _event(table: Table, key: str, _: StepReferences) -> Action:
    if table.values[key] is not True:
        raise table.refusal(key, "true")
    return _EVENTS[key]


def _keys(table: Table, key: str, _: StepReferences) -> Action:
    names = table.texts(key)
    if not names:
        raise table.error(key, "at least one key is needed")
    return PressKeys(keys=tuple(table.convert(key, partial(parse_press, name)) for name in names))


def _changes(table: Table, key: str, origin: Origin) -> Action:
    names = table.table(key)
    if not names.values:
        raise table.error(key, "at least one parameter is needed")
    return ChangeParameters(values={name: names.any_text(name) for name in names.values}, origin=origin)


def _contact(table: Table, key: str, _: StepReferences) -> Action:
    contact = table.table(key, ("number", "last_name", "first_name"))
    last_name, first_name = (
        contact.any_text(name) if name in contact.values else "" for name in ("last_name", "first_name")
    )
    return AddContact(number=contact.text("number"), last_name=last_name, first_name=first_name)


def _span(table: Table, key: str, _: StepReferences) -> Action:
    text = table.text(key)
    found = _SPAN.fullmatch(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta() < span <= SPAN_LIMIT:
        raise table.error(key, f"{text!r} is no span of time such as 7d, 1d12h or 90s, up to {SPAN_LIMIT.days}d")
    return RunFor(span=span)


SERVER_ACTIONS = ("put", "license", "remove", "add_fault", *(event.value for event in ServerEvent))
"""The actions that only the embedded boot server can be asked for."""
_ACTIONS: Mapping[str, Callable[[Table, str, StepReferences], Action]] = {
    **dict.fromkeys(_EVENTS, _event),
    "press": _keys,
    "change": lambda table, key, _: _changes(table, key, Origin.PHONE),
    "add_contact": _contact,
    "web_change": lambda table, key, _: _changes(table, key, Origin.WEB),
    "put": lambda table, key, _: Put(files=read_files(table.table(key))),
    "license": lambda table, key, references: Put(files=activation_files(table.tables(key), references.phones)),
    "remove": lambda table, key, _: Remove(path=table.text(key)),
    "add_fault": lambda table, key, references: AddFault(
        rule=check_fault(table, key, table.text(key), references.protocol)
    ),
    "set_clock": lambda table, key, _: ClockChange(to=table.instant(key)),
    "run_until": lambda table, key, _: RunUntil(instant=table.instant(key)),
    "run_for": _span,
}


def read_boot_expectation(table: Table, key: str, default: BootExpectation | None) -> BootExpectation | None:
    """What a table expects of boots, None for anything. Raises UsageError."""
    if key not in table.values:
        return default
    word = table.choice(key, [*(one.value for one in BootExpectation), ANY_BOOT])
    return None if word == ANY_BOOT else BootExpectation(word)


def _expectation(table: Table, boot: BootExpectation | None) -> Expectation:
    return Expectation(
        boot=read_boot_expectation(table, "boot", boot),
        requests=_requests(table),
        no_requests=("*",) if table.values.get("no_requests") is True else table.texts("no_requests"),
        uploads=table.texts("uploads"),
        features=_features(table.table("features", default={})),
        parameters=_parameters(table.table("parameters", default={})),
        log=table.texts("log"),
        not_log=table.texts("not_log"),
        reboots=table.whole("reboots", high=REBOOT_LIMIT) if "reboots" in table.values else None,
        screen=table.texts("screen"),
        licenses=table.texts("licenses"),
        state=State(table.choice("state", [state.value for state in State])) if "state" in table.values else None,
    )


def _requests(table: Table) -> ExpectedRequests | None:
    if "requests" not in table.values:
        return None
    if isinstance(table.values["requests"], dict):
        return ExpectedRequests(paths=table.table("requests", ("contains",)).texts("contains"), whole=False)
    return ExpectedRequests(paths=table.texts("requests"), whole=True)


def _parameters(table: Table) -> dict[str, str]:
    return {name: table.text(name) for name in table.values}


def _features(table: Table) -> dict[str, bool]:
    there = load_features()
    features: dict[str, bool] = {}
    for name in table.values:
        feature = table.convert(name, partial(feature_named, name, there))
        if feature.key in features:
            raise table.error(name, f"{feature.key} is expected twice")
        features[feature.key] = table.choice(name, ("on", "off")) == "on"
    return features
