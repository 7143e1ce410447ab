"""Events at awkward moments: out of a flow, from another thread, at a power cut (D15)."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from phone_sim.firmware.effects import (
    Effect,
    Fetch,
    FetchReply,
    NotFound,
    ReadClock,
    Reboot,
    Upload,
    Uploaded,
    UploadReply,
    WriteFlash,
)
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.keypad import Key
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.screen import RECONFIGURING, Frame
from phone_sim.firmware.timer_effects import WakeAt
from phone_sim.licensing.license_file import write
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.flash_file import MemoryFlash
from phone_sim.runtime.scheduler import HeapScheduler
from phone_sim.runtime.transport.memory import MemoryTransport, serve
from tests.make import LDAP, PHONE_FILE, SITE_FILE, signed_key, until
from tests.runtime.phones import BOUND, CONFIGURATION, bench, phone_license, within


def phone_with(
    on_effect: Callable[[Effect], None] | None = None, transport: MemoryTransport | None = None
) -> tuple[PhoneDriver, HeapScheduler, MemoryFlash]:
    """A phone on virtual time, with a license to fetch."""
    clock = ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    scheduler, flash = HeapScheduler(clock), MemoryFlash()
    asked = transport or serve({**CONFIGURATION, PHONE_FILE: phone_license()})
    return bench(asked, clock=clock, scheduler=scheduler, flash=flash, on_effect=on_effect).driver, scheduler, flash


@pytest.mark.parametrize("kind", [WriteFlash, WakeAt, Fetch, Upload])
def test_effect_at_which_power_is_cut_is_not_performed(kind: type) -> None:
    def cut(effect: Effect) -> None:
        if isinstance(effect, kind):
            driver.cut_power()

    driver, scheduler, flash = phone_with(cut)
    driver.power_on()
    assert driver.phone.state is State.OFF
    assert flash.read() == FlashContents() or kind in (WakeAt, Upload)
    assert kind is not Fetch or driver.exchanges == ()
    scheduler.run(timedelta(days=3))
    assert driver.phone.state is State.OFF


def test_power_cut_at_the_reboot_leaves_the_phone_off() -> None:
    def cut(effect: Effect) -> None:
        if isinstance(effect, Reboot):
            driver.cut_power()

    driver, scheduler, _ = phone_with(cut)
    driver.power_on()
    driver.reboot()
    scheduler.run(timedelta(days=1))
    assert driver.phone.state is State.OFF
    assert driver.reboots == []


def test_power_cut_from_another_thread_does_not_wait_for_the_server() -> None:
    asked, answer = threading.Event(), threading.Event()

    def fetch(_: Fetch) -> FetchReply:
        asked.set()
        answer.wait(BOUND)
        return NotFound("404")

    driver, _, _ = phone_with(transport=MemoryTransport(fetch, lambda _: Uploaded()))
    booting = threading.Thread(target=driver.power_on)
    booting.start()
    assert asked.wait(BOUND)
    within(driver.cut_power)
    answer.set()
    booting.join(BOUND)
    assert driver.phone.state.value == "off"
    assert len(driver.exchanges) == 1
    driver.power_on()
    assert driver.phone.state.value == "idle"


def test_event_out_of_a_flow_is_dealt_with_after_it() -> None:
    def clock_is_set(effect: Effect) -> None:
        if isinstance(effect, Fetch):
            driver.clock_set()

    driver, _, _ = phone_with(clock_is_set)
    driver.power_on()
    assert driver.phone.state is State.IDLE
    assert driver.phone.next_check is not None


def test_log_loses_what_was_not_uploaded_when_power_is_cut() -> None:
    driver, _, _ = phone_with()
    driver.power_on()
    driver.cut_power()
    driver.power_on()
    first, second = [one.request for one in driver.exchanges if isinstance(one.request, Upload)]
    assert len(second.body) <= len(first.body)


def test_log_is_uploaded_again_once_the_boot_server_is_back() -> None:
    files = {**CONFIGURATION}
    down = {"now": True}

    def fetch(request: Fetch) -> FetchReply:
        return serve({}).fetch(request) if down["now"] else serve(files).fetch(request)

    def upload(request: Upload) -> UploadReply:
        return NotFound("404") if down["now"] else serve(files).upload(request)

    driver, scheduler, _ = phone_with(transport=MemoryTransport(fetch, upload))
    driver.power_on()
    down["now"] = False
    scheduler.run(timedelta(days=3))
    assert any(name.endswith("-app.log") for name in files)


def test_key_is_shown_on_return() -> None:
    driver, _, _ = phone_with()
    driver.press(Key.MENU)
    assert driver.frame == Frame()
    driver.power_on()
    driver.press(Key.MENU)
    assert driver.frame.title == "Main Menu"


def test_key_during_a_boot_is_neither_waited_for_nor_kept() -> None:
    asked, answer = threading.Event(), threading.Event()

    def fetch(_: Fetch) -> FetchReply:
        asked.set()
        answer.wait(BOUND)
        return NotFound("404")

    driver, _, _ = phone_with(transport=MemoryTransport(fetch, lambda _: Uploaded()))
    booting = threading.Thread(target=driver.power_on)
    booting.start()
    assert asked.wait(BOUND)
    within(lambda: driver.press(Key.MENU))
    answer.set()
    booting.join(BOUND)
    assert driver.frame.lines == ("SoundPoint IP 670",)


def test_key_out_of_a_flow_waits_for_its_end() -> None:
    def press(effect: Effect) -> None:
        if isinstance(effect, ReadClock) and driver.phone.state is State.IDLE:
            shown.append(driver.frame.title)
            if len(shown) < 3:
                driver.press(Key.DIGIT_1)

    shown: list[str] = []
    driver, _, _ = phone_with(press)
    driver.power_on()
    driver.press(Key.MENU)
    assert shown == ["", "Main Menu", "Status"]
    assert driver.frame.title == "Platform"


def test_reboot_for_expiry_takes_the_display_from_a_menu() -> None:
    clock = ManualClock(datetime(2026, 3, 10, tzinfo=UTC))
    scheduler = HeapScheduler(clock)
    site = write([signed_key({LDAP: until("2026-03-10")})])
    driver = bench(serve({**CONFIGURATION, SITE_FILE: site}), clock=clock, scheduler=scheduler).driver
    driver.power_on()
    driver.press(Key.MENU)
    scheduler.run_until(datetime(2026, 3, 11, 1, 0, 1, tzinfo=UTC))  # 02:00 in daylight saving time
    driver.press(Key.DOWN)
    assert driver.frame.lines == (RECONFIGURING,)
    scheduler.run(timedelta(minutes=1))
    assert driver.frame.lines == ("SoundPoint IP 670",)
