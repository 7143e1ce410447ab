"""The bulletin's story: after each step it is as the step says, wherever it is told."""

from datetime import date

import pytest

from phone_sim.errors import PhoneSimError
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import SITE_FILE, write
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from phone_sim.scenario.story import STORY, StoryStep, site_files
from tests.make import LDAP, MAC, PHONE_FILE, forged, signed_key


class Stage:
    """The story without a network: a phone, and the files that it is served."""

    def __init__(self) -> None:
        self.files = site_files("feature.corporateDirectory.enabled")
        self.phone = self._out_of_the_box()

    def put_own_license(self) -> None:
        self.files[PHONE_FILE] = write([signed_key({LDAP: NEVER})])

    def put_forged_license(self) -> None:
        self.files[PHONE_FILE] = write([forged(signed_key({LDAP: NEVER}))])
        self.phone = self._out_of_the_box()

    def put_site_license(self) -> None:
        del self.files[PHONE_FILE]
        self.files[SITE_FILE] = write([signed_key({LDAP: Expiry.on(date(2026, 3, 5))})])

    def _out_of_the_box(self) -> VirtualPhone:
        return VirtualPhone(
            "http://boot.example/", mac=MAC, time=VirtualTime("2026-03-02T09:00"), transport=serve(self.files)
        )


def told(stage: Stage, step: StoryStep) -> None:
    """Take a step; it is as it says."""
    before, rebooted = stage.phone, len(stage.phone.reboots)
    step.act(stage)
    phone = stage.phone
    rebooted = 0 if phone is not before else rebooted
    service = phone.driver.phone.service
    assert any(gate.is_enabled for gate in (service.gates if service else ())) == step.is_licensed, step.title
    assert phone.screen.shows(step.display), step.title
    assert step.reboots in (None, len(phone.reboots) - rebooted), step.title


def test_whole_story_is_as_it_says() -> None:
    stage = Stage()
    for step in STORY:
        told(stage, step)
    assert "License: the reboot waits, active calls: 1" in stage.phone.log
    assert stage.phone.reboots == ("by hand", "a license has expired")


@pytest.mark.parametrize("told_on", ["on_terminal", "on_page"])
def test_story_is_as_it_says_where_some_steps_are_left_out(told_on: str) -> None:
    stage = Stage()
    for step in STORY:
        if getattr(step, told_on):
            told(stage, step)


def test_every_step_is_told_somewhere_and_says_which_clauses_it_shows() -> None:
    assert all(step.on_terminal or step.on_page for step in STORY)
    assert all("(B" in step.text for step in STORY[1:])


def test_story_cannot_wait_for_the_end_of_a_license_that_does_not_end() -> None:
    stage = Stage()
    call = next(step for step in STORY if step.title.startswith("A call"))
    with pytest.raises(PhoneSimError, match="no license in use that ends"):
        call.act(stage)
