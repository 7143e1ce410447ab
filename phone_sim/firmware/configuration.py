"""The part of a boot that reads the configuration: master file, the files it lists, the overrides.

The flow returns what it found; whether a phone then goes by it or by its last configuration is decided here too: a
transfer that breaks off leaves the old one in force (ours), a file that is missing or unreadable is left out and
logged.
"""

from dataclasses import dataclass

from phone_sim.errors import MasterConfigurationError, ParameterFileError
from phone_sim.firmware import master_config, messages
from phone_sim.firmware.effects import Fetched, TransferFailed
from phone_sim.firmware.location import shown_name
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.parameters import layers as parameter_layers
from phone_sim.firmware.parameters.layers import Layer, Parameters
from phone_sim.firmware.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The master configuration file's word, and the parameters in force.

    `problem` says why these are the last ones and not those of this boot; empty when all is well. `answered` is false
    when the boot server gave no answer at all.
    """

    master: MasterConfiguration
    parameters: Parameters
    problem: str = ""
    answered: bool = True


async def read_configuration(session: Session, last: Parameters) -> Configuration:
    """Fetch the configuration; `last` stays in force when none can be had."""
    master = await _master(session)
    for server in session.servers[1:]:
        if not session.reachable:
            session.turn_to(server)
            master = await _master(session)
    if isinstance(master, str):
        reason = master if session.reachable else "it gives no answer"
        return await _last_one(session, MasterConfiguration(), last, reason)
    for problem in master.problems:
        await session.say(messages.CONFIG_FILES_TOO_LONG, reason=problem)
    overrides: list[Layer] = []
    listed: list[Layer] = []
    files = [("", name, listed) for name in master.config_files]
    for suffix in session.identity.profile.override_files:
        files.append((master.overrides_directory, f"{session.identity.mac}-{suffix}", overrides))
    left = parameter_layers.TOTAL_LIMIT
    for folder, name, layers in files:
        optional = layers is overrides
        limit = min(left, parameter_layers.SIZE_LIMIT)
        reply = await session.fetch(folder, name, limit=limit, optional=optional)
        if isinstance(reply, TransferFailed):
            if last != Parameters():
                return await _last_one(session, master, last, f"{shown_name(name)} is not whole")
            break  # a server that breaks off one file may let the phone wait for each of the others
        if isinstance(reply, Fetched):
            left -= len(reply.data)
            layers += await _layer(session, name, reply.data)
    # First listed wins, and overrides come before all that is listed (field notes 2).
    return Configuration(master=master, parameters=Parameters([*overrides, *listed]))


async def _last_one(session: Session, master: MasterConfiguration, last: Parameters, reason: str) -> Configuration:
    if session.server is not None:
        message = messages.NEVER_CONFIGURED if last == Parameters() else messages.NO_CONFIGURATION
        await session.say(message, reason=reason)
    return Configuration(master=master, parameters=last, problem=reason, answered=session.reachable)


async def _master(session: Session) -> MasterConfiguration | str:
    """The first usable one of: the file that the address names, `<mac>.cfg`, `000000000000.cfg`; or why none is."""
    identity = session.identity
    named = session.server.master if session.server is not None else None
    own = f"{identity.mac}.cfg"
    for name in dict.fromkeys(filter(None, (named, own, master_config.DEFAULT_NAME))):
        optional = name != master_config.DEFAULT_NAME
        reply = await session.fetch("", name, limit=master_config.SIZE_LIMIT, optional=optional)
        if isinstance(reply, TransferFailed) and name == own:
            # The phone has a file of its own, so the one for all others is not for it.
            return "the master configuration file of this phone is not whole"
        if isinstance(reply, Fetched):
            try:
                return master_config.parse(reply.data, model=identity.model, mac=identity.mac)
            except MasterConfigurationError as error:
                await session.say(messages.MASTER_NOT_READABLE, name=name, reason=error)
    return "it has no master configuration file that can be used"


async def _layer(session: Session, name: str, data: bytes) -> list[Layer]:
    try:
        layer = parameter_layers.read_layer(data)
    except ParameterFileError as error:
        await session.say(messages.CONFIG_NOT_READABLE, name=shown_name(name), reason=error)
        return []
    if session.identity.profile.dialect != "sip-3" and layer.feature_numbers:
        example = f"feature.{layer.feature_numbers[0]}.name"
        await session.say(messages.PRE_3_3_PARAMETERS, name=shown_name(name), parameter=example)
    return [layer]
