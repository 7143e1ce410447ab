"""Virtual time: what several threads do with it, and which instants it knows."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from phone_sim.errors import UsageError
from phone_sim.runtime.system_time import SystemTime
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import utc
from tests.runtime.phones import within

DAY = timedelta(days=1)
START = utc("2026-03-10T12:00")


def in_another_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
def test_no_day_is_lost_when_two_threads_let_time_pass() -> None:
    time, threads = VirtualTime(START), list[threading.Thread]()

    def begin_another() -> None:
        threads.append(in_another_thread(lambda: time.run(DAY)))
        threads[0].join(0.3)  # it would be through by then if it did not wait for its turn

    time.scheduler.after(DAY.total_seconds(), begin_another)
    time.run(2 * DAY)
    threads[0].join()
    assert time.now == START + 3 * DAY


@pytest.mark.slow
def test_two_threads_that_run_to_the_same_instant_get_there_once() -> None:
    time, threads = VirtualTime(START), list[threading.Thread]()
    called: list[datetime | None] = []

    def begin_another() -> None:
        threads.append(in_another_thread(lambda: time.run_until(START + 3 * DAY)))
        threads[0].join(0.3)

    time.scheduler.after(2 * DAY.total_seconds(), lambda: called.append(time.now))
    time.scheduler.after(DAY.total_seconds(), begin_another)
    time.run_until(START + 3 * DAY)
    threads[0].join()
    assert (time.now, called) == (START + 3 * DAY, [START + 2 * DAY])


def test_thread_that_lets_time_pass_may_do_so_again_on_the_way() -> None:
    time = VirtualTime(START)
    time.scheduler.after(DAY.total_seconds(), lambda: time.run(DAY))
    within(lambda: time.run(3 * DAY))
    assert time.now == START + 3 * DAY


def test_look_at_the_systems_time_does_not_wait_for_a_thread_that_lets_it_pass() -> None:
    time, seen = SystemTime(), list[datetime | None]()
    time.scheduler.after(DAY.total_seconds(), lambda: in_another_thread(lambda: seen.append(time.now)).join(60))
    time.run(2 * DAY)
    assert len(seen) == 1


@pytest.mark.parametrize(
    "instant",
    [
        "1969-12-31T23:59:59",
        "1970-01-01T00:00+07:00",
        "2187-01-01",
        "0001-01-01",
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=12))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=12))),
    ],
)
def test_instant_out_of_range_is_refused(instant: datetime | str) -> None:
    time = VirtualTime(START)
    for refused in (VirtualTime, time.set, time.run_until):
        with pytest.raises(UsageError, match="is not between 1970 and 2186"):
            refused(instant)
    assert time.now == START


@pytest.mark.parametrize("span", [timedelta.max, timedelta(days=365 * 161)])
def test_time_does_not_pass_beyond_the_last_year(span: timedelta) -> None:
    time = VirtualTime(START)
    with pytest.raises(UsageError, match="the end is not between 1970 and 2186"):
        time.run(span)
    assert time.now == START
    time.run(timedelta(days=365 * 160))
