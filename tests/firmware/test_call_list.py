"""The call list: uploaded after each call by UC Software 4.0 and later."""

from datetime import timedelta
from typing import Any

import pytest
from lxml import etree

from phone_sim.firmware.call_list import CALLS_LIMIT, Call, write_calls
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import Phone
from tests.firmware.changed_phone import REFUSALS, ChangedPhone
from tests.make import MAC, identity, master, utc

FILE = f"{MAC}-calls.xml"


def later(firmware: str = "4.0.4", **parameters: Any) -> ChangedPhone:
    """A phone with this firmware in service."""
    phone = ChangedPhone(**parameters)
    phone.files["000000000000.cfg"] = master(CONFIG_FILES="site.cfg", CALL_LISTS_DIRECTORY="calls")
    phone.phone = Phone(identity(firmware=firmware))
    phone.run(phone.phone.power_on())
    phone.effects.clear()
    phone.lines.clear()
    return phone


def call(phone: ChangedPhone, began: str | None, ended: str | None) -> None:
    phone.phone.start_call(None if began is None else utc(began))
    phone.now = None if ended is None else utc(ended)
    phone.run(phone.phone.end_call())


def durations(phone: ChangedPhone) -> list[str]:
    """Start and duration of each call in the file."""
    root = etree.fromstring(bytes(phone.files[f"calls/{FILE}"]))  # type: ignore[arg-type]
    return [f"{one.findtext('startTime')} {one.findtext('duration')}" for one in root.iterfind("call")]


def test_call_is_uploaded_with_the_earlier_ones() -> None:
    phone = later(tcpIpApp_sntp_gmtOffset="3600", reg_1_address="a<b")
    call(phone, "2026-03-10T12:00", "2026-03-11T13:01")
    assert phone.requested == [f"+calls/{FILE}"]
    assert (
        phone.files[f"calls/{FILE}"]
        == b"""<?xml version='1.0' encoding='UTF-8' standalone='yes'?>
<callList>
  <call>
    <direction>In</direction>
    <disposition>Normal</disposition>
    <line>1</line>
    <protocol>SIP</protocol>
    <startTime>2026-03-10T13:00:00</startTime>
    <duration>P1DT1H1M0S</duration>
    <source>
      <address></address>
      <name></name>
    </source>
    <destination>
      <address>a&lt;b</address>
      <name></name>
    </destination>
  </call>
</callList>
"""
    )
    call(phone, "2026-03-12T12:00", "2026-03-12T11:00")
    assert durations(phone) == ["2026-03-12T13:00:00 PT0S", "2026-03-10T13:00:00 P1DT1H1M0S"]


def test_calls_with_a_clock_that_is_unset_are_of_1970() -> None:
    phone = later()
    call(phone, None, "2026-03-10T12:00")
    assert durations(phone) == ["1970-01-01T00:00:00 PT0S"]


def test_list_that_is_not_taken_is_sent_with_the_next_call() -> None:
    phone = later()
    phone.upload_reply, taken = REFUSALS[0], phone.upload_reply
    call(phone, "2026-03-10T12:00", "2026-03-10T12:01")
    assert phone.lines[-1].endswith(f"Failed to upload file {FILE}: HTTP 403 Forbidden")
    phone.upload_reply = taken
    call(phone, "2026-03-10T13:00", "2026-03-10T13:00")
    assert len(durations(phone)) == 2


def test_list_is_uploaded_before_a_reboot_that_waited() -> None:
    phone = later("4.0.4")
    phone.phone.start_call(phone.now)
    phone.change("feature.corporateDirectory.enabled", "0")
    phone.effects.clear()
    phone.run(phone.phone.end_call())
    assert (phone.state, phone.requested) == (State.REBOOTING, [f"+calls/{FILE}"])


@pytest.mark.parametrize(
    ("firmware", "parameters"), [("3.3.0", {}), ("3.2.3", {}), ("4.0.4", {"feature_callList_enabled": "0"})]
)
def test_others_keep_none(firmware: str, parameters: dict[str, str]) -> None:
    phone = later(firmware, **parameters)
    call(phone, "2026-03-10T12:00", "2026-03-10T12:01")
    assert phone.effects == []


def test_long_list_is_cut_and_lost_with_the_power() -> None:
    phone = later()
    for _ in range(CALLS_LIMIT + 1):
        call(phone, "2026-03-10T12:00", "2026-03-10T12:00")
    assert len(durations(phone)) == CALLS_LIMIT
    phone.phone.cut_power()
    assert phone.phone.call_list == ()


def test_names_are_escaped() -> None:
    body = write_calls([Call(began=utc("2026-01-01T00:00"), lasted=timedelta(seconds=61))], '"</address>')
    assert etree.fromstring(body).findtext("call/destination/address") == '"</address>'
    assert b"PT1M1S" in body
