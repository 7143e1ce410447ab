"""The master of a run in several processes: it has no phones, gives each worker a range of them, and collects reports.

Locust's own master carries the messages and the statistics. Locust gives the users of a lost worker to other workers;
phones stay where they are, because nobody knows what the phones of a lost worker still do. They count as lost, and the
run goes on.
"""

import math
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

import gevent
from gevent.event import Event
from locust import User
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import STATE_MISSING, STATE_RUNNING, STATE_SPAWNING, MasterRunner
from zmq import ZMQError

from phone_sim.errors import MacAddressError, UsageError
from phone_sim.fleet.on_locust.assigned_run import AssignedRun
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.on_locust.dispatcher import PhoneDispatcher
from phone_sim.fleet.on_locust.phone_queries import PhoneQueries
from phone_sim.fleet.on_locust.phone_range import OnLine
from phone_sim.fleet.on_locust.runner import GRACE, FleetUser
from phone_sim.fleet.on_locust.worker_messages import BoundedServer, sound_message
from phone_sim.fleet.protocol.message import read_message
from phone_sim.fleet.protocol.message_names import ANSWER, ASSIGNMENT, HELLO, LINE, LINE_LIMIT, REFUSAL, REPORT
from phone_sim.fleet.protocol.phone_details import PhoneDetails, PhoneDetailsError, planned_phone
from phone_sim.fleet.protocol.run_setup import Assignment, RunSetup, split_evenly
from phone_sim.fleet.protocol.run_status import ProcessReport, RunStatus
from phone_sim.mac_address import MacAddress
from phone_sim.printable import printable

WORKER_LIMIT = 1000
"""Maximum number of workers that have ever come to a master (our choice)."""
EXCEPTION_LIMIT = 100
"""Maximum number of exceptions of workers that are kept (our choice)."""
_LOOK_EVERY = 0.5
_LAST_REPORT_WITHIN = 5.0


class FleetMaster(MasterRunner):
    """Gives phones to workers, and collects their reports. `all_lost` is set when a run has lost all its workers."""

    def __init__(
        self,
        environment: Environment,
        setup: RunSetup,
        *,
        bind: tuple[str, int],
        on_line: OnLine,
        talk: Callable[[str], None],
    ) -> None:
        self.all_lost = Event()
        self._host = bind[0]
        self._setup = setup
        self._on_line = on_line
        self._tell = talk
        self._hellos: dict[str, tuple[int, str]] = {}
        self._run: AssignedRun | None = None
        self._runs = 0
        self._ramp: gevent.Greenlet | None = None
        self._queries = PhoneQueries(self.send_message)
        server = BoundedServer(*bind)
        super().__init__(environment, "127.0.0.1", 0)
        self.server.close(linger=0)  # Locust's own, which has no bounds
        self.server = server
        self.register_message(HELLO, self._on_hello)
        self.register_message(REFUSAL, self._on_refusal)
        self.register_message(LINE, self._on_logged_line)
        self.register_message(ANSWER, self._on_answer)
        environment.events.worker_report.add_listener(self._on_report)
        self.greenlet.spawn(self._watch)

    @property
    def port(self) -> int:
        """The port on which it listens for workers."""
        return int(self.server.port)

    def ready(self) -> list[str]:
        """The names of the workers that can get phones."""
        nodes = [*self.clients.ready, *self.clients.spawning, *self.clients.running]
        return [node.id for node in nodes if node.id in self._hellos]

    def mark_ended(self, pids: Collection[int]) -> None:
        """Count the workers with these process ids as lost at once: their processes have ended."""
        for name, (pid, _) in self._hellos.items():
            if pid in pids and (node := self.clients.get(name)) is not None:
                node.heartbeat = -1

    def start(
        self, user_count: int, spawn_rate: float, wait: bool = False, user_classes: list[type[User]] | None = None
    ) -> None:
        """Start to switch on the phones, and return at once; a run that has begun keeps its workers and phones."""
        if self.state not in (STATE_SPAWNING, STATE_RUNNING):
            self._run = self._new_run(user_count)
        if self._run is None:
            self._talk("no worker is there yet: nothing was started")
            return
        self._users_dispatcher = self._run.dispatcher
        self._end_ramp()
        # Locust starts in the calling greenlet, which may be the one that listens to the workers.
        self._ramp = self.greenlet.spawn(super().start, user_count, spawn_rate, wait, user_classes)

    def stop(self, send_stop_to_client: bool = True) -> None:
        """Stop all phones. A worker that does not send its final report in time is lost."""
        self._end_ramp()
        was_running = self.state in (STATE_SPAWNING, STATE_RUNNING)
        super().stop(send_stop_to_client)
        if self._run is not None and was_running:
            self._await_reports(self._run)

    def reset_connection(self) -> None:
        """Listen again at the same port."""
        self.server.close(linger=0)
        try:
            self.server = BoundedServer(self._host, self.port)
            self.connection_broken = False
        except ZMQError as error:  # Locust tries again
            self._talk(f"the master cannot listen at {self._host}:{self.port}: {error}")

    def handle_message(self, client_id: str, msg: Message) -> None:
        """Handle a message of a worker; one that is not sound is said, and does nothing."""
        try:
            sound = sound_message(client_id, msg, self.stats)
            if client_id not in self.worker_indexes and len(self.worker_indexes) >= WORKER_LIMIT:
                raise UsageError(f"another worker comes: {WORKER_LIMIT} are the most")
        except UsageError as error:
            self._talk(str(error))
        else:
            if sound is not None:
                super().handle_message(client_id, sound)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        """Keep an exception of a worker, up to `EXCEPTION_LIMIT` of them."""
        if len(self.exceptions) < EXCEPTION_LIMIT:
            super().log_exception(node_id, msg, formatted_tb)

    def client_listener(self) -> NoReturn:
        """Receive messages; Locust stops receiving after a message that it cannot read."""
        while True:
            try:
                super().client_listener()
            except Exception as error:
                self._talk(f"what somebody says to the master cannot be read: {error!r}")

    def status(self) -> RunStatus:
        """The status of the last run."""
        return RunStatus.before(self._setup.population) if self._run is None else self._run.status()

    def details(self, mac: MacAddress) -> PhoneDetails:
        """The details of a phone, from its worker, within some seconds. Raises PhoneDetailsError if there are none."""
        run = self._run
        number, phone = planned_phone((self._setup if run is None else run.setup).population, mac)
        if run is None:
            return PhoneDetails.off(phone)
        worker = run.worker_of(number)
        if self.clients.get(worker.name) is None and worker.lost_at is None:
            raise PhoneDetailsError(410, f"{worker}, which had {mac}, has ended")
        try:
            return self._queries.ask(worker, run.number, number, phone)
        except RPCError as error:
            raise PhoneDetailsError(504, f"{worker}, which has {mac}, cannot be asked: {error}") from error

    def _talk(self, words: str) -> None:
        """Say something that may hold words of workers."""
        self._tell(printable(words))

    def _new_run(self, users: int) -> AssignedRun | None:
        names = self.ready()
        if not names:
            return None
        self._runs += 1
        self.all_lost.clear()
        setup = self._setup.of(users)
        at_once = math.ceil(setup.at_once / len(names))
        workers = {}
        for name, numbers in zip(names, split_evenly(users, len(names)), strict=True):
            pid, host = self._hellos[name]
            index = self.worker_indexes[name]
            workers[name] = AssignedWorker(name=name, index=index, pid=pid, host=host, numbers=numbers)
            assignment = Assignment(setup=replace(setup, at_once=at_once), numbers=numbers, run=self._runs)
            self.send_message(ASSIGNMENT, assignment.message(), name)
        sizes = {name: len(worker.numbers) for name, worker in workers.items()}
        dispatcher = PhoneDispatcher(FleetUser, sizes)
        return AssignedRun(number=self._runs, setup=setup, workers=workers, dispatcher=dispatcher)

    def _await_reports(self, run: AssignedRun) -> None:
        """Wait for the final reports."""
        end = time.monotonic() + GRACE + _LAST_REPORT_WITHIN
        while awaited := run.awaited:
            if time.monotonic() > end:
                for worker in awaited:
                    self._lose(run, worker, "it did not say how its phones ended")
            gevent.sleep(0.05)

    def _end_ramp(self) -> None:
        if self._ramp is not None and self._ramp is not gevent.getcurrent():
            self._ramp.kill()
        self._ramp = None

    def _watch(self) -> None:
        """Look again and again for lost workers, and for lost workers that are there again."""
        while True:
            gevent.sleep(_LOOK_EVERY)
            if (run := self._run) is not None:
                for worker in run.workers.values():
                    self._look_at(run, worker)
                if run.is_lost:
                    self.all_lost.set()

    def _look_at(self, run: AssignedRun, worker: AssignedWorker) -> None:
        node = self.clients.get(worker.name)
        is_gone = (node is None or node.state == STATE_MISSING) and not worker.is_final
        if is_gone and worker.lost_at is None:
            self._lose(run, worker, "it has ended" if node is None else "it is not heard of any more")
        elif not is_gone and worker.lost_at is not None:
            worker.lost_at, worker.reason = None, ""
            self._talk(f"{worker} is there again")

    def _lose(self, run: AssignedRun, worker: AssignedWorker, reason: str) -> None:
        worker.lost_at, worker.reason = datetime.now(UTC), worker.reason or reason
        worker.lost_after = run.seconds
        self._queries.give_up(worker)
        self._talk(f"{worker} is lost with its {len(worker.numbers)} phones: {worker.reason}")

    def _on_hello(self, msg: Message, **_: Any) -> None:
        try:
            fields = read_message("what a worker says", msg.data)
            self._hellos[msg.node_id] = (fields.whole("pid"), printable(fields.any_text("host")))
        except UsageError as error:
            self._talk(str(error))

    def _on_refusal(self, msg: Message, **_: Any) -> None:
        worker = None if self._run is None else self._run.workers.get(msg.node_id)
        try:
            if worker is not None:
                reason = read_message("what a worker says", msg.data).any_text("reason")
                worker.reason = f"it refuses: {printable(reason)}"
        except UsageError as error:
            self._talk(str(error))

    def _on_logged_line(self, msg: Message, **_: Any) -> None:
        try:
            fields = read_message("what a worker says", msg.data)
            mac, line = MacAddress.parse(fields.any_text("mac")), fields.any_text("line", LINE_LIMIT)
        except (UsageError, MacAddressError) as error:
            self._talk(str(error))
        else:
            if mac in self._setup.watched:
                self._on_line(mac, printable(line))

    def _on_answer(self, msg: Message, **_: Any) -> None:
        try:
            self._queries.receive(msg.node_id, msg.data)
        except UsageError as error:
            self._talk(str(error))

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:
        worker = None if self._run is None else self._run.workers.get(client_id)
        if self._run is None or worker is None or REPORT not in data:
            return
        try:
            report = ProcessReport.read(data[REPORT], worker.numbers)
        except UsageError as error:
            self._talk(str(error))
        else:
            if report.run == self._run.number:
                worker.report, worker.reported = report, self._run.seconds
