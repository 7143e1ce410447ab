"""A contact is added on a phone: kept in flash, and sent to the boot server with the whole contact directory.

A contact that the boot server did not take stands beside what the server says at the next boot, and is sent again at
its end (our decision, as nothing is known of real phones).
"""

from dataclasses import replace

from phone_sim.errors import UsageError
from phone_sim.firmware.boot import InService
from phone_sim.firmware.contact_directory import CONTACT_LIMIT, TEXT_LIMIT, Contact, by_name
from phone_sim.firmware.contact_upload import send_contacts
from phone_sim.firmware.effects import FlashReply, ReadFlash
from phone_sim.firmware.flash_in_service import contents_of
from phone_sim.firmware.flash_writing import write_flash
from phone_sim.firmware.parameters.reader import ParameterReader

READ_ONLY = "dir.local.readonly"


def check_contact(service: InService, contact: Contact) -> None:
    """Raise UsageError unless the phone lets its user add this contact."""
    texts = (contact.last_name, contact.first_name, contact.number)
    if not contact.number.strip():
        raise UsageError("a contact needs a number")
    if not all(text.isprintable() and len(text) <= TEXT_LIMIT for text in texts):
        raise UsageError(f"expected names and a number of at most {TEXT_LIMIT} printable characters")
    if len(service.contacts) >= CONTACT_LIMIT:
        raise UsageError(f"the contact directory is full: it has {CONTACT_LIMIT} contacts")
    if ParameterReader(service.configuration.parameters, service.session.identity.dictionary).is_on(READ_ONLY):
        raise UsageError(f"the contact directory cannot be changed: {service.parameters[READ_ONLY]}")


async def add_contact(service: InService, contact: Contact) -> InService:
    """Add a contact, which `check_contact` has seen; the result is the phone that has it."""
    session = service.session
    stored: FlashReply = await ReadFlash()
    flash = contents_of(service, stored)
    contacts = by_name((*service.contacts, contact))
    kept = replace(flash, contacts=contacts, new_contacts=(*flash.new_contacts, contact))
    await write_flash(session, kept, stored)
    session.reachable = True  # it may be again
    if not service.configuration.problem and await send_contacts(session, service.configuration.master, contacts):
        await write_flash(session, replace(kept, new_contacts=()), stored)
    return replace(service, contacts=contacts)
