"""The boot flow, from power on to a phone in service (B9 to B17).

Order: flash, master configuration file, the files it lists, overrides, the time (D12), licenses, call lists (UC
Software 5.x), contact directory, log upload (field notes 1.1). The boot ROM stage comes before it, if at all
(`phone_sim.firmware.boot_rom`).
"""

from dataclasses import dataclass, replace
from datetime import date

from phone_sim.errors import DocumentError
from phone_sim.firmware import messages, screen
from phone_sim.firmware.app_log import upload_log
from phone_sim.firmware.boot_server_move import move_asked_for, without_replaced_server
from phone_sim.firmware.configuration import Configuration, read_configuration
from phone_sim.firmware.contact_directory import SIZE_LIMIT, Contact, by_name, read_contacts
from phone_sim.firmware.contact_upload import send_contacts
from phone_sim.firmware.corporate_directory import is_corporate_directory, start_corporate_directory
from phone_sim.firmware.corporate_directory_settings import read_corporate_directory_settings
from phone_sim.firmware.effects import (
    ClockReading,
    Fetched,
    NotFound,
    ReadClock,
    ReadFlash,
    Show,
)
from phone_sim.firmware.features import Gate, NotCovered, NotLicensed, NotOnThisModel, feature_set, gate_reason
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.flash_writing import write_flash
from phone_sim.firmware.license_update import keys_in_flash, update_licenses
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.network_effects import Move
from phone_sim.firmware.override_upload import send_changes
from phone_sim.firmware.overrides import still_kept
from phone_sim.firmware.parameters.device_parameters import updated
from phone_sim.firmware.parameters.layers import LayerKind, Parameters, source_of
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.firmware.session import Identity, Session
from phone_sim.firmware.time_memory import NOTHING_REMEMBERED, TimeMemory
from phone_sim.firmware.time_sync import synchronize
from phone_sim.firmware.unread_file import UnreadFile, UnreadKind, not_given, not_usable
from phone_sim.licensing.key_ring import KeyRing


@dataclass(frozen=True, slots=True, kw_only=True)
class InService:
    """A phone that has booted: what it goes by until the next boot, and the reading of the clock that it went by."""

    session: Session
    configuration: Configuration
    ring: KeyRing
    gates: tuple[Gate, ...]
    reading: ClockReading
    contacts: tuple[Contact, ...] = ()

    @property
    def parameters(self) -> ParametersInForce:
        """Every parameter that a file sets, with its source."""
        identity, parameters = self.session.identity, self.configuration.parameters
        directory = read_corporate_directory_settings(parameters, identity.dictionary, dialect=identity.profile.dialect)
        settings = self.session.settings
        rejected = (*settings.problems, *directory.problems)
        return ParametersInForce(parameters, identity.dictionary, identity.mac, rejected, settings.device)

    def reason(self, gate: Gate) -> str:
        """Why a feature is on or off, with file and line where a parameter switches it off."""
        return gate_reason(gate, self.parameters)


async def boot(identity: Identity, time_memory: TimeMemory = NOTHING_REMEMBERED) -> InService | Move:
    """Boot the phone; the result is a phone in service, whatever the boot server did, or a move that it reboots for."""
    stored = await ReadFlash()
    flash = stored if isinstance(stored, FlashContents) else FlashContents()
    kept = without_replaced_server(flash.device.known_to(identity.dictionary), identity.boot_server)
    session = Session(identity, flash.parameters, time_memory, kept)
    await Show(screen.message(screen.PROCESSING))
    await _announced(session)
    await session.ask_network(flash.parameters)
    address = await session.find_servers(flash.boot_server)
    configuration = await read_configuration(session, flash.parameters, flash.changes)
    features = feature_set(
        identity.model, identity.profile, identity.features, configuration.parameters, identity.dictionary
    )
    device, unusable = updated(kept, configuration.parameters, identity.dictionary)
    session.configure(configuration.parameters, device)
    problems = (*unusable, *session.settings.problems, *features.problems)
    await session.complain_of(problems, configuration.parameters)
    contents = replace(
        flash,
        parameters=configuration.parameters,
        boot_server=address or flash.boot_server,
        booted_before=flash.booted_before or configuration.answered,
        device=device,
        changes=still_kept(identity, configuration.parameters, flash.changes),
    )
    if (move := await move_asked_for(session, configuration)) is not None:
        await write_flash(session, contents, stored)
        return move
    await synchronize(session)

    reading = await ReadClock()
    today = local_date(session, reading)
    held = await keys_in_flash(session, stored)
    ring = await update_licenses(session, features, held, configuration.master.license_directory, today)
    unread = list(configuration.unread)
    await _call_lists(session, configuration.master)
    asks_seed = identity.profile.always_asks_seed or not flash.booted_before
    contacts = await _contact_directory(session, configuration.master, flash.contacts, unread, seed=asks_seed)
    if flash.new_contacts:
        contacts = by_name(dict.fromkeys((*contacts, *flash.new_contacts)))
        if not configuration.problem and await send_contacts(session, configuration.master, contacts):
            contents = replace(contents, new_contacts=())
    configuration, changes = await send_changes(session, configuration, contents.changes)
    contents = replace(contents, parameters=configuration.parameters, changes=changes)
    # A license cannot be removed (B11), so keys that this firmware or trust anchor cannot use stay where they are.
    keys = (*ring.keys, *(key for key in flash.keys if key not in held.keys))
    await write_flash(session, replace(contents, keys=keys, contacts=contacts), stored)
    gates = features.gates(ring, today)
    await _start_features(session, gates, configuration.parameters)

    await Show(screen.idle(identity.model))
    await upload_log(session, configuration.master.log_file_directory)
    return InService(
        session=session,
        configuration=replace(configuration, unread=tuple(unread)),
        ring=ring,
        gates=gates,
        reading=reading,
        contacts=contacts,
    )


def local_date(session: Session, reading: ClockReading) -> date | None:
    """The phone's local date, None while the clock is unset (D12)."""
    return None if reading.instant is None else session.settings.zone.of(reading.instant).date()


async def _announced(session: Session) -> None:
    """The first lines of a boot: each component opens with its level, as in the sample log (B14)."""
    for component in ("app1", "cfg", "copy", "log", *(["net"] if session.identity.dhcp is not None else [])):
        await _initial_entry(session, component)
    identity = session.identity
    firmware = identity.profile.version
    await session.say(messages.STARTED, model=identity.model.name, mac=identity.mac, firmware=firmware)


async def _initial_entry(session: Session, component: str) -> None:
    level = session.settings.log.level_of(component)
    await session.say(messages.INITIAL_ENTRY, component=component, level=level)


async def _call_lists(session: Session, master: MasterConfiguration) -> None:
    """Ask for the phone's call lists, as UC Software 5.x was seen to; what is in them is not read here (our choice)."""
    if session.identity.profile.asks_call_lists:
        name = f"{session.identity.mac}-calls.xml"
        await session.fetch(master.call_lists_directory, name, limit=SIZE_LIMIT, optional=True)


async def _contact_directory(
    session: Session,
    master: MasterConfiguration,
    kept: tuple[Contact, ...],
    unread: list[UnreadFile],
    *,
    seed: bool,
) -> tuple[Contact, ...]:
    """Ask for the phone's contact directory, and where the server has none for the `seed`, if that is to be asked for.

    The order is that of the field notes, 1.1. What the boot server has takes the place of what was `kept` (the vendor's
    guides); a file that cannot be had or read does not, and is then among the `unread`.
    """
    for name in (f"{session.identity.mac}-directory.xml", *(["000000000000-directory.xml"] if seed else [])):
        reply = await session.fetch(master.contacts_directory, name, limit=SIZE_LIMIT, optional=True)
        source = source_of(name, LayerKind.CONTACTS, session.identity.mac)
        if isinstance(reply, Fetched):
            try:
                return read_contacts(reply.data)
            except DocumentError as error:
                await session.say(messages.CONTACTS_NOT_READABLE, name=name, reason=error)
                unread.append(not_usable(source, error))
        elif (missed := not_given(source, reply)).kind not in (UnreadKind.MISSING, UnreadKind.NOT_ASKED):
            unread.append(missed)
        if not isinstance(reply, NotFound):
            break
    return kept


async def _start_features(session: Session, gates: tuple[Gate, ...], parameters: Parameters) -> None:
    """Start the components of the features on this model: an unlicensed one is refused and the phone goes on (B13)."""
    started: set[str] = set()
    for gate in gates:
        feature = gate.feature
        if isinstance(gate, NotCovered):
            continue  # what the phone would log is not known
        if isinstance(gate, NotOnThisModel):
            if gate.configured:
                await session.say(messages.NOT_ON_THIS_MODEL, feature=feature.key)
            continue
        if isinstance(gate, NotLicensed):
            await session.say(messages.FEATURE_NOT_AVAILABLE, feature=feature.key)
        if feature.component not in started:
            await _initial_entry(session, feature.component)
            started.add(feature.component)
        if isinstance(gate, NotLicensed):
            await _refused(session, feature.component)
        elif is_corporate_directory(gate) and gate.is_enabled:
            await start_corporate_directory(session, parameters)
    await _initial_entry(session, "efk")


async def _refused(session: Session, component: str) -> None:
    if component == messages.CORPORATE_DIRECTORY_NOT_LICENSED.component:
        await session.say(messages.CORPORATE_DIRECTORY_NOT_LICENSED)
        await session.say(messages.CORPORATE_DIRECTORY_FAILED)
    else:
        await session.say(messages.NOT_LICENSED, component=component)
