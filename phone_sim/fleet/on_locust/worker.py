"""A worker of a run in several processes: it gets its phones from a master, and reports to it."""

import os
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NoReturn

import gevent
from gevent.event import Event
from gevent.os import tp_read
from locust import __version__
from locust.env import Environment
from locust.exception import RPCError
from locust.rpc import Message
from locust.runners import WorkerRunner

from phone_sim.errors import PhoneSimError, UsageError
from phone_sim.fleet.census import Census
from phone_sim.fleet.on_locust.interruption import Interruption, interruption
from phone_sim.fleet.on_locust.phone_queries import answer_message
from phone_sim.fleet.on_locust.phone_range import PhoneRange, check_machine
from phone_sim.fleet.on_locust.runner import FleetUser, RangeRunner, options
from phone_sim.fleet.protocol.message import read_message, sendable
from phone_sim.fleet.protocol.message_names import (
    ANSWER,
    ASSIGNMENT,
    HELLO,
    LINE,
    LINE_LIMIT,
    QUESTION,
    REFUSAL,
    REPORT,
)
from phone_sim.fleet.protocol.phone_details import PhoneDetails
from phone_sim.fleet.protocol.run_setup import Assignment
from phone_sim.fleet.protocol.run_status import ProcessReport
from phone_sim.mac_address import MacAddress

_LONGEST_SILENCE = 15.0
"""Seconds that a master may be silent; it sends a message every second (our choice)."""
_REPORT_EVERY = 1.0
_LINGER = 1000


class FleetWorker(RangeRunner, WorkerRunner):
    """Runs the phones that its master gives it. `ended` is set when its work is over, `failure` if an error ended it.

    Raises:
        PhoneSimError: no master answers in `patience` seconds.
        Interrupted: `interrupted` was set while it waited.
    """

    def __init__(
        self, environment: Environment, master: tuple[str, int], patience: float, interrupted: Interruption
    ) -> None:
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
        """Introduce this worker, and wait for the answer; the connection itself is retried all the time."""
        self.register_message(ASSIGNMENT, self._on_assignment)
        self.register_message(QUESTION, self._on_question)
        # In this order: a master that gets a message before it knows a worker counts its run as stopped.
        self.client.send(Message("client_ready", __version__, self.client_id))
        self.client.send(Message(HELLO, {"pid": os.getpid(), "host": socket.gethostname()}, self.client_id))
        gevent.wait([self.connection_event, self._interrupted], timeout=self._patience, count=1)
        if not self.connection_event.is_set():
            self.greenlet.kill()
            self.client.close(linger=0)
            if self._interrupted.is_set():
                raise self._interrupted.exception or KeyboardInterrupt
            raise PhoneSimError(
                f"no master answers at {self.master_host}:{self.master_port} in {self._patience:g} s: "
                "is phone-sim fleet --master running there?"
            )
        self.connected = True

    def heartbeat_timeout_checker(self) -> NoReturn:
        """End when the master is silent for too long."""
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
        """Handle a message of the master."""
        self._is_told_to_end |= msg.type in ("stop", "quit")
        self.is_dismissed = msg.type == "quit"
        try:
            super().handle_message(msg)
        finally:  # at the end, Locust kills this greenlet too
            if self.is_dismissed:
                self.ended.set()

    def stop(self) -> None:
        """Stop all phones, and send the final report."""
        super().stop()
        self._report()

    def worker(self) -> NoReturn:
        """Receive messages; Locust stops receiving after a message that it cannot read."""
        while True:
            try:
                super().worker()
            except Exception as error:
                self._fail(UsageError(f"what the master says cannot be read: {error!r}"))
                gevent.sleep(1)

    def start_worker(self, user_classes_count: dict[str, int], **more: Any) -> None:
        """Have as many of the assigned phones on as the master asks for."""
        if self._assignment is None:
            self._fail(UsageError("the master has given no phones: it is not one of phone-sim"))
        else:
            super().start_worker(user_classes_count, **more)

    def new_phone_range(self) -> PhoneRange | None:
        """The assigned phones."""
        return None if self._assignment is None else PhoneRange(self.environment, self._assignment, self._send_line)

    def leave(self) -> None:
        """Leave the master within a second, and tell it unless it sent this worker away."""
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
            fields = read_message("what the master says", msg.data)
            details = self._details(fields.whole("run"), fields.whole("number"))
            self._say(ANSWER, answer_message(fields.whole("question"), details))
        except UsageError as error:
            self._fail(error)

    def _details(self, run: int, number: int) -> PhoneDetails | str:
        """The details of a phone, or why there are none."""
        assignment, phone_range = self._assignment, self.phone_range
        if assignment is None or assignment.run != run or number not in assignment.numbers:
            return "this worker does not have it"
        if phone_range is None or phone_range.assignment is not assignment:
            return PhoneDetails.off(assignment.setup.population.phone(number))
        return phone_range.details(number)

    def _on_report(self, client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG002
        assignment, phone_range = self._assignment, self.phone_range
        if assignment is None:
            return
        if phone_range is None or phone_range.assignment is not assignment:
            off = Census.off(assignment.numbers)
            report = ProcessReport(run=assignment.run, census=off, final=self._is_told_to_end)
        else:
            report = phone_range.report(final=phone_range.is_over and self._is_told_to_end)
        data[REPORT] = report.message()

    def _send_line(self, mac: MacAddress, line: str) -> None:
        self._say(LINE, {"mac": mac.digits, "line": sendable(line, LINE_LIMIT)})

    def _say(self, name: str, data: dict[str, Any] | None) -> None:
        with suppress(RPCError):  # the master is gone, which shows soon
            self.client.send(Message(name, data, self.client_id))

    def _report(self) -> None:
        with suppress(RPCError):
            self._send_stats()

    def _fail(self, error: PhoneSimError) -> None:
        self.failure = self.failure or error
        self.ended.set()


def run_worker(master: tuple[str, int], patience: float, *, ends_with_input: bool) -> None:
    """Be a worker until the master ends the run.

    With `ends_with_input` it ends as well when its standard input does: the process that started it is gone.

    Raises:
        PhoneSimError: there is no master, or it is gone, or its messages cannot be used.
        Interrupted: a signal ended it.
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
        raise interrupted.exception or KeyboardInterrupt


def _exit_with_input() -> NoReturn:
    while tp_read(0, 4096):
        pass
    sys.stderr.flush()
    os._exit(1)  # nobody is left to report to
