"""Time on a desk: it passes by itself, at any speed, and whatever is to be done is done between."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest

from phone_sim.errors import DeskBusyError, UsageError
from phone_sim.web.desk.time import END_OF_TIME, FASTEST, DeskTime
from tests.web.desks import NOW, PATIENCE, eventually


@pytest.fixture
def time() -> Iterator[DeskTime]:
    time = DeskTime(NOW, speed=0)
    yield time
    time.close()


def test_paused_time_stands_still(time: DeskTime) -> None:
    for _ in range(20):
        time.do(lambda: None)
    assert time.now == NOW


@pytest.mark.slow
def test_time_passes_at_its_speed(time: DeskTime) -> None:
    time.do(lambda: time.run_at(FASTEST))
    assert eventually(lambda: time.now > NOW + timedelta(hours=6))
    assert time.speed_reached > 1


def test_hurry_ends_at_its_goal_and_calls_on_the_way(time: DeskTime) -> None:
    goal = NOW + timedelta(days=400)
    called: list[datetime] = []
    time.do(lambda: time.virtual.scheduler.at(NOW + timedelta(days=300), lambda: called.append(time.now)))
    time.do(lambda: time.go_to(goal))
    assert eventually(lambda: time.goal is None)
    assert time.now == goal
    assert called == [NOW + timedelta(days=300)]


def test_work_is_done_between_things_of_one_instant(time: DeskTime) -> None:
    done: list[str] = []
    at_work, asked = threading.Event(), threading.Event()

    def wait() -> None:
        done.append("first")
        at_work.set()
        asked.wait(PATIENCE)

    time.do(lambda: time.virtual.scheduler.after(1, wait))
    time.do(lambda: time.virtual.scheduler.after(1, lambda: done.append("second")))
    time.do(lambda: time.go_to(NOW + timedelta(seconds=1)))
    assert at_work.wait(PATIENCE)
    worker = threading.Thread(target=time.do, args=(lambda: done.append("work"),))
    worker.start()
    assert eventually(lambda: not time._jobs.empty())
    asked.set()
    worker.join(PATIENCE)
    assert eventually(lambda: time.goal is None)
    assert done == ["first", "work", "second"]


def test_pause_ends_a_hurry(time: DeskTime) -> None:
    def tick() -> None:
        time.virtual.scheduler.after(1, tick)

    time.do(tick)
    time.do(lambda: time.go_to(END_OF_TIME))
    assert eventually(lambda: time.now > NOW)
    time.do(lambda: time.run_at(0))
    reached = time.now
    assert time.goal is None
    for _ in range(20):
        time.do(lambda: None)
    assert time.now == reached < END_OF_TIME


@pytest.mark.parametrize("speed", [-1, FASTEST + 1, float("nan"), float("inf")])
def test_speed_out_of_range_is_refused(time: DeskTime, speed: float) -> None:
    with pytest.raises(UsageError, match="not among"):
        time.do(lambda: time.run_at(speed))


@pytest.mark.parametrize("instant", [NOW - timedelta(seconds=1), END_OF_TIME + timedelta(seconds=1)])
def test_goal_out_of_range_is_refused(time: DeskTime, instant: datetime) -> None:
    with pytest.raises(UsageError, match="not between"):
        time.do(lambda: time.go_to(instant))


@pytest.mark.slow
def test_time_does_not_pass_the_end_of_time() -> None:
    time = DeskTime(END_OF_TIME - timedelta(days=2), speed=FASTEST)
    try:
        assert eventually(lambda: time.now == END_OF_TIME)
        time.do(lambda: None)
        assert time.now == datetime(2186, 1, 1, tzinfo=UTC)
    finally:
        time.close()


def test_work_of_many_threads_is_done_one_after_the_other(time: DeskTime) -> None:
    busy: list[int] = []
    overlaps: list[int] = []

    def work() -> None:
        overlaps.extend(busy)
        busy.append(1)
        busy.pop()

    threads = [threading.Thread(target=lambda: [time.do(work) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []


def test_what_work_raises_comes_back(time: DeskTime) -> None:
    with pytest.raises(ZeroDivisionError):
        time.do(lambda: 1 // 0)
    assert time.do(lambda: 7) == 7


def test_error_on_the_scheduler_stops_time_and_not_the_desk(time: DeskTime, caplog: pytest.LogCaptureFixture) -> None:
    time.do(lambda: time.virtual.scheduler.at(NOW + timedelta(hours=1), lambda: 1 // 0))  # type: ignore[arg-type]
    time.do(lambda: time.run_at(FASTEST))
    assert eventually(lambda: time.speed == 0)
    assert "time stands still" in caplog.text
    assert time.do(lambda: 7) == 7


class Slow:
    """Work that goes on until it is let end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.may_end.wait(PATIENCE)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.may_end.set()


def ask_meanwhile(time: DeskTime, work: Callable[[], object]) -> "Future[object]":
    """Let another thread ask, and wait; what came of it."""
    asked: Future[object] = Future()

    def ask() -> None:
        try:
            asked.set_result(time.do(work))
        except BaseException as error:
            asked.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return asked


def does(time: DeskTime) -> bool:
    try:
        return time.do(lambda: True)
    except DeskBusyError:
        return False


@pytest.mark.slow
def test_busy_desk_says_so_and_leaves_undone_what_waited(slow: Slow) -> None:
    time = DeskTime(NOW, speed=0, patience=0.2)
    done: list[int] = []
    under_way = ask_meanwhile(time, slow)
    assert slow.begun.wait(PATIENCE)
    with pytest.raises(DeskBusyError, match=r"busy$"):
        time.do(lambda: done.append(1))
    with pytest.raises(DeskBusyError, match="under way"):
        under_way.result(PATIENCE)
    slow.may_end.set()
    assert eventually(lambda: does(time))
    assert done == []
    time.close()


def test_stopped_desk_lets_nobody_wait(time: DeskTime, slow: Slow) -> None:
    under_way = ask_meanwhile(time, slow)
    assert slow.begun.wait(PATIENCE)
    waiting = ask_meanwhile(time, lambda: 7)
    time.stop()
    with pytest.raises(DeskBusyError, match="has ended"):
        under_way.result(PATIENCE)
    slow.may_end.set()
    with pytest.raises(DeskBusyError, match="has ended"):
        waiting.result(PATIENCE)
    with pytest.raises(DeskBusyError, match="has ended"):
        time.do(lambda: 7)


def test_work_of_the_desks_thread_may_ask_for_more(time: DeskTime) -> None:
    assert time.do(lambda: time.do(lambda: 7)) == 7


@pytest.mark.slow
def test_time_passes_however_much_is_asked(time: DeskTime) -> None:
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            time.do(lambda: over.wait(0.001))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        time.do(lambda: time.run_at(FASTEST))
        assert eventually(lambda: time.now > NOW + timedelta(hours=6))
    finally:
        over.set()
        for asker in askers:
            asker.join(PATIENCE)
