"""The driver: events that a phone does not know change nothing, and events from several threads do not mix."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import Effect, Upload
from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.licensing import license_file
from phone_sim.runtime.clock import ManualClock, ScaledClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.scheduler import ApsScheduler, HeapScheduler
from phone_sim.runtime.transport.memory import serve
from tests.make import LDAP, PHONE_FILE, SITE_FILE, signed_key, until, utc
from tests.runtime.phones import BOUND, CONFIGURATION, NEW_YEAR, Bench, bench, eventually, phone_license, within

Act = Callable[[PhoneDriver], None]


def nothing(_: PhoneDriver) -> None:
    """The phone stays off."""


def in_a_call(driver: PhoneDriver) -> None:
    driver.power_on()
    driver.start_call()


UNKNOWN: list[tuple[Act, Act, str, str]] = [
    (nothing, PhoneDriver.reboot, "off", "reboot requested"),
    (nothing, PhoneDriver.start_call, "off", "call started"),
    (nothing, PhoneDriver.cut_power, "off", "power cut"),
    (PhoneDriver.power_on, PhoneDriver.power_on, "idle", "power on"),
    (in_a_call, PhoneDriver.power_on, "in call", "power on"),
]


@pytest.fixture
def phone() -> Bench:
    clock = ManualClock(NEW_YEAR)
    files = CONFIGURATION | {"site.cfg": CONFIGURATION["site.cfg"].replace(b"<site", b'<site log.render.type="0"')}
    return bench(serve(files | {PHONE_FILE: phone_license()}), clock=clock, scheduler=HeapScheduler(clock))


def state_of(phone: Bench) -> tuple[object, ...]:
    """All that an event could have changed."""
    driver = phone.driver
    exchanges, lines = tuple(driver.exchanges), tuple(phone.lines)
    return phone.phone.state, phone.phone.calls, phone.phone.service, driver.frame, exchanges, lines


@pytest.mark.parametrize(("before", "event", "state", "name"), UNKNOWN)
def test_unknown_event_is_named_and_changes_nothing(
    phone: Bench, before: Act, event: Act, state: str, name: str
) -> None:
    before(phone.driver)
    seen = state_of(phone)
    with pytest.raises(LifecycleError, match=f"is {state} .*: {name}"):
        event(phone.driver)
    assert state_of(phone) == seen


def test_call_that_is_not_there_cannot_end(phone: Bench) -> None:
    for _ in range(2):
        with pytest.raises(LifecycleError):
            phone.driver.end_call()
        if phone.phone.state is State.OFF:
            phone.driver.power_on()
    assert (phone.phone.state, phone.phone.calls) == (State.IDLE, 0)


def test_rejected_power_on_does_not_restart_the_uptime() -> None:
    clock = ManualClock(NEW_YEAR)
    scheduler = HeapScheduler(clock)
    site = b'<site license.polling.time="02:00" log.render.type="0" feature.corporateDirectory.enabled="1"/>'
    license_ = license_file.write([signed_key({LDAP: until("2026-01-01")})])
    phone = bench(serve(CONFIGURATION | {"site.cfg": site, SITE_FILE: license_}), clock=clock, scheduler=scheduler)
    phone.driver.power_on()
    scheduler.run(timedelta(hours=1))
    with pytest.raises(LifecycleError):
        phone.driver.power_on()
    scheduler.run(timedelta(hours=13))  # at 02:00 the license is found to be over
    assert next(line for line in phone.lines if "has expired" in line).startswith("140000.000|")


def test_clock_and_scheduler_wake_nothing_in_a_phone_that_is_off(phone: Bench) -> None:
    phone.driver.clock_set()
    assert phone.phone.state is State.OFF
    phone.driver.power_on()
    phone.driver.cut_power()
    phone.driver.clock_set()
    assert phone.phone.state is State.OFF


def test_reboot_ends_the_calls(phone: Bench) -> None:
    in_a_call(phone.driver)
    phone.driver.reboot()
    assert (phone.phone.state, phone.phone.calls, phone.driver.reboots) == (State.IDLE, 0, ["by hand"])


def test_exchanges_name_their_methods(phone: Bench) -> None:
    phone.driver.power_on()
    assert {exchange.method for exchange in phone.driver.exchanges} == {"GET", "PUT"}
    over_tftp = bench(serve(dict(CONFIGURATION)), boot_server="tftp://boot.example/")
    over_tftp.driver.power_on()
    assert {exchange.method for exchange in over_tftp.driver.exchanges} == {"RRQ", "WRQ"}


@pytest.mark.slow
def test_exchanges_are_not_kept_for_ever(phone: Bench) -> None:
    phone.driver.power_on()
    for _ in range(200):
        phone.driver.reboot()
    assert len(phone.driver.exchanges) == 1000
    assert isinstance(phone.driver.exchanges[-1].request, Upload)


@pytest.fixture
def scheduler_of_a_fast_clock() -> Iterator[tuple[ScaledClock, ApsScheduler]]:
    clock = ScaledClock(NEW_YEAR, 86400 * 5)
    scheduler = ApsScheduler(clock)
    yield clock, scheduler
    scheduler.close()


@pytest.mark.slow
def test_events_of_several_threads_are_dealt_with_one_at_a_time(
    scheduler_of_a_fast_clock: tuple[ScaledClock, ApsScheduler],
) -> None:
    clock, scheduler = scheduler_of_a_fast_clock
    busy = threading.Lock()
    threads: set[str] = set()
    mixed: list[Effect] = []

    def note(effect: Effect) -> None:
        if not busy.acquire(blocking=False):
            mixed.append(effect)
            return
        threads.add(threading.current_thread().name)
        threading.Event().wait(0.0005)
        busy.release()

    files = CONFIGURATION | {PHONE_FILE: phone_license()}
    phone = bench(serve(files), clock=clock, scheduler=scheduler, on_effect=note)
    within(phone.driver.power_on)
    together = threading.Barrier(4)

    def talk(_: int) -> None:
        together.wait(BOUND)
        for _ in range(100):
            phone.driver.start_call()
            phone.driver.clock_set()
            phone.driver.end_call()

    with ThreadPoolExecutor(4, thread_name_prefix="caller") as pool:
        for done in [pool.submit(talk, number) for number in range(4)]:
            done.result(BOUND)
    assert mixed == []
    assert (phone.phone.state, phone.phone.calls) == (State.IDLE, 0)
    assert sum(name.startswith("caller") for name in threads) == 4


def test_reboots_and_power_cuts_of_several_threads_leave_a_phone_that_works(
    scheduler_of_a_fast_clock: tuple[ScaledClock, ApsScheduler],
) -> None:
    clock, scheduler = scheduler_of_a_fast_clock
    files = CONFIGURATION | {SITE_FILE: license_file.write([signed_key({LDAP: until("2026-01-04")})])}
    phone = bench(serve(files), clock=clock, scheduler=scheduler)
    events = [PhoneDriver.power_on, PhoneDriver.reboot, PhoneDriver.cut_power, PhoneDriver.clock_set]

    def disturb(event: Act) -> int:
        refused = 0
        for _ in range(50):
            try:
                event(phone.driver)
            except LifecycleError:
                refused += 1
        return refused

    with ThreadPoolExecutor(len(events)) as pool:
        for done in [pool.submit(disturb, event) for event in events]:
            assert done.result(BOUND) < 51

    def is_off() -> bool:
        with suppress(LifecycleError):  # it is off already
            phone.driver.cut_power()
        return phone.phone.state is State.OFF

    # The scheduler may be rebooting it at this moment; from now on there is nothing to reboot it for.
    clock.set(utc("2026-02-01T12:00"))
    eventually(is_off)
    within(phone.driver.power_on)
    assert phone.phone.state is State.IDLE
    assert isinstance(phone.gate("LDAP"), NotLicensed)
