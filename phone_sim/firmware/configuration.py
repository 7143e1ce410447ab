"""The part of a boot that reads the configuration: master file, the files it lists, the overrides.

The flow returns what it found; whether a phone then goes by it or by its last configuration is decided here too: a
transfer that breaks off leaves the old one in force (ours), a file that is missing or unreadable is left out and
logged.
"""

from dataclasses import dataclass, field

from phone_sim.errors import MasterConfigurationError, ParameterFileError, ParametersInsteadOfMasterError
from phone_sim.firmware import master_config, messages
from phone_sim.firmware.effects import Fetched, NotFound, Refused, TransferFailed
from phone_sim.firmware.features import later_switches
from phone_sim.firmware.kept_change import KeptChange
from phone_sim.firmware.location import shown_name
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.overrides import with_changes
from phone_sim.firmware.parameters.layers import (
    SIZE_LIMIT,
    TOTAL_LIMIT,
    Layer,
    LayerKind,
    LayerSource,
    Parameters,
    read_layer,
    read_override,
    source_of,
)
from phone_sim.firmware.session import Session
from phone_sim.firmware.unread_file import UnreadFile, UnreadKind, failure_words, not_given, not_usable


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The master configuration file's word, and the parameters in force.

    `problem` says why these are the last ones and not those of this boot; empty when all is well. `answered` is false
    when the boot server gave no answer at all. `unread` are the files that are not in force: those of CONFIG_FILES,
    and overrides, contact directories and files by the name of a master that are there.
    """

    master: MasterConfiguration
    parameters: Parameters
    problem: str = ""
    answered: bool = True
    unread: tuple[UnreadFile, ...] = ()


@dataclass(slots=True)
class _Layers:
    """The layers that are read in a boot, each with its source."""

    layers: list[Layer] = field(default_factory=list)
    sources: list[LayerSource] = field(default_factory=list)

    def add(self, layer: Layer, source: LayerSource) -> None:
        self.layers.append(layer)
        self.sources.append(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMaster:
    """The master configuration file.

    `problem` says why none can be used, and is empty where one can. `instead` has the parameters of the file that the
    boot server has instead of one (D19). `unread` are the files that were passed over.
    """

    master: MasterConfiguration = field(default_factory=MasterConfiguration)
    problem: str = ""
    instead: _Layers = field(default_factory=_Layers)
    unread: tuple[UnreadFile, ...] = ()


async def read_configuration(session: Session, last: Parameters, changes: tuple[KeptChange, ...] = ()) -> Configuration:
    """Fetch the configuration; `last` stays in force when none can be had.

    `changes` are those made on the phone, which are laid over the override files (`phone_sim.firmware.overrides`).
    """
    found = await find_master(session)
    master, unread = found.master, list(found.unread)
    if found.problem:
        reason = found.problem if session.reachable else "it gives no answer"
        return await _last_one(session, master, last, reason, unread)
    for problem in master.problems:
        await session.say(messages.CONFIG_FILES_TOO_LONG, reason=problem)
    overrides, listed = _Layers(), _Layers()
    identity, mac = session.identity, session.identity.mac
    files = [("", name, LayerKind.LISTED) for name in master.config_files]
    for suffix in identity.profile.override_files:
        files.append((master.overrides_directory, f"{mac}-{suffix}", LayerKind.OVERRIDE))
    left = TOTAL_LIMIT
    for place, (folder, name, kind) in enumerate(files):
        is_override, source = kind is LayerKind.OVERRIDE, source_of(name, kind, mac)
        reply = await session.fetch(folder, name, limit=min(left, SIZE_LIMIT), optional=is_override)
        if isinstance(reply, Fetched):
            left -= len(reply.data)
            if (layer := await _layer(session, source, reply.data, unread)) is not None:
                (overrides if is_override else listed).add(layer, source)
        elif is_override and isinstance(reply, NotFound):
            await _say_if_gone(session, name, changes)
        else:
            unread.append(not_given(source, reply))
        if isinstance(reply, TransferFailed):
            if last != Parameters():
                return await _last_one(session, master, last, f"{shown_name(name)} {failure_words(reply)}", unread)
            # A server that breaks off one file may let the phone wait for each of the others.
            left_out = (source_of(other, one, mac) for _, other, one in files[place + 1 :] if one is LayerKind.LISTED)
            unread += (UnreadFile(source=each, kind=UnreadKind.NOT_ASKED) for each in left_out)
            break
    # First listed wins, and overrides come before all that is listed (field notes 2).
    parts = (overrides, listed, found.instead)
    layers = [layer for part in parts for layer in part.layers]
    sources = [source for part in parts for source in part.sources]
    parameters = with_changes(identity, Parameters(layers, sources), changes)
    return Configuration(master=master, parameters=parameters, unread=tuple(unread))


async def _say_if_gone(session: Session, name: str, changes: tuple[KeptChange, ...]) -> None:
    """Log that the boot server has lost an override file that it took from this phone."""
    if any(one.is_stored and name == f"{session.identity.mac}-{one.file}" for one in changes):
        await session.say(messages.OVERRIDES_GONE, name=name)


async def _last_one(
    session: Session, master: MasterConfiguration, last: Parameters, reason: str, unread: list[UnreadFile]
) -> Configuration:
    if session.server is not None:
        message = messages.NEVER_CONFIGURED if last == Parameters() else messages.NO_CONFIGURATION
        failed = unread[-1] if unread and session.reachable else None
        why = f" ({failed.reason})" if failed is not None and failed.kind is UnreadKind.NOT_WHOLE else ""
        await session.say(message, reason=f"{reason}{why}")
    return Configuration(
        master=master, parameters=last, problem=reason, answered=session.reachable, unread=tuple(unread)
    )


async def find_master(session: Session) -> FoundMaster:
    """The master configuration file of the first of the boot servers that answers."""
    found = await _master(session)
    for server in session.servers[1:]:
        if not session.reachable:
            session.turn_to(server)
            found = await _master(session)
    return found


async def _master(session: Session) -> FoundMaster:
    """The first usable one of: the file that the address names, `<mac>.cfg`, `000000000000.cfg`; or why none is.

    Where none is, but one is a document with parameters, the phone has an empty master configuration file (D19).
    """
    identity = session.identity
    named = session.server.master if session.server is not None else None
    own = f"{identity.mac}.cfg"
    passed_over: list[tuple[str, bytes, MasterConfigurationError]] = []
    unread: list[UnreadFile] = []
    for name in dict.fromkeys(filter(None, (named, own, master_config.DEFAULT_NAME))):
        optional = name != master_config.DEFAULT_NAME
        reply = await session.fetch("", name, limit=master_config.SIZE_LIMIT, optional=optional)
        source = source_of(name, LayerKind.MASTER, identity.mac)
        if isinstance(reply, Refused | TransferFailed):
            unread.append(not_given(source, reply))
        if isinstance(reply, TransferFailed) and name == own:
            # The phone has a file of its own, so the one for all others is not for it.
            problem = f"the master configuration file of this phone {failure_words(reply)}"
            return FoundMaster(problem=problem, unread=tuple(unread))
        if isinstance(reply, Fetched):
            try:
                master = master_config.parse(reply.data, model=identity.model, mac=identity.mac)
            except ParametersInsteadOfMasterError as error:
                passed_over.append((name, reply.data, error))
                unread.append(not_usable(source, error))
            except MasterConfigurationError as error:
                await session.say(messages.MASTER_NOT_READABLE, name=name, reason=error)
                unread.append(not_usable(source, error))
            else:
                await _complain_of_masters(session, passed_over)
                if master.ignored:
                    await session.say(messages.IGNORED_IN_MASTER, name=name, parameter=master.ignored[0])
                return FoundMaster(master=master, unread=tuple(unread))
    return await _parameters_instead(session, passed_over, unread)


async def _parameters_instead(
    session: Session, passed_over: list[tuple[str, bytes, MasterConfigurationError]], unread: list[UnreadFile]
) -> FoundMaster:
    """An empty master configuration file, with the parameters of the first of the files passed over that has some."""
    mac = session.identity.mac
    for place, (name, data, _) in enumerate(passed_over):
        source = source_of(name, LayerKind.INSTEAD_OF_MASTER, mac)
        if (layer := await _layer(session, source, data, unread)) is not None:
            await session.say(messages.PARAMETERS_INSTEAD_OF_MASTER, name=name)
            await _complain_of_masters(session, passed_over[place + 1 :])
            instead = _Layers()
            instead.add(layer, source)
            return FoundMaster(instead=instead, unread=tuple(one for one in unread if one.source.file != source.file))
    return FoundMaster(problem="it has no master configuration file that can be used", unread=tuple(unread))


async def _complain_of_masters(session: Session, files: list[tuple[str, bytes, MasterConfigurationError]]) -> None:
    """Log the files that were looked at and passed over, each with the reason."""
    for name, _, error in files:
        await session.say(messages.MASTER_NOT_READABLE, name=name, reason=error)


async def _layer(session: Session, source: LayerSource, data: bytes, unread: list[UnreadFile]) -> Layer | None:
    """The parameters of a file; None for one that cannot be read, which is then among the `unread`."""
    name = source.file_of(session.identity.mac)
    try:
        layer = read_override(data) if source.kind is LayerKind.OVERRIDE else read_layer(data)
    except ParameterFileError as error:
        await session.say(messages.CONFIG_NOT_READABLE, name=shown_name(name), reason=error)
        # Servers give overrides of nothing, which set nothing.
        if data.strip() or source.kind is not LayerKind.OVERRIDE:
            unread.append(not_usable(source, error))
        return None
    if session.identity.profile.dialect == "sip-3":
        for example in later_switches(session.identity.features):
            if example in layer.values:
                await session.say(messages.LATER_PARAMETERS, name=shown_name(name), parameter=example)
                break
    elif layer.feature_numbers:
        example = f"feature.{layer.feature_numbers[0]}.name"
        await session.say(messages.PRE_3_3_PARAMETERS, name=shown_name(name), parameter=example)
    return layer
