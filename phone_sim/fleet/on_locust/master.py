"""The master of a run in several processes: it has no phones, gives each worker a range of them, and hears what became
of those.

Locust's own master carries the messages and the statistics. What Locust does about a worker that is lost, which is to
give its users to others, is not done with phones: nobody knows what a lost worker's phones still do. They count as
lost, and the run goes on.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

import gevent
from gevent.event import Event
from locust import User
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, MasterRunner

from phone_sim.errors import MacAddressError, UsageError
from phone_sim.fleet.census import Census
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.on_locust.dispatcher import PhoneDispatcher
from phone_sim.fleet.on_locust.phone_range import OnLine
from phone_sim.fleet.on_locust.runner import GRACE, FleetUser
from phone_sim.fleet.protocol.message import Fields
from phone_sim.fleet.protocol.phone_details import PhoneDetails, UntoldError, planned_phone
from phone_sim.fleet.protocol.phone_queries import ANSWER, PhoneQueries
from phone_sim.fleet.protocol.run_report import Picture, Report
from phone_sim.fleet.protocol.run_setup import Assignment, Setup, parts
from phone_sim.mac_address import MacAddress

HELLO, ASSIGNMENT, REFUSAL, LINE = "phone_sim_hello", "phone_sim_assignment", "phone_sim_refusal", "phone_sim_line"
"""Our own messages, beside those of Locust."""
REPORT = "phone_sim"
"""The key of a report among what a worker tells Locust's master."""
WORKER_LIMIT = 1000
"""Most workers that come to a master while it runs; ours."""
_LOOK_EVERY = 0.5
_LAST_WORD = 5.0
LINE_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run: which setup, which workers have which phones, and when it began."""

    number: int
    setup: Setup
    workers: dict[str, AssignedWorker]
    dispatcher: PhoneDispatcher
    began: float = field(default_factory=time.monotonic)


class FleetMaster(MasterRunner):
    """Gives phones to workers, and collects what these report. `all_lost` is set when no worker of a run is left."""

    def __init__(
        self,
        environment: Environment,
        setup: Setup,
        *,
        bind: tuple[str, int],
        on_line: OnLine,
        talk: Callable[[str], None],
    ) -> None:
        self.all_lost = Event()
        self._setup = setup
        self._on_line = on_line
        self._talk = talk
        self._hellos: dict[str, tuple[int, str]] = {}
        self._run: _Run | None = None
        self._runs = 0
        self._ramp: gevent.Greenlet | None = None
        self._inquiries = PhoneQueries(self.send_message)
        super().__init__(environment, *bind)
        self.register_message(HELLO, self._on_hello)
        self.register_message(REFUSAL, self._on_refusal)
        self.register_message(LINE, self._on_logged_line)
        self.register_message(ANSWER, self._on_answer)
        environment.events.worker_report.add_listener(self._on_report)
        self.greenlet.spawn(self._watch)

    @property
    def port(self) -> int:
        """Where it listens for workers."""
        return int(self.server.port)

    def ready(self) -> list[str]:
        """The names of the workers that can be given phones."""
        nodes = [*self.clients.ready, *self.clients.spawning, *self.clients.running]
        return [node.id for node in nodes if node.id in self._hellos]

    def miss(self, pids: Collection[int]) -> None:
        """Take the workers with these process ids for lost, without waiting for them: they were seen to have ended."""
        for name, (pid, _) in self._hellos.items():
            if pid in pids and (node := self.clients.get(name)) is not None:
                node.heartbeat = -1

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: list[type[User]] | None = None
    ) -> None:
        """Have the phones switched on, and return at once; a run that has begun keeps to its workers and phones."""
        if self.state not in (STATE_SPAWNING, STATE_RUNNING):
            self._run = self._new_run(user_count)
        if self._run is None:
            self._talk("no worker is there yet: nothing was started")
            return
        self._users_dispatcher = self._run.dispatcher
        self._end_ramp()
        # Locust would begin with this in whichever greenlet asks, also the one that listens to the workers.
        self._ramp = self.greenlet.spawn(super().start, user_count, spawn_rate, wait, user_classes)

    def stop(self, send_stop_to_client: bool = True) -> None:
        """Have all phones dropped. A worker that does not say in time what became of them is lost."""
        self._end_ramp()
        was_running = self.state in (STATE_SPAWNING, STATE_RUNNING)
        super().stop(send_stop_to_client)
        if self._run is not None and was_running:
            self._hear_all(self._run)

    def client_listener(self) -> NoReturn:
        """Hear the workers, and whoever else; Locust would be deaf after a message that it cannot read."""
        while True:
            try:
                super().client_listener()
            except Exception as error:
                self._talk(f"what somebody says to the master cannot be read: {error!r}")

    def picture(self) -> Picture:
        """What can be said of the phones of the last run."""
        run = self._run
        if run is None:
            return Picture.before(self._setup.population)
        reports = [each.report for each in run.workers.values() if each.report is not None and each.lost_at is None]
        times = [each.report.licensed for each in run.workers.values() if each.report is not None]
        census = Census.together(each.census for each in run.workers.values())
        return Picture(
            census=census,
            busy=sum(report.busy for report in reports),
            waiting=sum(report.waiting for report in reports),
            licensed=sum(times, Counter()),
            unexpected=census.named(run.setup.population),
            workers=tuple(each.words(run.setup.population) for each in run.workers.values()),
        )

    def particulars(self, mac: MacAddress) -> PhoneDetails:
        """What the worker that has a phone says of it, within some seconds. Raises UntoldError where none does."""
        run = self._run
        number, phone = planned_phone((self._setup if run is None else run.setup).population, mac)
        if run is None:
            return PhoneDetails.off(phone)
        [worker] = [each for each in run.workers.values() if number in each.numbers]
        if self.clients.get(worker.name) is None and worker.lost_at is None:
            raise UntoldError(410, f"{worker}, which had {mac}, has ended")
        try:
            return self._inquiries.ask(worker, run.number, number, phone)
        except RPCError as error:
            raise UntoldError(504, f"{worker}, which has {mac}, cannot be asked: {error}") from error

    def _new_run(self, users: int) -> _Run | None:
        names = self.ready()
        if not names:
            return None
        self._runs += 1
        self.all_lost.clear()
        setup = self._setup.of(users, self.environment.host or self._setup.boot_server)
        at_once = math.ceil(setup.at_once / len(names))
        workers = {}
        for name, numbers in zip(names, parts(users, len(names)), strict=True):
            pid, host = self._hellos[name]
            index = self.worker_indexes[name]
            workers[name] = AssignedWorker(name=name, index=index, pid=pid, host=host, numbers=numbers)
            assignment = Assignment(setup=replace(setup, at_once=at_once), numbers=numbers, run=self._runs)
            self.send_message(ASSIGNMENT, assignment.message(), name)
        sizes = {name: len(worker.numbers) for name, worker in workers.items()}
        dispatcher = PhoneDispatcher(FleetUser, sizes)
        return _Run(number=self._runs, setup=setup, workers=workers, dispatcher=dispatcher)

    def _hear_all(self, run: _Run) -> None:
        """Wait for the last reports."""
        end = time.monotonic() + GRACE + _LAST_WORD
        while awaited := [each for each in run.workers.values() if not each.is_final and each.lost_at is None]:
            if time.monotonic() > end:
                for worker in awaited:
                    self._lose(run, worker, "it did not say how its phones ended")
            gevent.sleep(0.05)

    def _end_ramp(self) -> None:
        if self._ramp is not None and self._ramp is not gevent.getcurrent():
            self._ramp.kill()
        self._ramp = None

    def _watch(self) -> None:
        """Look who is lost; who is heard of again after all is not."""
        while True:
            gevent.sleep(_LOOK_EVERY)
            if (run := self._run) is not None:
                for worker in run.workers.values():
                    self._look_at(run, worker)
                if all(worker.lost_at is not None for worker in run.workers.values()):
                    self.all_lost.set()

    def _look_at(self, run: _Run, worker: AssignedWorker) -> None:
        node = self.clients.get(worker.name)
        is_gone = (node is None or node.state == STATE_MISSING) and not worker.is_final
        if is_gone and worker.lost_at is None:
            self._lose(run, worker, "it has ended" if node is None else "it is not heard of any more")
        elif not is_gone and worker.lost_at is not None:
            worker.lost_at, worker.reason = None, ""
            self._talk(f"{worker} is there again")

    def _lose(self, run: _Run, worker: AssignedWorker, reason: str) -> None:
        worker.lost_at, worker.reason = datetime.now(UTC), worker.reason or reason
        worker.lost_after = time.monotonic() - run.began
        self._inquiries.give_up(worker)
        self._talk(f"{worker} is lost with its {len(worker.numbers)} phones: {worker.reason}")

    def _on_hello(self, msg: Message, **_: Any) -> None:
        try:
            fields = Fields("what a worker says", msg.data)
            if len(self._hellos) >= WORKER_LIMIT:
                raise UsageError(f"another worker comes: {WORKER_LIMIT} are the most")
            self._hellos[msg.node_id] = (fields.whole("pid"), fields.text("host"))
        except UsageError as error:
            self._talk(str(error))

    def _on_refusal(self, msg: Message, **_: Any) -> None:
        worker = None if self._run is None else self._run.workers.get(msg.node_id)
        try:
            if worker is not None:
                worker.reason = f"it refuses: {Fields('what a worker says', msg.data).text('reason')}"
        except UsageError as error:
            self._talk(str(error))

    def _on_logged_line(self, msg: Message, **_: Any) -> None:
        try:
            fields = Fields("what a worker says", msg.data)
            mac, line = MacAddress.parse(fields.text("mac")), fields.text("line", LINE_LIMIT)
        except (UsageError, MacAddressError) as error:
            self._talk(str(error))
        else:
            if mac in self._setup.watched:
                self._on_line(mac, line)

    def _on_answer(self, msg: Message, **_: Any) -> None:
        try:
            self._inquiries.hear(msg.node_id, msg.data)
        except UsageError as error:
            self._talk(str(error))

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:
        worker = None if self._run is None else self._run.workers.get(client_id)
        if self._run is None or worker is None or REPORT not in data:
            return
        try:
            report = Report.read(data[REPORT], worker.numbers)
        except UsageError as error:
            self._talk(str(error))
        else:
            if report.run == self._run.number:
                worker.report, worker.reported = report, time.monotonic() - self._run.began
