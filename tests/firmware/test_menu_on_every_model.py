"""What holds for the menus of every model, whatever is pressed and whatever happens meanwhile."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phone_sim.firmware.effects import Show
from phone_sim.firmware.keypad import Key, Press, Typed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.screen import Frame
from phone_sim.licensing.license_key import SLOTS
from phone_sim.runtime.model_files import load_features, load_models
from tests.firmware.menus import Desk
from tests.make import until, utc

pytestmark = pytest.mark.slow

MODELS = [model.token for model in load_models()]
ALL_BITS = {bit: until(f"2026-04-{bit + 1:02}") for bit in range(SLOTS)}
KEYS = st.one_of(st.sampled_from(Key), st.characters(exclude_categories=["C", "Z"]).map(Typed))
EVENTS = st.sampled_from(["call", "hangup", "reboot", "midnight", "polling time", "power"])
FEATURES = ("LDAP", "UsbAudio", "NwayConference", "VoiceQualityMetrics")


def desk_of(model: str) -> Desk:
    """A phone with every license there can be, contacts, and lines."""
    names = tuple("x" * length for length in range(1, 100, 7))
    lines = {f"reg_{number}_address": "1" * number for number in range(1, 35)}
    return Desk(model=model, grants=ALL_BITS, contacts=names, features=FEATURES, parameters=lines)


@cache
def kept(model: str) -> Desk:
    """The same phone again, for tests that leave it idle."""
    return desk_of(model)


def check(desk: Desk, frame: Frame) -> None:
    """A frame fits on the display, and what is selected is on it."""
    assert 1 <= len(frame.lines) <= desk.layout.rows
    assert all(len(line) <= desk.layout.columns for line in (frame.title, *frame.lines))
    assert frame.selected is None or 0 <= frame.selected < len(frame.lines)
    assert len(frame.soft_keys) <= 4
    assert len(" ".join(frame.soft_keys)) <= desk.layout.columns


def happen(desk: Desk, event: str) -> None:
    """Let something happen to the phone, if it can; a reboot is over on return."""
    phone = desk.phone
    match event:
        case "call":
            phone.start_call()
        case "hangup" if phone.calls:
            desk.run(phone.end_call())
        case "reboot":
            desk.run(phone.reboot())
        case "midnight":
            desk.now = utc("2026-04-11T00:00")
        case "polling time":
            desk.run(phone.polling_time())
        case "power":
            phone.cut_power()
            desk.run(phone.power_on())
    if phone.state is State.REBOOTING:
        desk.run(phone.press(Key.MENU))
        desk.run(phone.restart())


@settings(deadline=None)  # each boots a phone
@given(st.sampled_from(MODELS), st.lists(st.one_of(KEYS, EVENTS), max_size=30))
def test_nothing_that_is_pressed_or_happens_breaks_a_menu(model: str, presses: list[Press | str]) -> None:
    desk = desk_of(model)
    for press in presses:
        desk.effects.clear()
        if isinstance(press, str):
            happen(desk, press)
            continue
        desk.tap(press)
        if desk.phone.state is State.REBOOTING:  # a feature was switched
            desk.run(desk.phone.restart())
            continue
        (shown,) = [effect.frame for effect in desk.effects if isinstance(effect, Show)]
        if desk.phone.menu.root is not None:
            check(desk, shown)
            assert shown.title
    if desk.phone.menu.root is not None:
        assert desk.press("menu") == Frame(lines=(desk.phone.identity.model.name,))


@pytest.mark.parametrize("model", MODELS)
def test_every_license_can_be_reached_and_read(model: str) -> None:
    desk = kept(model)
    names = {feature.bit: feature for feature in load_features()}
    for bit, expiry in ALL_BITS.items():
        listed = desk.press("menu 1 4 " + "down " * bit)
        feature = names.get(bit)
        name = "Unknown" if feature is None else feature.short_name if desk.layout.is_small else feature.display_name
        assert listed.selected is not None
        rest = "".join(listed.lines[listed.selected :])
        assert rest.startswith(f"{name}: Valid until {expiry}")
        rows = [*desk.press("select").lines]
        while desk.frame.below:
            rows.append(desk.press("down").lines[-1])
        whole = "Unknown" if feature is None else feature.display_name
        assert "".join(rows) == f"Feature: {whole}Valid until {expiry}License type: SiteSerial: 000000012345"
        desk.press("menu")


@pytest.mark.parametrize("model", MODELS)
def test_arrows_alone_reach_every_page(model: str) -> None:
    desk = kept(model)
    titles: set[str] = set()

    def visit() -> None:
        titles.add(desk.frame.title)
        check(desk, desk.frame)
        before = None
        while desk.frame != before:
            before = desk.frame
            depth = len(desk.phone.menu.path)
            desk.press("right")
            if len(desk.phone.menu.path) > depth:
                visit()
                desk.press("left")
            assert desk.frame == before
            desk.press("down")

    desk.press("menu")
    visit()
    assert desk.press("left") == Frame(lines=(desk.phone.identity.model.name,))
    directory = desk.layout.cut("Corporate Directory")
    assert {"Main Menu", "Status", "Platform", "Phone", "Network", "Lines", "Licenses", directory, "Settings"} <= titles
