"""The call list of UC Software 4.0 and later, `<mac>-calls.xml`, which a phone uploads after each call.

The elements of the file are those that a reader of such files looks for (observed); who called, and the moment of the
upload, are our decision: calls here have no other end, and `callLists.writeDelay` is not waited for. The list is lost
with the power. This module does not know when calls begin and end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import ReadClock
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.parameters.reader import ParameterReader

SIZE_LIMIT = 1024 * 1024
"""Maximum size of a call list in bytes (our choice); `CALLS_LIMIT` calls need less."""
CALLS_LIMIT = 99
"""Maximum number of calls in the list, as the schema of 4.0.15 has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call: when it began, in local time of the phone, and how long it lasted."""

    began: datetime
    lasted: timedelta


async def call_ended(service: InService, earlier: tuple[Call, ...], began: datetime | None) -> tuple[Call, ...]:
    """Upload the list of the call that has ended, and the earlier ones after it; the result is that list.

    A phone whose firmware has none, or that has it switched off, keeps no list.
    """
    session, parameters = service.session, service.configuration.parameters
    reader = ParameterReader(parameters, session.identity.dictionary)
    if not (session.identity.profile.keeps_call_list and reader.is_on("feature.callList.enabled")):
        return earlier
    reading = await ReadClock()
    calls = (_call(service, began, reading.instant), *earlier)[:CALLS_LIMIT]
    session.reachable = True  # it may be again
    body = write_calls(calls, parameters.get("reg.1.address")[:255])
    folder = service.configuration.master.call_lists_directory
    await session.upload(folder, f"{session.identity.mac}-calls.xml", body, limit=SIZE_LIMIT)
    return calls


def _call(service: InService, began: datetime | None, ended: datetime | None) -> Call:
    """The call between two readings of the clock; one during which it was set, or set back, has lasted 0 s."""
    zone = service.session.settings.zone
    lasted = ended - began if began is not None and ended is not None else timedelta()
    return Call(began=zone.of(began or UNSET_CLOCK), lasted=max(lasted, timedelta()))


def write_calls(calls: Iterable[Call], number: str) -> bytes:
    """The file with these calls to the phone, whose first line has this number."""
    root = etree.Element("callList")
    for call in calls:
        element = etree.SubElement(root, "call")
        for tag, text in (
            ("direction", "In"),
            ("disposition", "Normal"),
            ("line", "1"),
            ("protocol", "SIP"),
            ("startTime", call.began.strftime("%Y-%m-%dT%H:%M:%S")),
            ("duration", _duration(call.lasted)),
        ):
            etree.SubElement(element, tag).text = text
        for tag, address in (("source", ""), ("destination", number)):
            end = etree.SubElement(element, tag)
            etree.SubElement(end, "address").text = address
            etree.SubElement(end, "name").text = ""
    return etree.tostring(root, encoding="UTF-8", standalone=True, pretty_print=True)


def _duration(span: timedelta) -> str:
    """The span as ISO 8601 has it, to the second: `P1DT2H3M4S`, `PT0S`."""
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{span.days}D" if span.days else ""
    return f"P{days}T{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}{seconds}S"
