"""A master's questions to its workers about single phones.

Each is answered within a time limit, or fails with the reason: the worker is lost, does not answer, or its answer
cannot be used. Too many questions at once are refused. This module does not know how messages travel.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gevent.event import AsyncResult
from gevent.timeout import Timeout

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.population.phones import PlannedPhone
from phone_sim.fleet.protocol.message import read_message
from phone_sim.fleet.protocol.message_names import QUESTION
from phone_sim.fleet.protocol.phone_details import PhoneDetails, PhoneDetailsError

ANSWERED_WITHIN = 3.0
"""Seconds that a worker has for an answer, fewer than until a silent worker counts as lost (our choice)."""
QUESTION_LIMIT = 20
"""Maximum number of questions that wait for an answer at the same time (our choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    worker: AssignedWorker
    phone: PlannedPhone
    answer: AsyncResult = field(default_factory=AsyncResult)


class PhoneQueries:
    """Asks workers; `send` takes the name of a message, its data, and the name of the worker."""

    def __init__(self, send: Callable[[str, dict[str, int], str], None]) -> None:
        self._send = send
        self._asked = 0
        self._open: dict[int, _Question] = {}

    def ask(self, worker: AssignedWorker, run: int, number: int, phone: PlannedPhone) -> PhoneDetails:
        """The worker's details of its phone of this number in this run.

        Raises:
            PhoneDetailsError: there is no answer, or not in time, or too many questions wait.
        """
        if len(self._open) >= QUESTION_LIMIT:
            raise PhoneDetailsError(503, f"{QUESTION_LIMIT} phones are asked for at this moment: ask again")
        if worker.lost_at is not None:
            raise PhoneDetailsError(410, _lost(worker, phone))
        self._asked += 1
        asked = self._asked
        question = self._open[asked] = _Question(worker=worker, phone=phone)
        try:
            self._send(QUESTION, {"question": asked, "run": run, "number": number}, worker.name)
            details: PhoneDetails = question.answer.get(timeout=ANSWERED_WITHIN)
        except Timeout:
            reason = f"{worker}, which has {phone.mac}, does not answer within {ANSWERED_WITHIN:g} s"
            raise PhoneDetailsError(504, reason) from None
        finally:
            del self._open[asked]
        return details

    def receive(self, name: str, data: Any) -> None:
        """Take a worker's answer. Raises UsageError if it answers no question that was put to this worker."""
        fields = read_message("what a worker says", data)
        question = self._open.get(fields.whole("question"))
        if question is None or question.worker.name != name:
            raise UsageError("what a worker says: nobody has asked it that, or waits for the answer")
        try:
            if refusal := fields.any_text("refusal"):
                raise PhoneDetailsError(502, f"{question.worker} says nothing of {question.phone.mac}: {refusal}")
            question.answer.set(PhoneDetails.read(fields.table("phone"), question.phone))
        except UsageError as error:
            reason = f"what {question.worker} says of {question.phone.mac} cannot be used: {error}"
            question.answer.set_exception(PhoneDetailsError(502, reason))
        except PhoneDetailsError as error:
            question.answer.set_exception(error)

    def give_up(self, worker: AssignedWorker) -> None:
        """Fail the questions to a worker that is lost."""
        for question in self._open.values():
            if question.worker is worker:
                question.answer.set_exception(PhoneDetailsError(410, _lost(worker, question.phone)))


def answer_message(question: int, details: PhoneDetails | str) -> dict[str, Any]:
    """A worker's answer: the details of the phone, or why there are none."""
    if isinstance(details, str):
        return {"question": question, "refusal": details}
    return {"question": question, "refusal": "", "phone": details.message()}


def _lost(worker: AssignedWorker, phone: PlannedPhone) -> str:
    return f"{worker}, which had {phone.mac}, is lost, and its log with it: {worker.reason}"
