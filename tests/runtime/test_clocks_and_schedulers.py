"""Clocks and schedulers, alone and with a phone on them: daily checks, the reboot at expiry, calls, power cuts."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import Effect, ReadClock, Reboot, WakeAt
from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.screen import RECONFIGURING, Frame
from phone_sim.licensing import license_file
from phone_sim.runtime.clock import Clock, ManualClock, ScaledClock, SystemClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.scheduler import ApsScheduler, HeapScheduler
from phone_sim.runtime.transport.memory import serve
from tests.make import LDAP, SITE_FILE, signed_key, until, utc
from tests.runtime.phones import BOUND, CONFIGURATION, Bench, bench, within

NEW_YEAR = utc("2026-01-01T12:00")
DAY = timedelta(days=1)
A_DAY_A_SECOND = 86400


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + BOUND
    while not is_so():
        assert time.monotonic() < end, "it never became so"
        time.sleep(0.005)


def licensed_until(last_day: str) -> dict[str, bytes]:
    """A boot server's files with a site license for the corporate directory that ends."""
    return CONFIGURATION | {SITE_FILE: license_file.write([signed_key({LDAP: until(last_day)})])}


# --- the clocks


@pytest.mark.parametrize("clock", [SystemClock(), ScaledClock(NEW_YEAR, 3600), ManualClock(NEW_YEAR)])
def test_clock_that_is_set_shows_an_instant_in_utc(clock: Clock) -> None:
    now = clock.now()
    assert now is not None
    assert now.tzinfo is clock.instant().tzinfo is UTC


def test_unset_clock_shows_nothing_but_runs() -> None:
    clock = ManualClock()
    clock.pass_to(UNSET_CLOCK + DAY)
    assert (clock.now(), clock.instant()) == (None, UNSET_CLOCK + DAY)
    clock.set(NEW_YEAR)
    assert clock.now() == clock.instant() == NEW_YEAR


@pytest.mark.parametrize("speed", [0.5, 1, 60, 3600])
def test_scaled_time_is_translated_by_its_speed(speed: float) -> None:
    clock = ScaledClock(NEW_YEAR, speed)
    for days in (-365, 0, 365):
        passed = clock.wall_time_of(NEW_YEAR + days * DAY) - clock.wall_time_of(NEW_YEAR)
        assert abs(passed - days * DAY / speed) < timedelta(seconds=10)


def test_scaled_clock_shows_an_instant_at_its_wall_time() -> None:
    clock = ScaledClock(NEW_YEAR, 100)
    before = datetime.now(UTC)
    instant = clock.instant()
    after = datetime.now(UTC)
    slack = timedelta(seconds=1)
    assert before - slack <= clock.wall_time_of(instant) <= after + slack


def test_manual_clock_is_waited_for_by_nobody() -> None:
    assert ManualClock().wall_time_of(NEW_YEAR) == NEW_YEAR


@pytest.mark.parametrize("clock", [ScaledClock(None), ManualClock()])
def test_clock_starts_unset_is_set_and_forgets(clock: Clock) -> None:
    assert clock.now() is None
    assert clock.instant() - UNSET_CLOCK < DAY
    before = clock.elapsed()
    for instant in (NEW_YEAR, NEW_YEAR - 365 * DAY, NEW_YEAR + 365 * DAY):
        clock.set(instant)
        now = clock.now()
        assert now is not None
        assert timedelta() <= now - instant < DAY
    assert clock.elapsed() - before < DAY
    clock.forget()
    assert clock.now() is None
    assert clock.instant() - UNSET_CLOCK < DAY


def test_scaled_clock_that_was_set_keeps_its_speed() -> None:
    clock = ScaledClock(None, A_DAY_A_SECOND)
    clock.set(NEW_YEAR)
    passed = clock.wall_time_of(NEW_YEAR + 100 * DAY) - clock.wall_time_of(NEW_YEAR)
    assert abs(passed - timedelta(seconds=100)) < timedelta(seconds=10)


# --- the scheduler in virtual time


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NEW_YEAR)


def test_entries_are_called_in_the_order_of_time_then_of_making(clock: ManualClock) -> None:
    scheduler = HeapScheduler(clock)
    called: list[tuple[str, datetime]] = []
    for name, days in (("third", 3), ("first", 1), ("second", 2), ("third again", 3)):
        scheduler.at(NEW_YEAR + days * DAY, lambda name=name: called.append((name, clock.instant())))  # type: ignore[misc]
    scheduler.run(3 * DAY)
    assert called == [
        ("first", NEW_YEAR + DAY),
        ("second", NEW_YEAR + 2 * DAY),
        ("third", NEW_YEAR + 3 * DAY),
        ("third again", NEW_YEAR + 3 * DAY),
    ]


def test_entry_that_is_not_due_waits(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[int]()
    scheduler.after(10, lambda: called.append(1))
    scheduler.run(timedelta(seconds=9))
    assert (called, clock.instant()) == ([], NEW_YEAR + timedelta(seconds=9))
    scheduler.run(timedelta(seconds=1))
    assert called == [1]


def test_canceled_entry_is_not_called(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[int]()
    entries = [scheduler.after(seconds, lambda: called.append(1)) for seconds in (1, 2, 3)]
    entries[1].cancel()
    scheduler.at(NEW_YEAR + timedelta(seconds=2.5), entries[2].cancel)
    scheduler.run(DAY)
    assert called == [1]
    entries[0].cancel()


def test_entry_made_while_running_is_called_in_its_time(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[datetime]()

    def tick() -> None:
        called.append(clock.instant())
        scheduler.after(86400, tick)

    scheduler.after(0, tick)
    scheduler.run(10 * DAY)
    assert called == [NEW_YEAR + count * DAY for count in range(11)]


def test_entry_of_the_past_is_called_and_time_does_not_go_back(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[datetime]()
    scheduler.at(NEW_YEAR - DAY, lambda: called.append(clock.instant()))
    scheduler.run_until(NEW_YEAR - DAY)
    assert called == [NEW_YEAR]
    assert clock.instant() == NEW_YEAR


@pytest.mark.parametrize("to", [NEW_YEAR - 1000 * DAY, NEW_YEAR + 1000 * DAY])
def test_entry_after_a_time_does_not_heed_what_the_clock_is_set_to(clock: ManualClock, to: datetime) -> None:
    scheduler, called = HeapScheduler(clock), list[timedelta]()
    scheduler.after(3600, lambda: called.append(clock.elapsed()))
    scheduler.after(60, lambda: clock.set(to))
    scheduler.run(DAY)
    assert called == [timedelta(hours=1)]
    assert (clock.elapsed(), clock.now()) == (DAY, to + DAY - timedelta(seconds=60))


def test_entry_at_an_instant_heeds_what_the_clock_is_set_to(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[tuple[str, timedelta]]()
    for name, days in (("soon", 1), ("late", 100)):
        scheduler.at(NEW_YEAR + days * DAY, lambda name=name: called.append((name, clock.elapsed())))  # type: ignore[misc]
    scheduler.after(60, lambda: clock.set(NEW_YEAR + 99 * DAY))
    scheduler.run(2 * DAY)
    assert called == [("soon", timedelta(seconds=60)), ("late", DAY + timedelta(seconds=60))]


def test_clock_that_is_set_back_again_and_again_does_not_hold_up_time(clock: ManualClock) -> None:
    scheduler, called = HeapScheduler(clock), list[int]()

    def stand_still() -> None:
        clock.set(NEW_YEAR)
        called.append(1)
        scheduler.after(86400, stand_still)

    scheduler.after(86400, stand_still)
    scheduler.run_until(NEW_YEAR + 100 * DAY)
    assert (len(called), clock.elapsed()) == (100, 100 * DAY)


# --- a phone in virtual time


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


# --- the scheduler in real and scaled time


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    eventually(lambda: set(threading.enumerate()) <= before)


@pytest.fixture
def fast(no_thread_is_left: None) -> Iterator[tuple[ScaledClock, ApsScheduler]]:  # noqa: ARG001 - checks afterwards
    """A day in a second, from noon of New Year's Day 2026."""
    clock = ScaledClock(NEW_YEAR, A_DAY_A_SECOND)
    scheduler = ApsScheduler(clock)
    yield clock, scheduler
    scheduler.close()


@pytest.fixture
def real(no_thread_is_left: None) -> Iterator[tuple[ScaledClock, ApsScheduler]]:  # noqa: ARG001 - checks afterwards
    """Real time, from noon of New Year's Day 2026."""
    clock = ScaledClock(NEW_YEAR)
    scheduler = ApsScheduler(clock)
    yield clock, scheduler
    scheduler.close()


Fast = tuple[ScaledClock, ApsScheduler]


def test_entries_are_called_when_scaled_time_comes(fast: Fast) -> None:
    clock, scheduler = fast
    called: list[datetime] = []
    for days in (0.5, 0.2, 0.1):
        scheduler.after(days * 86400, lambda: called.append(clock.instant()))
    eventually(lambda: len(called) == 3)
    assert min(called) > NEW_YEAR


def test_entry_that_is_late_is_called_all_the_same(fast: Fast) -> None:
    _, scheduler = fast
    called = threading.Event()
    scheduler.at(NEW_YEAR - 1000 * DAY, called.set)
    assert called.wait(BOUND)


def test_canceled_entry_is_not_called_in_scaled_time(fast: Fast) -> None:
    _, scheduler = fast
    called: list[str] = []
    scheduler.after(0.2 * 86400, lambda: called.append("canceled")).cancel()
    late = scheduler.after(0.4 * 86400, lambda: called.append("called"))
    eventually(lambda: bool(called))
    late.cancel()
    assert called == ["called"]


def test_entry_made_by_an_entry_is_called(fast: Fast) -> None:
    _, scheduler = fast
    called = threading.Event()

    def again() -> None:
        scheduler.after(3600, called.set)

    scheduler.after(0, again)
    assert called.wait(BOUND)


def test_entry_at_an_instant_is_called_when_the_clock_is_set_to_it(real: Fast) -> None:
    clock, scheduler = real
    called = threading.Event()
    scheduler.at(NEW_YEAR + 365 * DAY, called.set)
    assert not called.wait(0.01)
    clock.set(NEW_YEAR + 366 * DAY)
    assert called.wait(BOUND)


def test_entry_at_an_instant_is_not_called_when_the_clock_was_set_back(real: Fast) -> None:
    clock, scheduler = real
    called: list[str] = []
    canceled = scheduler.at(clock.instant() + timedelta(seconds=2), lambda: called.append("at"))
    scheduler.after(3, lambda: called.append("after"))
    clock.set(NEW_YEAR - 365 * DAY)
    eventually(lambda: bool(called))
    canceled.cancel()
    assert called == ["after"]


class SteppedTime(datetime):
    """The system's clock, which somebody has set."""

    step = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "SteppedTime":
        stepped = datetime.now(tz) + cls.step
        return cls.combine(stepped.date(), stepped.timetz())


@pytest.mark.parametrize("hours", [-1, 1])
def test_step_of_the_systems_clock_makes_nothing_late_or_early(
    real: Fast, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    for module in ("apscheduler.schedulers.base", "phone_sim.runtime.clock", "phone_sim.runtime.scheduler"):
        monkeypatch.setattr(f"{module}.datetime", SteppedTime)
    clock, scheduler = real
    called: list[tuple[str, datetime]] = []
    scheduler.after(2, lambda: called.append(("after", clock.instant())))
    at = clock.instant() + timedelta(seconds=2)
    scheduler.at(at, lambda: called.append(("at", clock.instant())))
    later = scheduler.after(1800, lambda: called.append(("later", clock.instant())))
    monkeypatch.setattr(SteppedTime, "step", timedelta(hours=hours))
    eventually(lambda: len(called) == 2)
    later.cancel()
    assert {name for name, _ in called} == {"after", "at"}
    assert all(instant >= at - timedelta(seconds=0.1) for _, instant in called)


@pytest.mark.usefixtures("no_thread_is_left")
def test_closed_scheduler_calls_nothing_and_leaves_no_thread() -> None:
    scheduler = ApsScheduler(SystemClock())
    scheduler.after(3600, lambda: None)
    scheduler.close()


@pytest.mark.usefixtures("no_thread_is_left")
def test_scheduler_can_be_closed_while_it_is_busy() -> None:
    for _ in range(50):
        scheduler = ApsScheduler(SystemClock())
        called = threading.Event()
        for _ in range(20):
            scheduler.after(0, called.set)
        assert called.wait(BOUND)
        scheduler.close()


def fast_phone(fast: Fast, files: dict[str, bytes]) -> Bench:
    """A phone in scaled time, switched on."""
    clock, scheduler = fast
    phone = bench(serve(files), clock=clock, scheduler=scheduler)
    within(phone.driver.power_on)
    return phone


def test_phone_reboots_after_expiry_in_scaled_time(fast: Fast) -> None:
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    assert phone.enabled == ("LDAP",)
    eventually(lambda: phone.driver.reboots == ["a license has expired"] and phone.phone.state is State.IDLE)
    assert isinstance(phone.gate("LDAP"), NotLicensed)
    assert len(phone.texts("License: key for LDAP expiry FRI JAN 02 23:59:59 2026 has expired")) == 1


def test_call_at_expiry_is_waited_for_in_scaled_time(fast: Fast) -> None:
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    phone.driver.start_call()
    eventually(lambda: phone.phone.state is State.WAITING_FOR_IDLE)
    assert phone.driver.reboots == []
    phone.driver.end_call()
    eventually(lambda: phone.driver.reboots == ["a license has expired"] and phone.phone.state is State.IDLE)


def test_phone_without_power_is_not_woken_in_scaled_time(fast: Fast) -> None:
    clock, _ = fast
    phone = fast_phone(fast, licensed_until("2026-01-02"))
    phone.driver.cut_power()
    until_later = clock.instant() + 3 * DAY
    eventually(lambda: clock.instant() > until_later)
    assert (phone.phone.state, phone.driver.reboots) == (State.OFF, [])
