"""A worker of a run in several processes: it is told its phones by a master, and reports to it.

Importing this imports Locust, which replaces the sockets of its whole process.
"""

import os
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

import gevent
from gevent.event import Event
from gevent.os import make_nonblocking, nb_read
from locust import __version__
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import WorkerRunner

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.fleet.census import Census
from phone_sim.fleet.on_locust.interruption import interruption
from phone_sim.fleet.on_locust.master import ASSIGNMENT, HELLO, LINE, LINE_LIMIT, REFUSAL, REPORT
from phone_sim.fleet.on_locust.phone_range import PhoneRange, check_machine
from phone_sim.fleet.on_locust.runner import FleetUser, PartRunner, options
from phone_sim.fleet.protocol.message import Fields, sendable
from phone_sim.fleet.protocol.phone_details import PhoneDetails
from phone_sim.fleet.protocol.phone_queries import ANSWER, QUESTION, answer
from phone_sim.fleet.protocol.run_report import Report
from phone_sim.fleet.protocol.run_setup import Assignment
from phone_sim.mac_address import MacAddress

_LONGEST_SILENCE = 15.0
"""How long a master may be silent, in seconds: it says something every second; ours."""
_REPORT_EVERY = 1.0
_LINGER = 1000


class FleetWorker(PartRunner, WorkerRunner):
    """Has the phones that its master gives it. `ended` is set when it has nothing to do any more, and `failure` is why.

    Raises:
        PhoneSimError: no master answers in `patience` seconds.
        KeyboardInterrupt: somebody `interrupted` the wait for it.
    """

    def __init__(self, environment: Environment, master: tuple[str, int], patience: float, interrupted: Event) -> None:
        self.ended = Event()
        self._interrupted = interrupted
        self.failure: PhoneSimError | None = None
        self._patience = patience
        self._assignment: Assignment | None = None
        self._is_told_to_end = False
        self.is_dismissed = False
        super().__init__(environment, *master)
        environment.events.report_to_master.add_listener(self._on_report)

    def connect_to_master(self) -> None:
        """Say who this is, and wait for the answer; the connection itself is tried again all the time."""
        self.register_message(ASSIGNMENT, self._on_assignment)
        self.register_message(QUESTION, self._on_question)
        # In this order: a master that hears of somebody and has no worker yet takes its run for stopped.
        self.client.send(Message("client_ready", __version__, self.client_id))
        self.client.send(Message(HELLO, {"pid": os.getpid(), "host": socket.gethostname()}, self.client_id))
        gevent.wait([self.connection_event, self._interrupted], timeout=self._patience, count=1)
        if not self.connection_event.is_set():
            self.greenlet.kill()
            self.client.close(linger=0)
            if self._interrupted.is_set():
                raise KeyboardInterrupt
            raise PhoneSimError(
                f"no master answers at {self.master_host}:{self.master_port} in {self._patience:g} s: "
                "is phone-sim fleet --master running there?"
            )
        self.connected = True

    def heartbeat_timeout_checker(self) -> NoReturn:
        """End when the master is not heard of any more."""
        while True:
            gevent.sleep(1)
            heard = self.last_heartbeat_timestamp
            if heard and heard < time.time() - _LONGEST_SILENCE:
                self._fail(PhoneSimError(f"the master at {self.master_host}:{self.master_port} is gone"))

    def stats_reporter(self) -> NoReturn:
        """Report often: what a worker has not reported is lost with it."""
        while True:
            self._report()
            gevent.sleep(_REPORT_EVERY)

    def handle_message(self, msg: Message) -> None:
        """Do what the master says."""
        self._is_told_to_end |= msg.type in ("stop", "quit")
        self.is_dismissed = msg.type == "quit"
        try:
            super().handle_message(msg)
        finally:  # Locust ends the greenlet that this is, too
            if self.is_dismissed:
                self.ended.set()

    def stop(self) -> None:
        """Drop all phones, and report what became of them."""
        super().stop()
        self._report()

    def worker(self) -> NoReturn:
        """Hear the master; Locust would be deaf after a message that it cannot read."""
        while True:
            try:
                super().worker()
            except Exception as error:
                self._fail(UsageError(f"what the master says cannot be read: {error!r}"))
                gevent.sleep(1)

    def start_worker(self, user_classes_count: dict[str, int], **more: Any) -> None:
        """Have so many phones of those that the master has given."""
        if self._assignment is None:
            self._fail(UsageError("the master has given no phones: it is not one of phone-sim"))
        else:
            super().start_worker(user_classes_count, **more)

    def next_part(self) -> PhoneRange | None:
        """The phones that the master has given."""
        return None if self._assignment is None else PhoneRange(self.environment, self._assignment, self._send_line)

    def leave(self) -> None:
        """Let go of the master, which is told if it did not say so itself; for a second at most."""
        self.greenlet.kill()
        if not self.is_dismissed:
            self._say("quit", None)
        context = self.client.socket.context
        self.client.close(linger=_LINGER)
        context.term()

    def _on_assignment(self, msg: Message, **_: Any) -> None:
        try:
            assignment = Assignment.read(msg.data)
            check_machine(assignment.setup, assignment.numbers)
            self._assignment = assignment
            self._is_told_to_end = False
        except PhoneSimError as error:
            self._say(REFUSAL, {"reason": sendable(str(error))})
            self._fail(error)

    def _on_question(self, msg: Message, **_: Any) -> None:
        try:
            fields = Fields("what the master says", msg.data)
            told = self._particulars(fields.whole("run"), fields.whole("number"))
            self._say(ANSWER, answer(fields.whole("question"), told))
        except UsageError as error:
            self._fail(error)

    def _particulars(self, run: int, number: int) -> PhoneDetails | str:
        """What can be said of a phone, or why nothing can."""
        assignment, part = self._assignment, self.part
        if assignment is None or assignment.run != run or number not in assignment.numbers:
            return "this worker does not have it"
        if part is None or part.assignment is not assignment:
            return PhoneDetails.off(assignment.setup.population.phone(number))
        return part.particulars(number)

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002
        assignment, part = self._assignment, self.part
        if assignment is None:
            return
        if part is None or part.assignment is not assignment:
            off = Census.off(assignment.numbers)
            report = Report(run=assignment.run, census=off, final=self._is_told_to_end)
        else:
            report = part.report(final=part.is_over and self._is_told_to_end)
        data[REPORT] = report.message()

    def _send_line(self, mac: MacAddress, line: str) -> None:
        self._say(LINE, {"mac": mac.digits, "line": sendable(line, LINE_LIMIT)})

    def _say(self, word: str, data: dict[str, Any] | None) -> None:
        with suppress(RPCError):  # a master that takes no more is gone, which shows soon
            self.client.send(Message(word, data, self.client_id))

    def _report(self) -> None:
        with suppress(RPCError):
            self._send_stats()

    def _fail(self, error: PhoneSimError) -> None:
        self.failure = self.failure or error
        self.ended.set()


def run_worker(master: tuple[str, int], patience: float, *, ends_with_input: bool) -> None:
    """Be a worker until the master says that it is enough.

    With `ends_with_input` it ends as well when its standard input does, which is when whoever started it is gone.

    Raises:
        PhoneSimError: there is no master, or it is gone, or what it says cannot be used.
        KeyboardInterrupt: it was interrupted, or got SIGTERM.
    """
    if ends_with_input:
        gevent.spawn(_exit_with_input)
    environment = Environment(user_classes=[FleetUser], parsed_options=options())
    with interruption() as interrupted:
        runner = FleetWorker(environment, master, patience, interrupted)
        environment.runner = runner
        try:
            gevent.wait([runner.ended, interrupted], count=1)
        finally:
            runner.stop()
            runner.leave()
    if runner.failure is not None:
        raise runner.failure
    if not runner.is_dismissed:
        raise KeyboardInterrupt


def _exit_with_input() -> NoReturn:
    make_nonblocking(0)
    while nb_read(0, 4096):
        pass
    sys.stderr.flush()
    os._exit(1)  # there is nobody to report to
