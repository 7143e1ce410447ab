"""What a scenario file says, as values: phones, a boot server, and steps with what is expected of each.

This module does not know TOML, nor how a step is done. Times are aware and in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import Press
from phone_sim.firmware.lifecycle import State
from phone_sim.mac_address import MacAddress


class Protocol(Enum):
    """How the phones reach the embedded boot server: over real sockets on the loopback address, or without any."""

    HTTP = "http"
    HTTPS = "https"
    TFTP = "tftp"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServer:
    """A boot server that is made for the scenario: what it holds at first, and how it goes wrong."""

    protocol: Protocol
    files: Mapping[str, bytes]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedServer:
    """A boot server of the user's, and how phones reach it; its files and its life are its owner's.

    `url` is its address, or several with blanks between, in the order in which they are tried. `trust` is the public
    key that license keys are verified with, the test pair's if None. The other ones are those of TLS; versions that are
    None are those of the phone's firmware.
    """

    url: str
    trust: Path | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    tls_min: str | None = None
    tls_max: str | None = None
    ciphers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioPhone:
    """A phone; `always_fetches_license` None is the firmware's own rule (D8), `boot_rom` starts it with that (D28)."""

    name: str
    model: str
    mac: MacAddress
    firmware: str
    always_fetches_license: bool | None
    boot_rom: bool = False


class PhoneEvent(Enum):
    """What happens to a phone; `BOOT` switches it on or, if it is on, reboots it."""

    BOOT = "boot"
    REBOOT = "reboot"
    CALL = "call"
    HANGUP = "hangup"
    CUT_POWER = "cut_power"
    POWER_ON = "power_on"
    CHECK_SYNC = "check_sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class PressKeys:
    """Keys of a phone are pressed, one after another."""

    keys: tuple[Press, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeParameters:
    """Parameters are changed on a phone, one after another, by name; `origin` is where."""

    values: Mapping[str, str]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContact:
    """A contact is added on a phone."""

    number: str
    last_name: str
    first_name: str


class ServerEvent(Enum):
    """What happens to the boot server."""

    DOWN = "server_down"
    UP = "server_up"
    CLEAR_FAULTS = "clear_faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Files are put on the boot server, by path, in the place of older ones."""

    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """A file is taken off the boot server."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFault:
    """The boot server goes wrong by one more rule."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """The clock of all phones is set; no time passes."""

    to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUntil:
    """Time passes until the clock shows this."""

    instant: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFor:
    """Time passes."""

    span: timedelta


ServerChange = ServerEvent | Put | Remove | AddFault
Action = PhoneEvent | PressKeys | ChangeParameters | AddContact | ServerChange | ClockChange | RunUntil | RunFor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRequests:
    """Paths that are asked for in this order: all there are, or with others between where not `whole`."""

    paths: tuple[str, ...]
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a phone since the last action began; what is None or empty is not looked at.

    `boot` is what a boot has to come to, if the phone has booted since; None for anything. `requests` are downloads,
    `no_requests` patterns that none of them may match, `uploads` patterns each of which a file matches that the boot
    server took. `parameters` are values in force. Every text of `log` is in a
    line, no text of `not_log` is. `reboots` counts those for an expired license and those by hand. `screen` and
    `licenses` (Menu > Status > Licenses, B18) are texts on these pages (`Frame.shows`).
    """

    boot: BootExpectation | None = None
    requests: ExpectedRequests | None = None
    no_requests: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()
    features: Mapping[str, bool] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    not_log: tuple[str, ...] = ()
    reboots: int | None = None
    screen: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    state: State | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStep:
    """At most one action, and what is expected then.

    `name` is the action's word, `expect` for none. `phones` are the names of those that the action of a phone happens
    to, and that the expectation is about. `line` is where the step begins in the file.
    """

    name: str
    line: int
    action: Action | None
    phones: tuple[str, ...]
    expectation: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario; `start` None is a clock that was never set (D12), `timeout` the phones' wait for an answer, in s.

    `embedded_only` is the place of the first thing in the file that no server but the embedded one can do, as file,
    line and key; empty when there is none.
    """

    file: str
    title: str
    start: datetime | None
    seed: int
    timeout: float
    phones: tuple[ScenarioPhone, ...]
    server: EmbeddedServer | NamedServer
    embedded_only: str
    steps: tuple[ScenarioStep, ...]
