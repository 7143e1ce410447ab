"""A contact is added on a phone: kept, uploaded with the whole directory, and not lost where no server takes it."""

import pytest

from phone_sim.errors import LifecycleError, UsageError
from phone_sim.firmware.contact_directory import CONTACT_LIMIT, Contact, read_contacts
from phone_sim.firmware.effects import Uploaded, UploadReply
from phone_sim.firmware.flash import FlashContents
from tests.firmware.changed_phone import REFUSALS, ChangedPhone
from tests.make import MAC, master

FILE = f"{MAC}-directory.xml"
DOE = b"<directory><item_list><item><ln>Doe</ln><ct>1001</ct><sd>7</sd></item></item_list></directory>"
ANN = Contact(last_name="", first_name='Ann <"&>', number="sip:ann@example")


def add(phone: ChangedPhone, contact: Contact = ANN) -> None:
    phone.effects.clear()
    phone.run(phone.phone.add_contact(contact))


def names(phone: ChangedPhone) -> list[str]:
    """The contacts of the phone in service."""
    assert phone.phone.service is not None
    return [contact.name for contact in phone.phone.service.contacts]


def unsent(phone: ChangedPhone) -> int:
    """How many contacts no server has taken."""
    assert isinstance(phone.flash, FlashContents)
    return len(phone.flash.new_contacts)


def test_contact_is_uploaded_with_the_others_as_they_were() -> None:
    phone = ChangedPhone()
    phone.files |= {"000000000000.cfg": master(CONTACTS_DIRECTORY="people"), f"people/{FILE}": DOE}
    phone.boot()
    add(phone)
    assert phone.requested == [f"+people/{FILE}"]
    sent = read_contacts(bytes(phone.files[f"people/{FILE}"]))  # type: ignore[arg-type]
    assert [(one.name, one.more) for one in sent] == [('Ann <"&>', ()), ("Doe", (("sd", "7"),))]
    phone.boot()
    assert (names(phone), unsent(phone)) == (['Ann <"&>', "Doe"], 0)
    assert f"+people/{FILE}" not in phone.requested


@pytest.mark.parametrize("reply", REFUSALS, ids=["refused", "no answer"])
def test_contact_that_no_server_takes_stands_beside_the_servers_and_is_sent_again(reply: UploadReply) -> None:
    phone = ChangedPhone()
    phone.upload_reply = reply
    add(phone)
    assert f"Failed to upload file {FILE}" in phone.lines[-1]
    phone.files[FILE] = DOE
    phone.boot()
    assert (names(phone), unsent(phone)) == (['Ann <"&>', "Doe"], 1)
    phone.upload_reply = Uploaded()
    phone.boot()
    assert (names(phone), unsent(phone)) == (['Ann <"&>', "Doe"], 0)
    assert len(read_contacts(bytes(phone.files[FILE]))) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        (Contact(last_name="a", first_name="", number=" "), "a contact needs a number"),
        (Contact(last_name="a\n", first_name="", number="1"), "at most 128 printable characters"),
        (Contact(last_name="", first_name="x" * 129, number="1"), "at most 128 printable characters"),
    ],
)
def test_contact_that_no_phone_takes_is_refused(contact: Contact, words: str) -> None:
    phone = ChangedPhone()
    with pytest.raises(UsageError, match=words):
        add(phone, contact)
    assert phone.effects == []


def test_directory_that_is_read_only_or_full_takes_none() -> None:
    phone = ChangedPhone(dir_local_readonly="1")
    with pytest.raises(UsageError, match=r"cannot be changed: dir\.local\.readonly is 1 in site\.cfg"):
        add(phone)
    phone = ChangedPhone()
    items = b"<item><ct>1</ct></item>" * CONTACT_LIMIT
    phone.files[FILE] = b"<directory><item_list>" + items + b"</item_list></directory>"
    phone.boot()
    with pytest.raises(UsageError, match="the contact directory is full: it has 999 contacts"):
        add(phone)


def test_phone_that_is_off_takes_none() -> None:
    phone = ChangedPhone()
    phone.phone.cut_power()
    with pytest.raises(LifecycleError, match="boot it first"):
        add(phone)
