"""A master's questions about phones, and the answers, whoever sends them."""

from datetime import UTC, datetime
from typing import Any

import gevent
import pytest

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.on_locust.phone_queries import QUESTION_LIMIT, PhoneQueries, answer_message
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.message_names import QUESTION
from phone_sim.fleet.protocol.phone_details import PhoneDetails, PhoneDetailsError

PHONE = Population(count=1).phone(0)
DETAILS = PhoneDetails(mac=PHONE.mac, model=PHONE.model, firmware=PHONE.firmware, state="idle", shortcoming=None)


class Scene:
    """A master with one worker; `sent` are the questions."""

    def __init__(self) -> None:
        self.worker = AssignedWorker(name="one", index=1, pid=7, host="here", numbers=range(1))
        self.sent: list[dict[str, int]] = []
        self.queries = PhoneQueries(self._send)

    def _send(self, name: str, data: dict[str, int], worker: str) -> None:
        assert (name, worker) == (QUESTION, "one")
        self.sent.append(data)

    def ask(self) -> "gevent.Greenlet[..., Any]":
        """Ask without waiting."""
        asking = gevent.spawn(self._outcome)
        gevent.sleep(0)
        return asking

    def _outcome(self) -> PhoneDetails | PhoneDetailsError:
        try:
            return self.queries.ask(self.worker, 2, 0, PHONE)
        except PhoneDetailsError as error:
            return error


def test_each_answer_reaches_its_question() -> None:
    scene = Scene()
    asking = [scene.ask() for _ in range(3)]
    assert [data["run"] for data in scene.sent] == [2, 2, 2]
    for reboots, data in reversed(list(enumerate(scene.sent))):
        message = answer_message(data["question"], DETAILS)
        scene.queries.receive("one", message | {"phone": DETAILS.message() | {"reboots": reboots}})
    assert [each.get(timeout=60).reboots for each in asking] == [0, 1, 2]


@pytest.mark.parametrize("name", ["one", "another"])
def test_answer_that_nobody_waits_for_is_refused(name: str) -> None:
    scene = Scene()
    asking = scene.ask()
    question = scene.sent[0]["question"]
    with pytest.raises(UsageError, match="nobody has asked it that"):
        scene.queries.receive(name, answer_message(question + (name == "one"), DETAILS))
    assert not asking.ready()
    scene.queries.receive("one", answer_message(question, DETAILS))
    assert asking.get(timeout=60) == DETAILS


def test_nobody_waits_for_a_lost_worker() -> None:
    scene = Scene()
    asking = scene.ask()
    scene.worker.lost_at, scene.worker.reason = datetime.now(UTC), "it has ended"
    scene.queries.give_up(scene.worker)
    for found in (asking.get(timeout=60), scene.ask().get(timeout=60)):
        assert found.status == 410
        assert (
            str(found) == f"worker 1 (pid 7 on here), which had {PHONE.mac}, is lost, and its log with it: it has ended"
        )
    assert len(scene.sent) == 1


def test_too_many_questions_are_refused() -> None:
    scene = Scene()
    asking = [scene.ask() for _ in range(QUESTION_LIMIT)]
    assert scene.ask().get(timeout=60).status == 503
    scene.queries.receive("one", answer_message(scene.sent[0]["question"], DETAILS))
    assert asking[0].get(timeout=60) == DETAILS
    later = scene.ask()
    scene.queries.receive("one", answer_message(scene.sent[-1]["question"], DETAILS))
    assert later.get(timeout=60) == DETAILS
    gevent.killall(asking)
