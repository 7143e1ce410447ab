"""The life of a phone: each row of the table, and each that is not there (D11, D15)."""

import itertools

import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.lifecycle import TRANSITIONS, LifecycleEvent, State, after, diagram

# Typed anew, a line for each state: what each event leads to.
LIFE = {
    "off": {"power on": "booting"},
    "booting": {"booted": "idle", "boot server changed": "rebooting", "power cut": "off"},
    "idle": {
        "call started": "in call",
        "license expired": "rebooting",
        "reboot needed": "rebooting",
        "reboot requested": "rebooting",
        "power cut": "off",
    },
    "in call": {
        "call started": "in call",
        "last call ended": "idle",
        "license expired": "waiting for idle",
        "reboot needed": "waiting for idle",
        "reboot requested": "rebooting",
        "power cut": "off",
    },
    "waiting for idle": {
        "call started": "waiting for idle",
        "last call ended": "rebooting",
        "reboot requested": "rebooting",
        "power cut": "off",
    },
    "rebooting": {"restarted": "booting", "power cut": "off"},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, LifecycleEvent)))
def test_each_pair_leads_on_or_is_refused_by_name(state: State, event: LifecycleEvent) -> None:
    expected = LIFE[state.value].get(event.value)
    if expected is not None:
        assert after(state, event) is State(expected)
        return
    with pytest.raises(LifecycleError) as caught:
        after(state, event)
    assert state.value in str(caught.value)
    assert event.value in str(caught.value)


def test_every_state_can_be_reached_and_left() -> None:
    assert {new for _, new in TRANSITIONS.items()} == set(State)
    assert {old for old, _ in TRANSITIONS} == set(State)


def test_power_can_be_cut_whenever_it_is_on() -> None:
    assert {old for old, event in TRANSITIONS if event is LifecycleEvent.POWER_CUT} == set(State) - {State.OFF}


def test_diagram_has_a_row_for_each_transition() -> None:
    lines = diagram().splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> Off"]
    assert len(lines) == 2 + len(TRANSITIONS)
    assert "    WaitingForIdle --> Rebooting: last call ended" in lines
