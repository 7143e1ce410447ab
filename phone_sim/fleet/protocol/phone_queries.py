"""A master's questions about single phones, which only the worker knows that has them.

Each is answered within a time limit, or it is said why not: the worker is lost, says nothing, or says what cannot be
used. What is asked for many times at once is refused. This module does not know how messages travel.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gevent.event import AsyncResult
from gevent.timeout import Timeout

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.population.phones import PlannedPhone
from phone_sim.fleet.protocol.message import Fields
from phone_sim.fleet.protocol.phone_details import PhoneDetails, UntoldError

QUESTION, ANSWER = "phone_sim_question", "phone_sim_answer"
"""The messages of this."""
ANSWERED_WITHIN = 3.0
"""How long a worker has for an answer, in seconds, which is shorter than until a silent one is taken for lost; ours."""
QUESTION_LIMIT = 20
"""Most questions that wait for an answer at the same time; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    worker: AssignedWorker
    phone: PlannedPhone
    told: AsyncResult = field(default_factory=AsyncResult)


class PhoneQueries:
    """Asks workers by `send`, which takes the word of a message, what it holds, and the name of the worker."""

    def __init__(self, send: Callable[[str, dict[str, int], str], None]) -> None:
        self._send = send
        self._asked = 0
        self._open: dict[int, _Question] = {}

    def ask(self, worker: AssignedWorker, run: int, number: int, phone: PlannedPhone) -> PhoneDetails:
        """What the worker says of its phone of this number in this run.

        Raises:
            UntoldError: nobody says it, or not in time, or too much is asked.
        """
        if len(self._open) >= QUESTION_LIMIT:
            raise UntoldError(503, f"{QUESTION_LIMIT} phones are asked for at this moment: ask again")
        if worker.lost_at is not None:
            raise UntoldError(410, _lost(worker, phone))
        self._asked += 1
        asked = self._asked
        question = self._open[asked] = _Question(worker=worker, phone=phone)
        try:
            self._send(QUESTION, {"question": asked, "run": run, "number": number}, worker.name)
            told: PhoneDetails = question.told.get(timeout=ANSWERED_WITHIN)
        except Timeout:
            said = f"{worker}, which has {phone.mac}, does not answer within {ANSWERED_WITHIN:g} s"
            raise UntoldError(504, said) from None
        finally:
            del self._open[asked]
        return told

    def hear(self, name: str, data: Any) -> None:
        """Take what a worker answers. Raises UsageError for what is no answer to a question that was put to it."""
        fields = Fields("what a worker says", data)
        question = self._open.get(fields.whole("question"))
        if question is None or question.worker.name != name:
            raise UsageError("what a worker says: nobody has asked it that, or waits for the answer")
        try:
            if reason := fields.text("refusal"):
                raise UntoldError(502, f"{question.worker} says nothing of {question.phone.mac}: {reason}")
            question.told.set(PhoneDetails.read(fields.table("phone"), question.phone))
        except UsageError as error:
            said = f"what {question.worker} says of {question.phone.mac} cannot be used: {error}"
            question.told.set_exception(UntoldError(502, said))
        except UntoldError as error:
            question.told.set_exception(error)

    def give_up(self, worker: AssignedWorker) -> None:
        """Let nobody wait for a worker that is lost."""
        for question in self._open.values():
            if question.worker is worker:
                question.told.set_exception(UntoldError(410, _lost(worker, question.phone)))


def answer(question: int, told: PhoneDetails | str) -> dict[str, Any]:
    """What a worker says: of the phone, or why it says nothing of it."""
    if isinstance(told, str):
        return {"question": question, "refusal": told}
    return {"question": question, "refusal": "", "phone": told.message()}


def _lost(worker: AssignedWorker, phone: PlannedPhone) -> str:
    return f"{worker}, which had {phone.mac}, is lost, and its log with it: {worker.reason}"
