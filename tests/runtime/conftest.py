"""Schedulers in real and scaled time, which leave no thread."""

import threading
from collections.abc import Iterator

import pytest

from phone_sim.runtime.clock import ScaledClock
from phone_sim.runtime.scheduler import ApsScheduler
from tests.runtime.phones import NEW_YEAR, Fast, eventually

A_DAY_A_SECOND = 86400


@pytest.fixture
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    eventually(lambda: set(threading.enumerate()) <= before)


@pytest.fixture
def fast(no_thread_is_left: None) -> Iterator[Fast]:  # noqa: ARG001 - checks afterwards
    """A day in a second, from noon of New Year's Day 2026."""
    clock = ScaledClock(NEW_YEAR, A_DAY_A_SECOND)
    scheduler = ApsScheduler(clock)
    yield clock, scheduler
    scheduler.close()
