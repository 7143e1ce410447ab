"""The life of a phone as a table: which event leads from which state to which (D11, D15).

The state diagram in the README is drawn from it. This module does not know what a phone does in a state.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from phone_sim.errors import LifecycleError


class State(Enum):
    """Where a phone is in its life."""

    OFF = "off"
    BOOTING = "booting"
    IDLE = "idle"
    IN_CALL = "in call"
    WAITING_FOR_IDLE = "waiting for idle"
    REBOOTING = "rebooting"


class LifecycleEvent(Enum):
    """What happens to a phone."""

    POWER_ON = "power on"
    BOOTED = "booted"
    CALL_STARTED = "call started"
    LAST_CALL_ENDED = "last call ended"
    LICENSE_EXPIRED = "license expired"
    REBOOT_NEEDED = "reboot needed"
    """A reboot that waits for the end of calls, as for a configuration that has changed."""
    REBOOT_REQUESTED = "reboot requested"
    """A reboot by hand, which ends calls."""
    BOOT_SERVER_CHANGED = "boot server changed"
    RESTARTED = "restarted"
    POWER_CUT = "power cut"


TRANSITIONS: Mapping[tuple[State, LifecycleEvent], State] = MappingProxyType(
    {
        (State.OFF, LifecycleEvent.POWER_ON): State.BOOTING,
        (State.BOOTING, LifecycleEvent.BOOTED): State.IDLE,
        (State.BOOTING, LifecycleEvent.BOOT_SERVER_CHANGED): State.REBOOTING,
        (State.BOOTING, LifecycleEvent.POWER_CUT): State.OFF,
        (State.IDLE, LifecycleEvent.CALL_STARTED): State.IN_CALL,
        (State.IDLE, LifecycleEvent.LICENSE_EXPIRED): State.REBOOTING,
        (State.IDLE, LifecycleEvent.REBOOT_NEEDED): State.REBOOTING,
        (State.IDLE, LifecycleEvent.REBOOT_REQUESTED): State.REBOOTING,
        (State.IDLE, LifecycleEvent.POWER_CUT): State.OFF,
        (State.IN_CALL, LifecycleEvent.CALL_STARTED): State.IN_CALL,
        (State.IN_CALL, LifecycleEvent.LAST_CALL_ENDED): State.IDLE,
        (State.IN_CALL, LifecycleEvent.LICENSE_EXPIRED): State.WAITING_FOR_IDLE,
        (State.IN_CALL, LifecycleEvent.REBOOT_NEEDED): State.WAITING_FOR_IDLE,
        (State.IN_CALL, LifecycleEvent.REBOOT_REQUESTED): State.REBOOTING,
        (State.IN_CALL, LifecycleEvent.POWER_CUT): State.OFF,
        (State.WAITING_FOR_IDLE, LifecycleEvent.CALL_STARTED): State.WAITING_FOR_IDLE,
        (State.WAITING_FOR_IDLE, LifecycleEvent.LAST_CALL_ENDED): State.REBOOTING,
        (State.WAITING_FOR_IDLE, LifecycleEvent.REBOOT_REQUESTED): State.REBOOTING,
        (State.WAITING_FOR_IDLE, LifecycleEvent.POWER_CUT): State.OFF,
        (State.REBOOTING, LifecycleEvent.RESTARTED): State.BOOTING,
        (State.REBOOTING, LifecycleEvent.POWER_CUT): State.OFF,
    }
)


def after(state: State, event: LifecycleEvent) -> State:
    """The state that `event` leads to from `state`.

    Raises:
        LifecycleError: naming both, when the table has no such row.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise LifecycleError(f"a phone that is {state.value} has no answer to the event: {event.value}") from None


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    names = {state: state.value.title().replace(" ", "") for state in State}
    rows = [f"    {names[old]} --> {names[new]}: {event.value}" for (old, event), new in TRANSITIONS.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {names[State.OFF]}", *rows])
