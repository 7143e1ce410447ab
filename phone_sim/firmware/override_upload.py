"""The upload of override files with changes that the boot server does not have."""

from dataclasses import replace

from phone_sim.firmware.configuration import Configuration
from phone_sim.firmware.kept_change import KeptChange, all_stored
from phone_sim.firmware.overrides import as_stored, values_of, write_overrides
from phone_sim.firmware.parameters.layers import SIZE_LIMIT
from phone_sim.firmware.session import Session


async def send_changes(
    session: Session, configuration: Configuration, changes: tuple[KeptChange, ...]
) -> tuple[Configuration, tuple[KeptChange, ...]]:
    """Upload each override file with changes that the boot server has not taken; both as they are then."""
    if configuration.problem:  # where the files belong, and what they say now, is not known: the next boot sends them
        return configuration, changes
    for file in dict.fromkeys(one.file for one in changes if not one.is_stored):
        body = write_overrides(values_of(session.identity, configuration.parameters, file))
        name = f"{session.identity.mac}-{file}"
        if await session.upload(configuration.master.overrides_directory, name, body, limit=SIZE_LIMIT):
            changes = all_stored(changes, file)
            stored = as_stored(session.identity, configuration.parameters, file, body)
            configuration = replace(configuration, parameters=stored)
    return configuration, changes
