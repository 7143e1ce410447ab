"""Schedulers: what is called when, in virtual time, in scaled time and by the system's clock."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo

import pytest
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from phone_sim.runtime.clock import ManualClock, ScaledClock, SystemClock
from phone_sim.runtime.scheduler import ApsScheduler, HeapScheduler
from tests.runtime.phones import BOUND, NEW_YEAR, Fast, eventually

DAY = timedelta(days=1)


# --- in virtual time


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


# --- in real and scaled time


@pytest.fixture
def real(no_thread_is_left: None) -> Iterator[tuple[ScaledClock, ApsScheduler]]:  # noqa: ARG001 - checks afterwards
    """Real time, from noon of New Year's Day 2026."""
    clock = ScaledClock(NEW_YEAR)
    scheduler = ApsScheduler(clock)
    yield clock, scheduler
    scheduler.close()


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_entry_at_an_instant_is_called_when_the_clock_is_set_to_it(real: Fast) -> None:
    clock, scheduler = real
    called = threading.Event()
    scheduler.at(NEW_YEAR + 365 * DAY, called.set)
    assert not called.wait(0.01)
    clock.set(NEW_YEAR + 366 * DAY)
    assert called.wait(BOUND)


@contextmanager
def by_the_systems_clock() -> Iterator[tuple[FrozenDateTimeFactory, SystemClock, ApsScheduler]]:
    """A scheduler by the system's clock, which is frozen at noon of New Year's Day 2026."""
    with freeze_time(NEW_YEAR) as frozen:
        assert isinstance(frozen, FrozenDateTimeFactory)
        clock = SystemClock()
        scheduler = ApsScheduler(clock)
        yield frozen, clock, scheduler
        scheduler.close()


@pytest.mark.slow
@pytest.mark.usefixtures("no_thread_is_left")
def test_entries_are_called_when_the_systems_clock_is_set_to_them() -> None:
    called: list[tuple[str, datetime]] = []
    with by_the_systems_clock() as (frozen, clock, scheduler):
        scheduler.at(NEW_YEAR + DAY, lambda: called.append(("at", clock.instant())))
        scheduler.after(86400, lambda: called.append(("after", clock.instant())))
        now = threading.Event()
        scheduler.at(NEW_YEAR, now.set)
        assert now.wait(BOUND)
        assert called == []
        frozen.tick(DAY)
        eventually(lambda: len(called) == 2)
    assert sorted(called) == [("after", NEW_YEAR + DAY), ("at", NEW_YEAR + DAY)]


@pytest.mark.usefixtures("no_thread_is_left")
def test_entry_at_an_instant_is_not_called_when_the_clock_was_set_back() -> None:
    called: list[str] = []
    with by_the_systems_clock() as (frozen, clock, scheduler):
        scheduler.at(NEW_YEAR + timedelta(seconds=2), lambda: called.append("at"))
        scheduler.after(3, lambda: called.append("after"))
        clock.set(NEW_YEAR - 365 * DAY)
        frozen.tick(timedelta(seconds=3))
        eventually(lambda: bool(called))
    assert called == ["after"]


class SteppedTime(datetime):
    """The system's clock, which somebody has set."""

    step = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "SteppedTime":
        stepped = datetime.now(tz) + cls.step
        return cls.combine(stepped.date(), stepped.timetz())


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-1, 1])
def test_step_of_the_systems_clock_makes_nothing_late_or_early(
    real: Fast, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    for module in ("apscheduler.schedulers.base", "phone_sim.runtime.clock", "phone_sim.runtime.scheduler"):
        monkeypatch.setattr(f"{module}.datetime", SteppedTime)
    clock, scheduler = real
    called: list[tuple[str, datetime]] = []
    scheduler.after(1, lambda: called.append(("after", clock.instant())))
    at = clock.instant() + timedelta(seconds=1)
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


@pytest.mark.slow
@pytest.mark.usefixtures("no_thread_is_left")
def test_scheduler_can_be_closed_while_it_is_busy() -> None:
    for _ in range(50):
        scheduler = ApsScheduler(SystemClock())
        called = threading.Event()
        for _ in range(20):
            scheduler.after(0, called.set)
        assert called.wait(BOUND)
        scheduler.close()
