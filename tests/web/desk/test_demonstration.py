"""The guided demonstration: each step does to the phone what it says, on both models that the bulletin shows."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.screen import NO_LICENSE, RECONFIGURING
from phone_sim.licensing.license_file import SITE_FILE
from phone_sim.web.desk import views
from phone_sim.web.desk.demonstration import MACS, MODELS, STEPS, Demonstration
from phone_sim.web.desk.desk import Desk
from phone_sim.web.desk.phone import DeskPhone
from phone_sim.web.desk.server import DeskServer
from phone_sim.web.desk.time import END_OF_TIME
from phone_sim.web.desk.views import clock_view
from tests.web.desks import NOW, desk_at

LICENSED = {"SPIP_670": {"UsbAudio", "NwayConference", "LDAP", "VoiceQualityMetrics"}, "VVX_1500": {"H323"}}


@pytest.fixture
def desk() -> Iterator[Desk]:
    with desk_at() as desk:
        yield desk


def state_of(phone: DeskPhone) -> State:
    return phone.state


class Audience:
    """Somebody who watches the story on a model."""

    def __init__(self, desk: Desk, model: str) -> None:
        self.desk = desk
        self.model = model
        self.story = Demonstration(desk)

    def go(self, step: int) -> DeskPhone:
        self.desk.do(lambda: self.story.go(self.model, step))
        return self.desk.phone(MACS[self.model])

    def licensed_on(self, phone: DeskPhone) -> set[str]:
        view = self.desk.do(lambda: views.phone_view(self.desk, phone))
        return {one["key"] for one in view["features"] if one["state"] == "licensed"}

    def log(self, phone: DeskPhone) -> str:
        return "\n".join(str(one.values["text"]) for one in phone.events.after(0, "line"))


@pytest.mark.slow
@pytest.mark.parametrize("model", list(MODELS))
def test_story_goes_from_the_box_to_the_reboot_after_expiry(desk: Desk, model: str) -> None:
    audience = Audience(desk, model)
    phone = audience.go(0)
    assert state_of(phone) is State.OFF
    audience.go(1)
    assert "is not available" in audience.log(phone)
    audience.go(2)
    assert phone.driver.frame.lines == (NO_LICENSE,)
    audience.go(3)
    assert "cfgCfsXmlKeyValidate: Key signature is not valid" in audience.log(phone)
    assert audience.licensed_on(phone) == set()
    audience.go(4)
    assert audience.licensed_on(phone) == set()
    audience.go(5)
    assert audience.licensed_on(phone) == LICENSED[model]
    audience.go(6)
    assert "Valid until" in " ".join(phone.driver.frame.lines)
    audience.go(7)
    assert state_of(phone) is State.IN_CALL
    audience.go(8)
    assert state_of(phone) is State.WAITING_FOR_IDLE
    assert audience.licensed_on(phone) == LICENSED[model]
    audience.go(9)
    assert phone.driver.frame.lines == (RECONFIGURING,)
    audience.go(len(STEPS) - 1)
    assert audience.licensed_on(phone) == set()
    assert phone.driver.reboots[-1] == "a license has expired"
    assert state_of(phone) is State.IDLE


@pytest.mark.slow
@pytest.mark.parametrize("model", list(MODELS))
def test_page_tells_the_story_as_it_is(desk: Desk, model: str) -> None:
    audience = Audience(desk, model)
    for number, step in enumerate(STEPS):
        phone = audience.go(number)
        assert audience.licensed_on(phone) == (LICENSED[model] if step.is_licensed else set()), step.title
        assert phone.screen.shows(step.display), step.title


@pytest.mark.slow
def test_step_can_be_gone_to_at_once_and_back(desk: Desk) -> None:
    audience = Audience(desk, "SPIP_670")
    last = audience.go(len(STEPS) - 1)
    first = audience.go(1)
    assert first is not last
    assert "is not available" in audience.log(first)
    assert desk.do(lambda: views.server_view(desk))["license_files"] == []
    assert audience.story.step == 1


@pytest.mark.slow
def test_clock_stands_still_between_steps_and_never_goes_back(desk: Desk) -> None:
    audience = Audience(desk, "SPIP_670")
    audience.go(len(STEPS) - 1)
    end = desk.time.now
    assert end > NOW
    assert desk.time.speed == 0
    audience.go(0)
    assert desk.time.now == end


@pytest.mark.slow
def test_story_on_the_other_model_takes_the_first_off_the_desk(desk: Desk) -> None:
    audience = Audience(desk, "SPIP_670")
    audience.go(5)
    other = Audience(desk, "VVX_1500")
    other.go(1)
    assert [phone.mac for phone in desk.phones] == [MACS["VVX_1500"]]
    assert not audience.story.is_under_way
    audience.go(6)
    assert audience.licensed_on(desk.phone(MACS["SPIP_670"])) == LICENSED["SPIP_670"]


@pytest.mark.slow
def test_story_needs_a_boot_server_of_its_own() -> None:
    with (
        DeskServer(url="http://127.0.0.1:9/") as server,
        Desk(server, start=NOW, speed=0) as desk,
        pytest.raises(UsageError, match="boot server of its own"),
    ):
        desk.do(lambda: Demonstration(desk).go("SPIP_670", 1))


@pytest.mark.slow
def test_story_leaves_a_site_of_somebodys_own_alone(tmp_path: Path) -> None:
    (tmp_path / SITE_FILE).write_bytes(b"somebody's own")
    with DeskServer(folder=tmp_path) as server, Desk(server, start=NOW, speed=0) as desk:
        with pytest.raises(UsageError, match="boot server of its own"):
            desk.do(lambda: Demonstration(desk).go("SPIP_670", 1))
        desk.do(desk.clear)
    assert (tmp_path / SITE_FILE).read_bytes() == b"somebody's own"


@pytest.mark.parametrize(("model", "step"), [("SPIP_450", 0), ("SPIP_670", -1), ("SPIP_670", len(STEPS))])
def test_step_that_is_none_is_refused(desk: Desk, model: str, step: int) -> None:
    with pytest.raises(UsageError, match="the story has the steps 0 to"):
        desk.do(lambda: Demonstration(desk).go(model, step))


@pytest.mark.slow
def test_story_waits_for_a_boot_server_that_is_down(desk: Desk) -> None:
    audience = Audience(desk, "SPIP_670")
    audience.go(2)
    desk.do(lambda: desk.server.switch(up=False))
    with pytest.raises(UsageError, match="the boot server is down"):
        audience.go(3)
    desk.do(lambda: desk.server.switch(up=True))
    audience.go(3)
    assert audience.story.step == 3


@pytest.mark.slow
def test_story_is_not_begun_at_the_end_of_time() -> None:
    with desk_at(END_OF_TIME - timedelta(days=1)) as desk, pytest.raises(UsageError, match="time ends before"):
        Audience(desk, "SPIP_670").go(0)


@pytest.mark.slow
def test_clock_says_that_its_time_is_over() -> None:
    for start, is_over in ((END_OF_TIME, True), (END_OF_TIME - timedelta(days=1), False)):
        with desk_at(start) as desk:
            assert desk.do(lambda: clock_view(desk))["ended"] is is_over
