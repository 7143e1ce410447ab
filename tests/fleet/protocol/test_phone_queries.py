"""What a master does with its questions about phones, and with answers, whoever sends them."""

from datetime import UTC, datetime
from typing import Any

import gevent
import pytest

from phone_sim.errors import UsageError
from phone_sim.fleet.on_locust.assigned_worker import AssignedWorker
from phone_sim.fleet.population.phones import Population
from phone_sim.fleet.protocol.phone_details import PhoneDetails, UntoldError
from phone_sim.fleet.protocol.phone_queries import QUESTION, QUESTION_LIMIT, PhoneQueries, answer

PHONE = Population(count=1).phone(0)
TOLD = PhoneDetails(mac=PHONE.mac, model=PHONE.model, firmware=PHONE.firmware, state="idle", shortcoming="")


class Scene:
    """A master with one worker; `sent` are the questions."""

    def __init__(self) -> None:
        self.worker = AssignedWorker(name="one", index=1, pid=7, host="here", numbers=range(1))
        self.sent: list[dict[str, int]] = []
        self.inquiries = PhoneQueries(self._send)

    def _send(self, word: str, data: dict[str, int], name: str) -> None:
        assert (word, name) == (QUESTION, "one")
        self.sent.append(data)

    def ask(self) -> "gevent.Greenlet[..., Any]":
        """Ask, and do not wait."""
        asking = gevent.spawn(self._outcome)
        gevent.sleep(0)
        return asking

    def _outcome(self) -> PhoneDetails | UntoldError:
        try:
            return self.inquiries.ask(self.worker, 2, 0, PHONE)
        except UntoldError as error:
            return error


def test_answers_reach_who_asked() -> None:
    scene = Scene()
    asking = [scene.ask() for _ in range(3)]
    assert [data["run"] for data in scene.sent] == [2, 2, 2]
    for reboots, data in reversed(list(enumerate(scene.sent))):
        scene.inquiries.hear("one", answer(data["question"], TOLD) | {"phone": TOLD.message() | {"reboots": reboots}})
    assert [each.get(timeout=5).reboots for each in asking] == [0, 1, 2]


@pytest.mark.parametrize("name", ["one", "another"])
def test_answer_that_nobody_waits_for_is_refused(name: str) -> None:
    scene = Scene()
    asking = scene.ask()
    question = scene.sent[0]["question"]
    with pytest.raises(UsageError, match="nobody has asked it that"):
        scene.inquiries.hear(name, answer(question + (name == "one"), TOLD))
    assert not asking.ready()
    scene.inquiries.hear("one", answer(question, TOLD))
    assert asking.get(timeout=5) == TOLD


def test_nobody_waits_for_a_lost_worker() -> None:
    scene = Scene()
    asking = scene.ask()
    scene.worker.lost_at, scene.worker.reason = datetime.now(UTC), "it has ended"
    scene.inquiries.give_up(scene.worker)
    for found in (asking.get(timeout=1), scene.ask().get(timeout=1)):
        assert found.status == 410
        assert (
            str(found) == f"worker 1 (pid 7 on here), which had {PHONE.mac}, is lost, and its log with it: it has ended"
        )
    assert len(scene.sent) == 1


def test_too_many_questions_are_refused() -> None:
    scene = Scene()
    asking = [scene.ask() for _ in range(QUESTION_LIMIT)]
    assert scene.ask().get(timeout=1).status == 503
    scene.inquiries.hear("one", answer(scene.sent[0]["question"], TOLD))
    assert asking[0].get(timeout=1) == TOLD
    later = scene.ask()
    scene.inquiries.hear("one", answer(scene.sent[-1]["question"], TOLD))
    assert later.get(timeout=1) == TOLD
    gevent.killall(asking)
