"""Clocks: what they show, when that time comes for people, and that the system's clock is that of the system."""

import sys
import time
from datetime import UTC, timedelta

import pytest
from freezegun import freeze_time

from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.runtime.clock import Clock, ManualClock, ScaledClock, SystemClock
from tests.make import utc

NEW_YEAR = utc("2026-01-01T12:00")
DAY = timedelta(days=1)
THE_SYSTEMS = utc("2030-07-01T12:00")


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
    with freeze_time(THE_SYSTEMS) as frozen:
        clock = ScaledClock(NEW_YEAR, speed, passed=lambda: time.monotonic())
        for days in (-365, 0, 365):
            assert clock.wall_time_of(NEW_YEAR + days * DAY) == THE_SYSTEMS + days * DAY / speed
        frozen.tick(DAY)
        assert clock.now() == clock.instant() == NEW_YEAR + speed * DAY
        assert clock.wall_time_of(NEW_YEAR) == THE_SYSTEMS


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
    with freeze_time(THE_SYSTEMS):
        clock = ScaledClock(None, 86400, passed=lambda: time.monotonic())
        clock.set(NEW_YEAR)
        assert clock.wall_time_of(NEW_YEAR + 100 * DAY) == THE_SYSTEMS + timedelta(seconds=100)


@pytest.mark.parametrize("is_made_before", [True, False])
def test_system_clock_shows_what_the_system_shows(is_made_before: bool) -> None:
    clock = SystemClock()
    with freeze_time(THE_SYSTEMS) as frozen:
        clock = clock if is_made_before else SystemClock()
        for instant in (THE_SYSTEMS, THE_SYSTEMS + 365 * DAY, NEW_YEAR):
            frozen.move_to(instant)
            assert clock.now() == clock.instant() == instant
            assert clock.wall_time_of(instant + DAY) == instant + DAY


def test_system_clock_that_was_set_keeps_its_difference() -> None:
    with freeze_time(THE_SYSTEMS) as frozen:
        clock = SystemClock()
        clock.set(NEW_YEAR)
        frozen.tick(DAY)
        assert clock.now() == NEW_YEAR + DAY
        assert clock.elapsed() == DAY
        clock.forget()
        frozen.tick(DAY)
        assert (clock.now(), clock.instant()) == (None, UNSET_CLOCK + DAY)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other clocks that count it")
def test_time_in_suspend_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, read = ScaledClock(NEW_YEAR), time.clock_gettime
    suspended = 2 * DAY.total_seconds()
    monkeypatch.setattr(
        time, "clock_gettime", lambda which: read(which) + (suspended if which == time.CLOCK_BOOTTIME else 0)
    )
    assert 2 * DAY <= clock.elapsed() < 3 * DAY
    assert NEW_YEAR + 2 * DAY <= clock.instant() < NEW_YEAR + 3 * DAY
