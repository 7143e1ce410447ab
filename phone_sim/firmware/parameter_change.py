"""A parameter is changed on a phone: kept in flash, in force at once, and sent to the boot server.

What follows from a change is the business of `phone_sim.firmware.phone`.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from phone_sim.errors import UsageError
from phone_sim.firmware import messages
from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import FlashReply, ReadFlash
from phone_sim.firmware.features import feature_set
from phone_sim.firmware.flash_in_service import contents_of
from phone_sim.firmware.flash_writing import write_flash
from phone_sim.firmware.kept_change import KeptChange, Origin, with_change
from phone_sim.firmware.override_upload import send_changes
from phone_sim.firmware.overrides import files_to_change, with_changes
from phone_sim.firmware.parameters.device_parameters import updated
from phone_sim.firmware.parameters.dictionary import ParameterDictionary
from phone_sim.printable import printable

CHANGE_REBOOTS: Mapping[Origin, str] = MappingProxyType(
    {
        Origin.PHONE: "Applying configuration changes",
        Origin.WEB: "Applying configuration changes from the web interface.",
    }
)
"""The reasons of a reboot for a change, in the words of the dictionaries of later firmware (field notes 9)."""
VALUE_LIMIT = 1024
"""Maximum length of a value that is changed (our choice)."""


def check_change(name: str, value: str, dictionary: ParameterDictionary) -> None:
    """Raise UsageError unless this is a parameter of the firmware, and a value that it can have; empty is the default.

    A phone offers its user nothing else to change (our choice).
    """
    declared = dictionary.find(name)
    if declared is None:
        raise UsageError(f"{dictionary.name} has no parameter {printable(name[:80])!r}")
    if not value.isprintable() or len(value) > VALUE_LIMIT:
        raise UsageError(f"{name}: expected a value of at most {VALUE_LIMIT} printable characters")
    if not declared.admits(value.strip()):
        shown = "****" if declared.is_secret else value[:80]
        raise UsageError(f"{name}: {shown!r} is not {declared.expected}")


async def change_parameter(service: InService, name: str, value: str, origin: Origin) -> InService:
    """Change a parameter, which `check_change` has seen; the result is the phone that runs on it."""
    session = service.session
    identity, parameters = session.identity, service.configuration.parameters
    stored: FlashReply = await ReadFlash()
    flash = contents_of(service, stored)
    shown = "****" if identity.dictionary.declaration(name).is_secret else value or "empty"
    await session.say(messages.PARAMETER_CHANGED, name=name, value=shown, origin=origin.value)
    changes = flash.changes
    for file in files_to_change(identity, parameters, name, origin):
        changes = with_change(changes, KeptChange(file=file, name=name, value=value))
    parameters = with_changes(identity, parameters, changes)
    device, _ = updated(session.settings.device, parameters, identity.dictionary)
    session.configure(parameters, device)
    flash = replace(flash, parameters=parameters, device=device, changes=changes)
    await write_flash(session, flash, stored)
    session.reachable = True  # it may be again
    configuration, changes = await send_changes(session, replace(service.configuration, parameters=parameters), changes)
    sent = replace(flash, parameters=configuration.parameters, changes=changes)
    if sent != flash:
        await write_flash(session, sent, stored)
    return replace(service, configuration=configuration)


def features_wanted(service: InService) -> frozenset[str]:
    """The keys of the features that the parameters configure for use."""
    identity, parameters = service.session.identity, service.configuration.parameters
    features = feature_set(identity.model, identity.profile, identity.features, parameters, identity.dictionary)
    return features.wanted
