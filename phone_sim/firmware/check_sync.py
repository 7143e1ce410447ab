"""Does the configuration on the boot server differ from the one that the phone runs on? (field notes 14)

A check-sync and a poll ask so. The answer leads to a reboot, which is the business of `phone_sim.firmware.phone`. This
module does not know who asked.
"""

from dataclasses import dataclass

from phone_sim.firmware.boot import InService
from phone_sim.firmware.configuration import read_configuration
from phone_sim.firmware.effects import ReadFlash
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.messages import Message
from phone_sim.firmware.parameters.reader import ParameterReader

DEFAULT_SIP_PORT = 5060
"""The port of SIP (RFC 3261 18.1.1); UC Software writes 0 for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSyncSettings:
    """The port at which the phone listens for SIP, and whether a check-sync reboots it in any case."""

    sip_port: int = DEFAULT_SIP_PORT
    always_reboots: bool = False


def check_sync_settings(service: InService) -> CheckSyncSettings:
    """The settings in the phone's parameters, `voIpProt.SIP.*`."""
    reader = ParameterReader(service.configuration.parameters, service.session.identity.dictionary)
    return CheckSyncSettings(
        sip_port=reader.integer("voIpProt.SIP.local.port") or DEFAULT_SIP_PORT,
        always_reboots=reader.is_on("voIpProt.SIP.specialEvent.checkSync.alwaysReboot"),
    )


async def configuration_has_changed(service: InService, unchanged: Message) -> bool:
    """Ask for the configuration files again, and compare what they say; that it is the same is logged as `unchanged`.

    With files that cannot be had whole, which is logged, the phone keeps running on what it has.
    """
    running = service.configuration
    service.session.reachable = True  # it may be again
    stored = await ReadFlash()
    changes = stored.changes if isinstance(stored, FlashContents) else ()
    found = await read_configuration(service.session, running.parameters, changes)
    if found.problem:
        return False
    if (found.master, found.parameters) != (running.master, running.parameters):
        return True
    await service.session.say(unchanged)
    return False
