"""Which files of its configuration a phone could not read, and why, as facts."""

import pytest

from phone_sim.firmware.effects import FetchReply, NotFound, Refused, TransferFailed
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import MAC, Dialogue, boot, identity, of

DEFAULT, OWN = "000000000000.cfg", f"{MAC}.cfg"
MASTER = b'<APPLICATION CONFIG_FILES="a.cfg, [PHONE_MAC_ADDRESS]-b.cfg, c.cfg"/>'
GOOD = {DEFAULT: MASTER, "a.cfg": b"<a/>", f"{MAC}-b.cfg": b"<b/>", "c.cfg": b"<c/>"}
OWN_B = "[PHONE_MAC_ADDRESS]-b.cfg"
BROKEN_OFF = TransferFailed(FailureKind.BROKEN_OFF, "the connection was closed")
NOT_XML = b"<s>\n<s a='1' a='2'/></s>"


def unread(files: dict[str, bytes | FetchReply], flash: FlashContents | None = None) -> list[tuple[object, ...]]:
    service = Dialogue(GOOD | files, flash=flash).run(boot(identity()))
    return [
        (one.source.file, one.source.kind.name, one.kind.name, one.status, one.line)
        for one in service.configuration.unread
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, []),
        (
            {f"{MAC}-b.cfg": NotFound("Not Found", 404), "c.cfg": Refused("Internal Server Error", 500)},
            [(OWN_B, "LISTED", "MISSING", 404, None), ("c.cfg", "LISTED", "REFUSED", 500, None)],
        ),
        ({"a.cfg": NOT_XML}, [("a.cfg", "LISTED", "NOT_READABLE", None, 2)]),
        ({"a.cfg": b"<licenses/>"}, [("a.cfg", "LISTED", "NOT_READABLE", None, None)]),
        (
            {f"{MAC}-b.cfg": BROKEN_OFF},  # the first boot goes on with what it has, and asks for no more
            [(OWN_B, "LISTED", "NOT_WHOLE", None, None), ("c.cfg", "LISTED", "NOT_ASKED", None, None)],
        ),
        (
            {f"{MAC}-phone.cfg": NOT_XML, f"{MAC}-web.cfg": Refused("Forbidden", 403)},
            [
                ("[PHONE_MAC_ADDRESS]-phone.cfg", "OVERRIDE", "NOT_READABLE", None, 2),
                ("[PHONE_MAC_ADDRESS]-web.cfg", "OVERRIDE", "REFUSED", 403, None),
            ],
        ),
        ({f"{MAC}-phone.cfg": b"", f"{MAC}-web.cfg": b"<?xml version='1.0'?>"}, []),
        ({OWN: NOT_XML}, [("[PHONE_MAC_ADDRESS].cfg", "MASTER", "NOT_READABLE", None, 2)]),
        ({OWN: b""}, [("[PHONE_MAC_ADDRESS].cfg", "MASTER", "NOT_A_MASTER", None, None)]),
        ({OWN: b"<a b.c='1'/>"}, [("[PHONE_MAC_ADDRESS].cfg", "MASTER", "NOT_A_MASTER", None, None)]),
        ({OWN: b"<a b.c='1'/>", DEFAULT: NotFound("Not Found", 404)}, []),  # it is in force (D19)
        ({DEFAULT: Refused("Unauthorized", 401)}, [(DEFAULT, "MASTER", "REFUSED", 401, None)]),
    ],
)
def test_each_file_that_is_not_in_force_is_known_with_its_reason(
    files: dict[str, bytes | FetchReply], expected: list[tuple[object, ...]]
) -> None:
    assert [(*one[:4], one[4] if one[2] == "NOT_READABLE" else None) for one in unread(files)] == expected


def test_phone_with_its_last_configuration_knows_the_file_that_is_not_whole() -> None:
    before = FlashContents(parameters=of({"a.b": "1"}))
    assert unread({"c.cfg": BROKEN_OFF}, before) == [("c.cfg", "LISTED", "NOT_WHOLE", None, None)]
