"""The contact directory: read, kept in flash, replaced by what the boot server has."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import DocumentError
from phone_sim.firmware.contact_directory import (
    CONTACT_LIMIT,
    SIZE_LIMIT,
    TEXT_LIMIT,
    Contact,
    read_contacts,
    write_contacts,
)
from phone_sim.firmware.effects import FetchReply, Refused, TransferFailed
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import MAC, Dialogue, identity, master

OWN, SEED = f"{MAC}-directory.xml", "000000000000-directory.xml"
DOE = "<item><ln>Doe</ln><fn>John</fn><ct>1001</ct><sd>1</sd><rt/></item>"


def directory(*items: str) -> bytes:
    """A file with these items."""
    return f"<directory><item_list>{''.join(items)}</item_list></directory>".encode()


def names(data: bytes) -> list[str]:
    """The names of the contacts in a file."""
    return [contact.name for contact in read_contacts(data)]


def contacts(dialogue: Dialogue) -> tuple[Contact, ...]:
    """The contacts of a phone after a boot."""
    phone = Phone(identity())
    dialogue.run(phone.power_on())
    assert phone.service is not None
    return phone.service.contacts


def test_what_is_written_is_read_again_with_all_its_fields() -> None:
    more = "<sd>7</sd><rt/><bw>1</bw><a.b>1</a.b>" + "".join(f"<f{letter}>1</f{letter}>" for letter in "abc")
    data = directory(f"<item><ln>Eve &lt;</ln><ct>1001</ct>{more}</item>", DOE)
    found = read_contacts(data)
    assert found[1].more == (("sd", "7"), ("bw", "1"), ("fa", "1"), ("fb", "1"), ("fc", "1"))
    assert read_contacts(write_contacts(found)) == found
    assert read_contacts(write_contacts(())) == ()


def test_contacts_are_read_by_name() -> None:
    data = directory("<item><ct>1002</ct><fn>Ann</fn></item>", "<item><ct>900</ct></item>", DOE)
    assert read_contacts(data) == (
        Contact(last_name="", first_name="", number="900"),
        Contact(last_name="", first_name="Ann", number="1002"),
        Contact(last_name="Doe", first_name="John", number="1001", more=(("sd", "1"),)),
    )
    assert names(data) == ["900", "Ann", "Doe, John"]


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ("<item><ln>Doe</ln></item>", []),
        ("<item/>", []),
        ("<item><ct> 1 </ct><ln>\n A\n B </ln></item>", ["A B"]),
        ("<item><ct>1</ct><ln>first</ln><ln>second</ln></item>", ["first"]),
        ("<item><ct>1</ct><ln>a<!-- c -->b</ln></item>", ["ab"]),
        ("<item><item><ct>1</ct></item></item>", []),
        (f"<item><ct>1</ct><ln>{'x' * 1000}</ln></item>", ["x" * TEXT_LIMIT]),
    ],
)
def test_odd_items_do_no_harm(item: str, found: list[str]) -> None:
    assert names(directory(item)) == found


def test_contacts_past_the_limit_are_left_out() -> None:
    assert len(names(directory(DOE * (CONTACT_LIMIT + 1)))) == CONTACT_LIMIT


@pytest.mark.parametrize(
    "data", [b"", b"<html/>", b"<directory>", b"<!DOCTYPE a><directory/>", b"x" * (SIZE_LIMIT + 1)]
)
def test_what_is_no_directory_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_contacts(data)


@given(st.binary(max_size=200))
def test_bytes_never_do_more_than_be_refused(data: bytes) -> None:
    with contextlib.suppress(DocumentError):
        assert read_contacts(data) == ()


def test_seed_is_kept_after_the_original_boot() -> None:
    dialogue = Dialogue({"000000000000.cfg": master(), SEED: directory(DOE)})
    assert [contact.number for contact in contacts(dialogue)] == ["1001"]
    del dialogue.files[SEED]
    assert [contact.number for contact in contacts(dialogue)] == ["1001"]


@pytest.mark.parametrize("reply", [b"<html/>", Refused("500"), TransferFailed(FailureKind.BROKEN_OFF, "broken off")])
def test_own_directory_that_is_not_missing_leaves_the_seed_unasked(reply: bytes | FetchReply) -> None:
    dialogue = Dialogue({"000000000000.cfg": master(), OWN: reply, SEED: directory(DOE)})
    assert contacts(dialogue) == ()
    assert SEED not in dialogue.requested


def test_boot_servers_copy_takes_the_place_of_the_kept_one() -> None:
    dialogue = Dialogue({"000000000000.cfg": master(), OWN: directory(DOE)})
    contacts(dialogue)
    dialogue.files[OWN] = directory()
    assert contacts(dialogue) == ()
    del dialogue.files[OWN]
    assert contacts(dialogue) == ()


@pytest.mark.parametrize(
    "reply", [b"<html/>", b"", Refused("500"), TransferFailed(FailureKind.BROKEN_OFF, "broken off")]
)
def test_file_that_cannot_be_had_replaces_nothing(reply: bytes | FetchReply) -> None:
    dialogue = Dialogue({"000000000000.cfg": master(), OWN: directory(DOE)})
    contacts(dialogue)
    dialogue.files[OWN] = reply
    assert [contact.number for contact in contacts(dialogue)] == ["1001"]


def test_file_that_cannot_be_read_is_logged() -> None:
    dialogue = Dialogue({"000000000000.cfg": master(), OWN: b"<phonebook/>"})
    assert contacts(dialogue) == ()
    reason = "the root element is 'phonebook', not 'directory'"
    assert f"Contact directory {OWN} cannot be used: {reason}" in dialogue.log_of("cfg")
