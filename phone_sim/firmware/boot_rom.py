"""The boot ROM stage, before the application boots (D28, field notes 1.2); from UC Software 4.0 on it is the Updater.

It asks for the master configuration file, opens the firmware image that this names, and uploads its own log; in SIP 3.x
it opens the image of the boot ROM first. The application then starts over: it asks DHCP and for the master anew. The
vendor's guides say so, but for the second question of DHCP, which is our choice; that the transfer of an image is
dropped when it is not needed was observed.

Nothing is known of the inside of an image, and nothing of it is looked at: our images are any file of at least
`HEADER_SIZE` bytes that is no web page, and stand for the firmware that the phone was given.
"""

from dataclasses import replace

from phone_sim.bounded_xml import is_web_page
from phone_sim.errors import UsageError
from phone_sim.firmware import messages
from phone_sim.firmware.app_log import send_log
from phone_sim.firmware.boot_rom_settings import BootRomSettings, ImageReading
from phone_sim.firmware.boot_server_move import without_replaced_server
from phone_sim.firmware.configuration import find_master
from phone_sim.firmware.effects import (
    FlashReply,
    ForgetLog,
    NotFound,
    ReadClock,
    ReadFlash,
    ReadLog,
    Refused,
    Streamed,
    StreamReply,
)
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.flash_writing import write_flash
from phone_sim.firmware.local_time import LocalTime
from phone_sim.firmware.location import shown_name
from phone_sim.firmware.log_line import LogFormat, RenderType
from phone_sim.firmware.master_config import NAME_LIMIT
from phone_sim.firmware.profile import FirmwareProfile, profile_for
from phone_sim.firmware.session import Identity, Session
from phone_sim.firmware.stage import Stage
from phone_sim.models import Model

HEADER_SIZE = 512
"""Bytes of an image that are read before the transfer is dropped: a block of TFTP (our choice)."""
BOOT_ROM_FILE = "bootrom.ld"
"""The image of the boot ROM of SIP 3.x, in the root of the boot server (field notes 1.1)."""
IMAGE_LIMIT = 1024 * 1024 * 1024
"""Most bytes of an image (our choice); its time is limited as for any file."""

_GMT = LocalTime(daylight_saving=None)


class BootRomSession(Session):
    """The boot ROM between power on and the start of the application.

    Its log is in GMT; its lines have the seconds since power on while the clock is not set (field notes 4.1).
    """

    __slots__ = ("clock_is_set",)

    stage = Stage.BOOT_ROM
    clock_is_set: bool

    def _user_agent(self) -> str:
        identity = self.identity
        return identity.profile.boot_rom_user_agent(identity.model, identity.mac, tag_serial=self.settings.tags_serial)

    def _log_format(self) -> LogFormat:
        stamp = RenderType.MONTH_TO_SECOND if self.clock_is_set else RenderType.SINCE_BOOT
        return replace(super()._log_format(), zone=_GMT, render_type=stamp)


async def run_boot_rom(identity: Identity, settings: BootRomSettings) -> Identity:
    """Run the boot ROM of a phone; the result is the phone as the firmware makes it that boots now."""
    stored = await ReadFlash()
    flash = stored if isinstance(stored, FlashContents) else FlashContents()
    before = _installed(identity, settings, flash)
    session = await _start(before, flash)
    if session.identity.profile.opens_boot_rom:
        await _open_boot_rom(session)
    found = await find_master(session)
    if await _has_image(session, found.master.app_file_path, found.problem, identity):
        after = identity
        await _keep_version(session, stored, after)
    else:
        after = before
        await session.say(messages.FIRMWARE_KEPT, firmware=before.profile.version)
    await _upload_log(session, found.master.log_file_directory)
    return after


def image_names(path: str, model: Model, profile: FirmwareProfile) -> tuple[str, ...]:
    """The names under which the image of an APP_FILE_PATH is asked for, up to the first that is there.

    UC Software puts the part number of the model before the file name, also where it is there already (field notes
    1.1); that it then asks for the name as it is, is inferred.
    """
    folder, slash, file = path.rpartition("/")
    return (f"{folder}{slash}{model.part_number}.{file}", path) if profile.splits_images else (path,)


def _installed(identity: Identity, settings: BootRomSettings, flash: FlashContents) -> Identity:
    """The phone as the firmware in flash makes it."""
    version = flash.firmware or settings.installed
    if settings.image is ImageReading.HEADER or version in ("", identity.profile.version):
        return identity
    try:
        profile = profile_for(version, always_fetches_license=settings.always_fetches_license)
    except UsageError:  # a flash that was written by hand
        return identity
    return replace(identity, profile=profile, dictionary=settings.dictionaries[profile.dialect])


async def _start(identity: Identity, flash: FlashContents) -> BootRomSession:
    """The boot ROM with its address and boot servers."""
    kept = without_replaced_server(flash.device.known_to(identity.dictionary), identity.boot_server)
    session = BootRomSession(identity, flash.parameters, device=kept)
    session.clock_is_set = (await ReadClock()).instant is not None
    stage = "Updater" if identity.profile.types_user_agent else "boot ROM"
    version = identity.model.boot_rom(identity.profile.version)
    await session.say(
        messages.BOOT_ROM_STARTED, model=identity.model.name, mac=identity.mac, stage=stage, version=version
    )
    await session.ask_network(flash.parameters)
    await session.find_servers(flash.boot_server)
    return session


async def _open_boot_rom(session: Session) -> None:
    """Open the image of the boot ROM itself, which is always taken for the one in flash; none is needed."""
    reply = await session.stream(BOOT_ROM_FILE, header=HEADER_SIZE, reads_all=False, limit=IMAGE_LIMIT)
    if isinstance(reply, NotFound):
        await session.say(messages.FILE_NOT_FOUND, name=BOOT_ROM_FILE)
    elif isinstance(reply, Streamed) and not _problem_of(reply):
        version = session.identity.model.boot_rom(session.identity.profile.version)
        await session.say(messages.IMAGE_OPENED, name=BOOT_ROM_FILE, size=reply.size, firmware=version)
    else:
        await session.say(messages.IMAGE_NOT_USABLE, name=BOOT_ROM_FILE, reason=_problem_of(reply))


async def _has_image(session: Session, path: str, problem: str, wanted: Identity) -> bool:
    """Read the image as far as the firmware in flash has it read; true when the wanted firmware can boot.

    `path` is APP_FILE_PATH, `problem` why there is no master configuration file.
    """
    before, after = session.identity.profile.version, wanted.profile.version
    if not path:
        await session.say(messages.NO_IMAGE_NAMED, reason=problem or "APP_FILE_PATH is empty")
        return False
    reply: StreamReply = Refused(f"its name is longer than {NAME_LIMIT} characters")
    names = image_names(path, session.identity.model, session.identity.profile) if len(path) <= NAME_LIMIT else ()
    name = path
    for name in names:
        reply = await session.stream(name, header=HEADER_SIZE, reads_all=before != after, limit=IMAGE_LIMIT)
        if not isinstance(reply, NotFound):
            break
        if name != path:
            await session.say(messages.FILE_NOT_FOUND, name=shown_name(name))
    if reason := _problem_of(reply):
        await session.say(messages.IMAGE_NOT_USABLE, name=shown_name(name), reason=reason)
        return False
    message = messages.IMAGE_READ if before != after else messages.IMAGE_OPENED
    size = reply.size if isinstance(reply, Streamed) else 0
    await session.say(message, name=shown_name(name), size=size, before=before, firmware=after)
    return True


def _problem_of(reply: StreamReply) -> str:
    """Why there is no firmware image; empty for one that may be."""
    if not isinstance(reply, Streamed):
        return reply.reason
    if is_web_page(reply.header):
        return "it is a web page"
    return f"it has {reply.size} bytes, fewer than a header" if len(reply.header) < HEADER_SIZE else ""


async def _keep_version(session: Session, stored: FlashReply, booting: Identity) -> None:
    """Note in flash which firmware it has now; a flash that is not whole is left to the application."""
    version = booting.profile.version
    if version == session.identity.profile.version or not isinstance(stored, FlashContents):
        return
    await write_flash(session, replace(stored, firmware=version), stored)


async def _upload_log(session: Session, folder: str) -> None:
    """Send the log of this start, and begin anew: each replaces that of the start before (our choice)."""
    contents = await ReadLog(Stage.BOOT_ROM)
    await send_log(session, folder, contents.pending)
    await ForgetLog(on_server=b"", stage=Stage.BOOT_ROM)
