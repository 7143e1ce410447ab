"""What a phone did, for people and for programs."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from phone_sim.cli.output import Styled, say, say_json
from phone_sim.cli.output import talk as talk
from phone_sim.errors import BootServerUnreachableError, PhoneSimError, UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.boot_judgment import trouble_of
from phone_sim.firmware.effects import Refused, TransferFailed, Upload
from phone_sim.firmware.features import BuiltIn, Enabled, Gate, NotCovered, NotLicensed
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.parameters.layers import OWN_MAC, Parameters
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.printable import visible
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.exchange import Exchange, reply_facts

_COLORS: dict[type[Gate], str] = {Enabled: "green", BuiltIn: "green", NotLicensed: "red"}


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    say_json(json.dumps(value, indent=2))


def print_log_line(line: str) -> None:
    """Print a line of the phone's log; on a terminal, licensing stands out and errors are yellow."""
    parts = parse_line(line)
    line = visible(line, kept="\t")
    if parts is None or parts.level == "*":
        say(line, dim=parts is not None and parts.component not in ("lic", "ldap"))
    else:
        say(line, fg="yellow" if int(parts.level) >= 4 else None)


def say_features(gates: tuple[Gate, ...], reason: Callable[[Gate], str], print_line: Callable[..., None] = say) -> None:
    """Print a line for each feature: what it is, whether it is on, and the `reason`."""
    for gate in gates:
        state = Styled(f"{_state(gate):<4}", fg=_COLORS.get(type(gate)))
        print_line(f"  {gate.feature.name:<38} ", state, f" {reason(gate)}")


def say_summary(driver: PhoneDriver) -> None:
    """Say where a phone is in its life, and its features, beside the result."""
    identity, service = driver.phone.identity, driver.phone.service
    talk(f"{identity.model.name} {identity.mac} is {driver.phone.state.value}.")
    if service is not None:
        say_features(service.gates, service.reason, talk)


def frame_text(frame: Frame) -> str:
    """A display for people: the selected entry has an arrow, `...` stands for more above and below."""
    lines = [f"{'>' if index == frame.selected else ' '} {line}" for index, line in enumerate(frame.lines)]
    labels = [f"[{label}]" for label in frame.soft_keys]
    rows = (frame.title, *["  ..."] * frame.above, *lines, *["  ..."] * frame.below, " ".join(labels))
    return "\n".join(row for row in rows if row)


def check_boot(driver: PhoneDriver) -> None:
    """Complain when the last boot had no configuration from a boot server, or boot servers send it to each other.

    Raises:
        UsageError: no boot server is known.
        BootServerUnreachableError: it gave no answer.
        PhoneSimError: it answered, but not with a whole configuration; or the phone has moved too often (D21).
    """
    if driver.moves.endless is not None:
        raise PhoneSimError(f"{driver.moves.endless}; correct device.prov.serverName in one of the files")
    service = driver.phone.service
    if service is None or not service.configuration.problem:
        return
    server = service.session.server
    if server is None:
        raise UsageError(f"no boot server is known: {_of_dhcp(driver, service.session.lease)}--server gives one")
    if not service.configuration.answered:
        silent = [exchange.reply for exchange in driver.exchanges if isinstance(exchange.reply, TransferFailed)]
        raise BootServerUnreachableError(f"{server.root}: {silent[-1].reason}")
    none_before = service.configuration.parameters == Parameters()
    instead = "has no configuration" if none_before else "goes by its last configuration"
    trouble = _trouble(driver) or trouble_of(service.configuration).replace(OWN_MAC, driver.phone.identity.mac.digits)
    in_brackets = f" ({trouble})" if trouble else ""
    raise PhoneSimError(f"{server.root}: {service.configuration.problem}{in_brackets}, so the phone {instead}")


def _of_dhcp(driver: PhoneDriver, lease: LeaseInfo) -> str:
    """What DHCP said of boot servers, for a phone that has none."""
    if driver.phone.identity.dhcp is None:
        return ""
    refused = [f"DHCP option {one.option} is {one.value} ({one.reason}), and " for one in lease.refused]
    return "".join(refused) or "DHCP named none, and "


def _trouble(driver: PhoneDriver) -> str:
    """What came of the last configuration file that was not given; empty where files are only missing."""
    for exchange in reversed(driver.exchanges):
        name, reply = exchange.path, exchange.reply
        is_configuration = name.endswith(".cfg") and not name.endswith("-license.cfg")
        if is_configuration and isinstance(reply, TransferFailed | Refused):
            is_certificate = isinstance(reply, TransferFailed) and reply.kind is FailureKind.CERTIFICATE
            hint = "; --ca-file names the authorities" if is_certificate else ""
            return f"{reply.reason}{hint}"
    return ""


def check_time(driver: PhoneDriver) -> None:
    """Say so when a phone that is to have the time from servers knows none."""
    service = driver.phone.service
    if service is not None and not service.session.settings.sntp.servers:
        talk("--sntp: the configuration names no time server (tcpIpApp.sntp.address), so the clock is not set.")


def say_next_poll(driver: PhoneDriver) -> None:
    """Say when the phone polls its configuration files next, if it does; a poll that finds no change logs nothing."""
    if (poll := driver.phone.next_poll) is not None:
        talk(f"It polls its configuration files next at {poll:%Y-%m-%dT%H:%M:%S} UTC.")


def phone_report(driver: PhoneDriver, log: list[str], expected: BootExpectation) -> dict[str, Any]:
    """A phone as `--json` gives it, with what is wrong with its files and what falls short of what is expected."""
    from phone_sim.findings.boot_judgment import judge
    from phone_sim.findings.booted_phone import findings_of

    identity = driver.phone.running
    service = driver.phone.service
    server = service.session.server if service is not None else None
    exchanges = driver.boot_exchanges
    return {
        "phone": {
            "model": identity.model.name,
            "mac": identity.mac.digits,
            "firmware": identity.profile.version,
            "state": driver.phone.state.value,
        },
        "boot_server": server.root if server is not None else None,
        "reachable": service is not None and service.configuration.answered,
        "master_configuration": asdict(service.configuration.master) if service is not None else None,
        "requests": [request_report(exchange) for exchange in driver.exchanges],
        "features": [feature_report(gate, service.reason) for gate in service.gates] if service is not None else [],
        "parameters": [one.as_json() for one in service.parameters.values()] if service is not None else [],
        "screen": asdict(driver.frame),
        "licenses": list(driver.licenses().lines),
        "next_check": _text(driver.phone.next_check),
        "next_poll": _text(driver.phone.next_poll),
        "reboots": driver.reboots,
        "expected": expected.value,
        "shortcomings": [one.as_json() for one in judge(service, exchanges, expected)],
        "findings": [one.as_json() for one in findings_of(service, exchanges)] if service is not None else [],
        "log": log,
    }


def request_report(exchange: Exchange) -> dict[str, Any]:
    """A request and its reply as `--json` gives them."""
    return {
        "method": exchange.method,
        "url": exchange.url,
        "outcome": word(exchange.reply),
        "detail": getattr(exchange.reply, "reason", ""),
        "bytes": 0 if isinstance(exchange.request, Upload) else exchange.size,
        "seconds": round(exchange.seconds, 6),
        **reply_facts(exchange),
    }


def feature_report(gate: Gate, reason: Callable[[Gate], str]) -> dict[str, Any]:
    """A feature and the `reason` why it is on or off, as `--json` gives it."""
    return {
        "name": gate.feature.name,
        "key": gate.feature.key,
        "state": word(gate),
        "on": gate.is_enabled,
        "reason": reason(gate),
        "expiry": str(gate.expiry) if isinstance(gate, Enabled) else None,
    }


def word(value: object) -> str:
    """What a value is, as JSON says it: `NotLicensed` is `not_licensed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(value).__name__).lower()


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _state(gate: Gate) -> str:
    if isinstance(gate, NotCovered):
        return "?"
    return "on" if gate.is_enabled else "off"
