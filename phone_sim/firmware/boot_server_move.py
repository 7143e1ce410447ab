"""The move to another boot server: a phone whose files name one in `device.prov.*` reboots once to go there (D21).

What somebody gives the phone by hand and what files set are the same place in flash, so each replaces the other. Where
DHCP names the boot server, `device.prov.*` are kept and not used, since DHCP goes first as the phones are shipped
(field notes 1.3). This module does not know how the phone reboots.
"""

from phone_sim.errors import UsageError
from phone_sim.firmware import messages
from phone_sim.firmware.boot_server_settings import named_boot_server
from phone_sim.firmware.configuration import Configuration
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.network_effects import AskMove, CanMove, Move, MovesEndlessly
from phone_sim.firmware.parameters.device_parameters import SERVER_NAME, DeviceParameters
from phone_sim.firmware.session import Session


def without_replaced_server(device: DeviceParameters, by_hand: str) -> DeviceParameters:
    """What is in flash once somebody has given the phone these boot servers by hand; empty for none."""
    if not by_hand or not device.values:
        return device
    try:
        kept, given = named_boot_server(device), BootServerAddress.parse_all(by_hand)
    except (ValueError, UsageError):
        return device.without_boot_server()
    is_same = kept is not None and any(kept.sharing_credentials(one) == one for one in given)
    return device if is_same else device.without_boot_server()


async def move_asked_for(session: Session, configuration: Configuration) -> Move | None:
    """The move that the phone makes now, None when it stays; why it stays although files name another is logged."""
    named, source = session.settings.boot_server, session.server
    if named is None or source is None or configuration.problem:
        return None
    target = named.sharing_credentials(source)
    if target == source:
        return None
    place = session.place(SERVER_NAME, configuration.parameters)
    move = Move(source=source, target=target, place=place)
    reason = "DHCP names another" if session.is_server_by_dhcp else await _obstacle(move)
    if reason:
        await session.say(messages.BOOT_SERVER_NOT_USED, server=target.root, place=place, reason=reason)
        return None
    await session.say(messages.BOOT_SERVER_CHANGED, server=target.root, place=place)
    return move


async def _obstacle(move: Move) -> str:
    """Why the phone cannot go there; empty where it can."""
    match await AskMove(move):
        case CanMove():
            return ""
        case MovesEndlessly() as refused:
            return refused.reason
        case _:
            return "the phone is set to keep its boot server"
