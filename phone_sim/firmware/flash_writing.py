"""Writing to flash, and what a phone does where that fails."""

from dataclasses import replace

from phone_sim.firmware import messages
from phone_sim.firmware.effects import FlashReply, FlashUnreadable, WriteFailed, WriteFlash
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.parameters.layers import Parameters
from phone_sim.firmware.session import Session


async def write_flash(session: Session, contents: FlashContents, stored: FlashReply) -> None:
    """Write what is not in flash yet; when that fails, at least the license keys, with the configuration that did fit.

    Flash that could not be read is left as it is.
    """
    if contents == stored or isinstance(stored, FlashUnreadable):
        return
    reply = await WriteFlash(contents=contents)
    if isinstance(reply, WriteFailed):
        await session.say(messages.FLASH_WRITE_FAILED, reason=reply.reason)
        last = stored.parameters if isinstance(stored, FlashContents) else Parameters()
        if contents.parameters != last:
            await WriteFlash(contents=replace(contents, parameters=last))
