"""What there is to see of a desk, as programs get it: every page is drawn from these, and `/api` gives them as JSON.

Times are ISO 8601 in UTC, durations in seconds, sizes in bytes. All functions are for the desk's thread.
"""

from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from phone_sim.fault_catalog.conclusion import FoundCause
from phone_sim.fault_catalog.explain import ExplainedLine, Explanation
from phone_sim.firmware.boot import InService, local_date
from phone_sim.firmware.effects import ClockReading
from phone_sim.firmware.features import BuiltIn, Gate, NotCovered, NotLicensed, NotOnThisModel, OffByConfiguration
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.messages import UNKNOWN
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.web.desk.demonstration import STEPS, Demonstration
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone, frame_as_json
from phone_sim.web.desk.time import END_OF_TIME

LINES_SHOWN = 500
"""Most lines of a log, and requests, in one answer."""

_GATES = {
    NotLicensed: "not licensed",
    OffByConfiguration: "off",
    NotOnThisModel: "not on this model",
    BuiltIn: "built in",
    NotCovered: "not covered",
}


def desk_view(desk: Desk) -> dict[str, Any]:
    """The whole desk: its clock, its server, a tile for each phone."""
    return {"clock": clock_view(desk), "server": server_view(desk), "phones": [tile_view(one) for one in desk.phones]}


def clock_view(desk: Desk) -> dict[str, Any]:
    """The clock, and whether it has `ended`.

    `speed_reached` is how fast it really goes, `goal` where it hurries to, or null.
    """
    goal = desk.time.goal
    return {
        "now": _text(desk.time.now),
        "speed": desk.time.speed,
        "speed_reached": round(desk.time.speed_reached, 1),
        "goal": None if goal is None else _text(goal),
        "ended": desk.time.now >= END_OF_TIME,
    }


def story_view(story: Demonstration) -> dict[str, Any]:
    """Where the guided demonstration is."""
    step = STEPS[story.step]
    return {
        "model": story.model,
        "started": story.is_under_way,
        "step": story.step,
        "last": len(STEPS) - 1,
        "title": step.title,
        "text": step.text,
    }


def server_view(desk: Desk) -> dict[str, Any]:
    """The boot server: whether it is ours to change and answers, the rules that spoil its answers, its licenses."""
    server = desk.server
    return {
        "url": server.url,
        "ours": server.is_ours,
        "up": server.is_up,
        "faults": [str(rule) for rule in server.faults.rules],
        "license_files": list(server.license_files()),
    }


PARAMETERS_SHOWN = 5000
"""Maximum number of parameters of a phone that the page is given (our choice; the largest stock files have 5,000)."""


def tile_view(phone: DeskPhone) -> dict[str, Any]:
    """A phone in short."""
    driver, identity = phone.driver, phone.identity
    service = driver.phone.service
    return {
        "mac": identity.mac.digits,
        "model": identity.model.name,
        "token": identity.model.token,
        "family": identity.model.family,
        "state": phone.state.value,
        "frame": None if phone.state is State.OFF else frame_as_json(driver.frame),
        "calls": driver.phone.calls,
        "reboots": len(driver.reboots),
        "features_on": sum(gate.is_enabled for gate in service.gates) if service is not None else 0,
        "features_unlicensed": _count(service, NotLicensed),
        "last_event": phone.events.last,
    }


def phone_view(desk: Desk, phone: DeskPhone) -> dict[str, Any]:
    """A phone at length: its tile, what it is, its features, its licenses."""
    identity, service = phone.identity, phone.driver.phone.service
    check, poll = phone.driver.phone.next_check, phone.driver.phone.next_poll
    today = local_date(service.session, ClockReading(desk.time.now)) if service is not None else None
    return {
        **tile_view(phone),
        "firmware": identity.profile.version,
        "display": {
            "width": identity.model.display.width,
            "height": identity.model.display.height,
            "colors": identity.model.display.colors,
        },
        "local_time": None
        if service is None
        else service.session.settings.zone.of(desk.time.now).isoformat(" ", "minutes"),
        "next_check": None if check is None else _text(check),
        "next_poll": None if poll is None else _text(poll),
        "reboot_reasons": phone.driver.reboots[-20:],
        "features": [feature_view(gate, service.reason(gate)) for gate in service.gates] if service is not None else [],
        "licenses": license_views(phone, today),
    }


def parameter_views(phone: DeskPhone) -> list[dict[str, Any]]:
    """The first parameters that files set, with their value in force and where that comes from; none before a boot."""
    service = phone.driver.phone.service
    if service is None:
        return []
    return [
        {
            "name": one.name,
            "value": one.shown(one.value),
            "source": one.source_text,
            "masked": one.masked_text,
            "is_rejected": bool(one.objection),
        }
        for one in islice(service.parameters.values(), PARAMETERS_SHOWN)
    ]


def line_view(line: ExplainedLine | None, of_phone: Explanation | None) -> dict[str, Any]:
    """What a line of a log means, and what may lie behind it; on a phone, what does."""
    if line is None or line.known is None:
        return {"meaning": "This is not a known line.", "source": "", "remedy": "", "causes": []}
    same = next((one for one in of_phone.lines if one.line == line.line), None) if of_phone is not None else None
    if of_phone is None or same is None:
        found = tuple(FoundCause(cause=cause) for cause in line.causes)
    else:
        found = of_phone.causes_of(same)
    return {
        "meaning": line.known.meaning,
        "source": line.known.message.source.value,
        "remedy": line.known.remedy,
        "causes": [one.as_json() for one in found],
    }


def explanation_view(explanation: Explanation) -> dict[str, Any]:
    """What is wrong with a phone: its state, and each cause with the lines that show it."""
    conclusion = explanation.conclusion
    return {
        "state": conclusion.state,
        "conclusion": conclusion.text,
        "causes": [one.as_json() for one in conclusion.found],
    }


def feature_view(gate: Gate, reason: str) -> dict[str, Any]:
    """A feature of a phone and the reason why it is on or off."""
    return {
        "name": gate.feature.name,
        "key": gate.feature.key,
        "on": gate.is_enabled,
        "state": _GATES.get(type(gate), "licensed"),
        "reason": reason,
    }


def license_views(phone: DeskPhone, today: date | None) -> list[dict[str, Any]]:
    """What the license keys on a phone grant; `days_left` is null for one that does not end, negative after its end."""
    service = phone.driver.phone.service
    if service is None:
        return []
    names = {feature.bit: feature.name for feature in phone.identity.features}
    views = []
    for bit, expiry in service.ring.grants.items():
        last = expiry.last_day
        views.append(
            {
                "bit": bit,
                "feature": names.get(bit, UNKNOWN),
                "expiry": str(expiry),
                "days_left": (last - today).days if last is not None and today is not None else None,
                "over": expiry.is_over(today),
                "keys": [_key(key) for key in service.ring.keys if any(grant.bit == bit for grant in key.grants)],
            }
        )
    return views


def _key(key: LicenseKey) -> str:
    return f"{key.type.value} license {key.serial}"


def _count(service: InService | None, kind: type) -> int:
    return sum(isinstance(gate, kind) for gate in service.gates) if service is not None else 0


def _text(instant: datetime) -> str:
    return (instant - timedelta(microseconds=instant.microsecond)).isoformat()
