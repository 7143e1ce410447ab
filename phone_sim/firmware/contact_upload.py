"""The upload of the contact directory, `<mac>-directory.xml`."""

from collections.abc import Iterable

from phone_sim.firmware.contact_directory import SIZE_LIMIT, Contact, write_contacts
from phone_sim.firmware.master_config import MasterConfiguration
from phone_sim.firmware.session import Session


async def send_contacts(session: Session, master: MasterConfiguration, contacts: Iterable[Contact]) -> bool:
    """Upload the contacts; true when the boot server took them."""
    name = f"{session.identity.mac}-directory.xml"
    return await session.upload(master.contacts_directory, name, write_contacts(contacts), limit=SIZE_LIMIT)
