"""A phone as time passes, virtual and scaled: daily checks, the reboot at expiry, calls, power cuts."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import Effect, ReadClock, Reboot
from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import POLL_REBOOT
from phone_sim.firmware.screen import RECONFIGURING, Frame
from phone_sim.firmware.timer_effects import PollAfter, WakeAt
from phone_sim.licensing import license_file
from phone_sim.runtime.clock import ManualClock, ScaledClock, seconds_passed
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.scheduler import ApsScheduler, HeapScheduler
from phone_sim.runtime.transport.memory import serve
from tests.make import LDAP, SITE_FILE, signed_key, until, utc
from tests.runtime.phones import CONFIGURATION, NEW_YEAR, Bench, Fast, bench, eventually, within

DAY = timedelta(days=1)


def licensed_until(last_day: str) -> dict[str, bytes]:
    """A boot server's files with a site license for the corporate directory that ends."""
    return CONFIGURATION | {SITE_FILE: license_file.write([signed_key({LDAP: until(last_day)})])}


# --- in virtual time


class Year:
    """A phone that runs in virtual time from noon of New Year's Day 2026, and what it did when."""

    def __init__(self, files: dict[str, bytes], start: datetime = NEW_YEAR) -> None:
        self.clock = ManualClock(start)
        self.scheduler = HeapScheduler(self.clock)
        self.effects: list[tuple[Effect, datetime]] = []
        self.bench = bench(serve(files), clock=self.clock, scheduler=self.scheduler, on_effect=self._note)
        self.bench.driver.power_on()

    def _note(self, effect: Effect) -> None:
        self.effects.append((effect, self.clock.instant()))

    def times(self, kind: type[Effect]) -> list[datetime]:
        """When effects of a kind were asked for."""
        return [instant for effect, instant in self.effects if isinstance(effect, kind)]


def test_year_has_a_check_each_day_and_one_reboot_after_the_last_day() -> None:
    year = Year(licensed_until("2026-06-30"))
    assert year.bench.enabled == ("LDAP",)
    year.scheduler.run(365 * DAY)
    # The stock time of day is 02:00, and daylight saving is on: 01:00 UTC.
    assert year.times(Reboot) == [utc("2026-07-01T01:00") + timedelta(seconds=5)]
    assert year.bench.driver.reboots == ["a license has expired"]
    assert isinstance(year.bench.gate("LDAP"), NotLicensed)
    assert year.bench.phone.state is State.IDLE
    boots = 2  # each reads the clock as well
    assert len(year.times(ReadClock)) - boots == 365
    wishes = [effect.instant for effect, _ in year.effects if isinstance(effect, WakeAt)]
    assert len(set(wishes)) == 366
    assert [day.date() for day in wishes] == [date(2026, 1, 2) + count * DAY for count in range(366)]
    assert len(year.bench.texts("License: key for LDAP expiry TUE JUN 30 23:59:59 2026 has expired")) == 1


def test_license_without_an_end_is_never_rebooted_for() -> None:
    year = Year(CONFIGURATION | {SITE_FILE: license_file.write([signed_key()])})
    year.scheduler.run(1000 * DAY)
    assert year.bench.driver.reboots == []


def polling(*, mode: str = "abs", period: int = 86400) -> dict[str, bytes]:
    """A boot server's files that have the phone poll them, at 03:00 or each period."""
    own = f'<a prov.polling.enabled="1" prov.polling.mode="{mode}" prov.polling.period="{period}"/>'.encode()
    listed = b'<APPLICATION CONFIG_FILES="polling.cfg, site.cfg"/>'
    return CONFIGURATION | {"000000000000.cfg": listed, "polling.cfg": own}


@pytest.mark.parametrize(("mode", "period"), [("abs", 86400), ("rel", 5400)])
def test_changed_file_is_found_by_the_next_poll(mode: str, period: int) -> None:
    files = polling(mode=mode, period=period)
    year = Year(files)
    year.scheduler.run(30 * DAY)
    assert year.bench.driver.reboots == []
    files[SITE_FILE] = license_file.write([signed_key()])
    year.scheduler.run(2 * DAY)
    assert (year.bench.driver.reboots, year.bench.enabled) == ([], ())
    files["site.cfg"] += b"<!-- the same values -->"
    year.scheduler.run(2 * DAY)
    assert year.bench.driver.reboots == []
    files["site.cfg"] = files["site.cfg"].replace(b"/>", b' lcl.datetime.time.24HourClock="1"/>', 1)
    changed = year.clock.instant()
    year.scheduler.run(2 * DAY)
    assert (year.bench.driver.reboots, year.bench.enabled) == ([POLL_REBOOT], ("LDAP",))
    assert timedelta() < year.times(Reboot)[0] - changed <= timedelta(seconds=period)


def test_relative_polls_are_a_period_apart_from_the_boot_on() -> None:
    year = Year(polling(mode="rel", period=5400))
    year.clock.set(utc("2026-05-01T12:00"))
    year.bench.driver.clock_set()
    year.scheduler.run(timedelta(hours=6))
    begin = utc("2026-05-01T12:00")
    assert year.times(PollAfter) == [NEW_YEAR, *(begin + number * timedelta(minutes=90) for number in (1, 2, 3, 4))]


def test_power_cut_ends_the_polls() -> None:
    year = Year(polling())
    year.bench.driver.cut_power()
    asked = len(year.bench.driver.exchanges)
    year.scheduler.run(3 * DAY)
    assert len(year.bench.driver.exchanges) == asked
    assert year.bench.phone.next_poll is None


def test_unset_clock_checks_nothing_until_it_is_set() -> None:
    clock = ManualClock()
    scheduler = HeapScheduler(clock)
    phone = bench(serve(licensed_until("2026-06-30")), clock=clock, scheduler=scheduler)
    phone.driver.power_on()
    scheduler.run(1000 * DAY)
    assert phone.enabled == ("LDAP",)
    clock.set(utc("2026-07-03T12:00"))
    phone.driver.clock_set()
    assert phone.driver.reboots == []
    scheduler.run(DAY)
    assert phone.driver.reboots == ["a license has expired"]


def test_clock_that_is_set_past_the_polling_time_is_checked_at_once() -> None:
    year = Year(licensed_until("2026-06-30"))
    year.clock.set(utc("2026-08-01T12:00"))
    year.bench.driver.clock_set()
    year.scheduler.run(timedelta(seconds=5))
    assert year.bench.driver.reboots == ["a license has expired"]


def test_call_at_expiry_is_not_interrupted() -> None:
    year = Year(licensed_until("2026-01-02"))
    driver, phone = year.bench.driver, year.bench.phone
    driver.start_call()
    driver.start_call()
    year.scheduler.run(3 * DAY)
    assert (phone.state, driver.reboots) == (State.WAITING_FOR_IDLE, [])
    driver.end_call()
    assert (phone.state, driver.reboots) == (State.WAITING_FOR_IDLE, [])
    driver.end_call()
    assert (phone.state, driver.frame) == (State.REBOOTING, Frame(lines=(RECONFIGURING,)))
    year.scheduler.run(timedelta(seconds=5))
    assert (phone.state, driver.reboots) == (State.IDLE, ["a license has expired"])


def paused_at_expiry() -> Year:
    """A phone that shows that it is about to reboot."""
    year = Year(licensed_until("2026-01-02"))
    year.scheduler.run_until(utc("2026-01-03T02:00"))
    assert year.bench.phone.state is State.REBOOTING
    assert year.bench.driver.frame == Frame(lines=(RECONFIGURING,))
    return year


def test_power_cut_during_the_pause_is_the_end_of_the_reboot() -> None:
    year = paused_at_expiry()
    driver, phone = year.bench.driver, year.bench.phone
    driver.cut_power()
    assert (phone.state, driver.frame) == (State.OFF, Frame())
    year.scheduler.run(10 * DAY)
    assert (phone.state, driver.reboots) == (State.OFF, [])
    driver.power_on()
    assert phone.state is State.IDLE
    assert isinstance(year.bench.gate("LDAP"), NotLicensed)


@pytest.mark.parametrize("event", [PhoneDriver.power_on, PhoneDriver.reboot, PhoneDriver.start_call])
def test_event_during_the_pause_is_refused_and_the_phone_reboots(event: Callable[[PhoneDriver], None]) -> None:
    year = paused_at_expiry()
    with pytest.raises(LifecycleError, match="is rebooting"):
        event(year.bench.driver)
    year.scheduler.run(10 * DAY)
    assert (year.bench.phone.state, year.bench.driver.reboots) == (State.IDLE, ["a license has expired"])


# --- in scaled time


def fast_phone(fast: Fast, files: dict[str, bytes]) -> Bench:
    """A phone in scaled time, switched on."""
    clock, scheduler = fast
    phone = bench(serve(files), clock=clock, scheduler=scheduler)
    within(phone.driver.power_on)
    return phone


@pytest.mark.slow
def test_phone_reboots_after_expiry_in_scaled_time(fast: Fast) -> None:
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    assert phone.enabled == ("LDAP",)
    eventually(lambda: phone.driver.reboots == ["a license has expired"] and phone.phone.state is State.IDLE)
    assert isinstance(phone.gate("LDAP"), NotLicensed)
    assert len(phone.texts("License: key for LDAP expiry FRI JAN 02 23:59:59 2026 has expired")) == 1


@pytest.mark.slow
def test_call_at_expiry_is_waited_for_in_scaled_time(fast: Fast) -> None:
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    phone.driver.start_call()
    eventually(lambda: phone.phone.state is State.WAITING_FOR_IDLE)
    assert phone.driver.reboots == []
    phone.driver.end_call()
    eventually(lambda: phone.driver.reboots == ["a license has expired"] and phone.phone.state is State.IDLE)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["abs", "rel"])
def test_changed_file_is_found_in_scaled_time(fast: Fast, mode: str) -> None:
    files = polling(mode=mode)
    phone = fast_phone(fast, files)
    files["site.cfg"] = files["site.cfg"].replace(b"/>", b' lcl.datetime.time.24HourClock="1"/>', 1)
    eventually(lambda: phone.driver.reboots == [POLL_REBOOT] and phone.phone.state is State.IDLE)


@pytest.mark.slow
def test_phone_without_power_is_not_woken_in_scaled_time(fast: Fast) -> None:
    clock, _ = fast
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    phone.driver.cut_power()
    until_later = clock.instant() + 1.5 * DAY
    eventually(lambda: clock.instant() > until_later)
    assert (phone.phone.state, phone.driver.reboots) == (State.OFF, [])


@pytest.mark.slow
def test_check_that_was_missed_in_suspend_is_made_up_for(no_thread_is_left: None) -> None:  # noqa: ARG001 - checks afterwards
    asleep = timedelta()
    clock = ScaledClock(NEW_YEAR, passed=lambda: seconds_passed() + asleep.total_seconds())
    scheduler = ApsScheduler(clock)
    phone = fast_phone((clock, scheduler), licensed_until("2026-01-02"))
    asleep = 3 * DAY
    eventually(lambda: phone.phone.state is State.REBOOTING)
    scheduler.close()
    assert len(phone.texts("License: key for LDAP expiry FRI JAN 02 23:59:59 2026 has expired")) == 1
