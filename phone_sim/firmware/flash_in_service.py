"""What is in the flash of a phone in service, also where it cannot be read any more."""

from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import FlashReply
from phone_sim.firmware.flash import FlashContents


def contents_of(service: InService, stored: FlashReply) -> FlashContents:
    """What was read from flash; of a damaged one, what the phone knows, so that it loses no license (B11)."""
    if isinstance(stored, FlashContents):
        return stored
    identity = service.session.identity
    return FlashContents(
        keys=tuple(service.ring.keys),
        parameters=service.configuration.parameters,
        booted_before=True,
        boot_server=" ".join(server.address for server in service.session.servers),
        contacts=service.contacts,
        device=service.session.settings.device,
        firmware="" if identity.boot_rom is None else identity.profile.version,
    )
