"""Menu > Settings: what a user sets there is kept and uploaded, as any change on the phone."""

import pytest

from phone_sim.firmware.effects import Upload
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from tests.firmware.menus import Desk
from tests.make import LDAP, identity, path_of, until

CLOCK = "lcl.datetime.time.24HourClock"


def value(desk: Desk, name: str) -> str:
    """A parameter in force."""
    assert desk.phone.service is not None
    return desk.phone.service.parameters[name].value


def test_settings_say_how_they_are() -> None:
    desk = Desk(parameters={"call_callWaiting_enable": "false"})
    assert desk.press("menu 3") == Frame(
        title="Settings",
        lines=("1. Time Format: 12-hour", "2. Call Waiting: Off", "3. Corporate Directory: On"),
        selected=0,
        soft_keys=("Select", "Back", "Exit"),
    )
    assert desk.press("down down select") == Frame(
        title="Corporate Directory", lines=("1. Off", "2. On"), selected=1, soft_keys=("Select", "Back", "Exit")
    )


@pytest.mark.parametrize("keys", ["1 2", "select down select", "right down select", "1 down soft1", "1 up down select"])
def test_choice_is_made_uploaded_and_shown(keys: str) -> None:
    desk = Desk()
    assert desk.press(f"menu 3 {keys}").lines[0] == "1. Time Format: 24-hour"
    assert value(desk, CLOCK) == "1"
    sent = [effect for effect in desk.effects if isinstance(effect, Upload)][-1]
    assert (path_of(sent), CLOCK.encode() in sent.body) == ("0004f2aabbcc-phone.cfg", True)
    assert desk.press("1").selected == 1
    assert desk.press("up right").title == "Time Format"


def test_feature_that_is_switched_off_reboots_and_its_entry_is_gone() -> None:
    desk = Desk(grants={LDAP: until("2027-01-01")})
    assert desk.press("directories").lines == ("1. Contact Directory", "2. Corporate Directory")
    desk.press("menu menu 3 3 1")
    assert (desk.phone.state, desk.reboots) == (State.REBOOTING, ["Applying configuration changes"])
    desk.run(desk.phone.restart())
    assert desk.press("directories").lines == ("1. Contact Directory",)


def test_change_in_a_call_shows_the_menu_while_the_reboot_waits() -> None:
    desk = Desk()
    desk.phone.start_call()
    assert desk.press("menu 3 3 1").lines[2] == "3. Corporate Directory: Off"
    assert desk.phone.state is State.WAITING_FOR_IDLE


def test_older_firmware_has_fewer_settings() -> None:
    desk = Desk()
    desk.phone = Phone(identity(firmware="3.2.3"))
    desk.run(desk.phone.power_on())
    assert desk.press("menu 3").lines == ("1. Time Format: 12-hour",)
