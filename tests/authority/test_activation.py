"""Batches and activation files: an answer for each line, and the same bytes for the same ledger."""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from phone_sim.authority.activation import (
    LINE_LIMIT,
    activation_files,
    batch_text,
    redeem,
    redeem_batch,
    redeem_phone,
    redeem_site,
    signed_file,
)
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_number import new_number
from phone_sim.errors import AuthorityError, MacAddressError, RedemptionRefusedError, UsageError
from phone_sim.licensing.license_file import KEYS_OF_A_FILE, read_all, read_for_phone
from phone_sim.licensing.license_key import LicenseKey, read_key
from phone_sim.runtime.transport.memory import serve
from tests.authority import ASKS, NOW, batch_of, counted, entered, phone_order, phones, site_order
from tests.make import H323, LDAP, MAC, PHONE_FILE, SIGNING_KEY, SITE_FILE, SITE_SERIAL, USB_AUDIO, signed_key, until
from tests.runtime.phones import CONFIGURATION, bench


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger") as ledger:
        yield ledger


def answers(ledger: Ledger, text: str, *, all_or_nothing: bool = False) -> dict[int, str]:
    """Why each line of a batch was refused, by its place."""
    lines = redeem_batch(ledger, text, at=NOW, requester=ASKS, all_or_nothing=all_or_nothing)
    return {line.place: line.refused for line in lines}


def keys_of(file: bytes) -> list[LicenseKey]:
    """The keys of an activation file, all of them well-formed and signed."""
    keys = [read_key(element) for element in read_all(file)]
    assert all(isinstance(key, LicenseKey) and SIGNING_KEY.anchor.verifies(key) for key in keys)
    return [key for key in keys if isinstance(key, LicenseKey)]


def test_every_line_gets_its_own_answer(ledger: Ledger) -> None:
    single, double, of_site = entered(ledger, phone_order()), entered(ledger, phone_order(quantity=2)), site_order()
    entered(ledger, of_site)
    mistyped = single[1] + single[0] + single[2:] if single[0] != single[1] else "A" * 14
    lines = [
        f"{single}\t0004f2000001",
        f"{single}\t0004f2000002",
        "",
        f"{double}\t0004f2000001",
        f"{double.lower()}\t00:04:F2:00:00:02",
        f"{double}\t0004f2000001",
        f"{double}\t0004f2000003",
        f"{double}\t4f2000001",
        f"{double}\t0004f200000",
        f"{double} 0004f2000004",
        f"{new_number()}\t0004f2000005",
        f"{mistyped}\t0004f2000006",
        f"{of_site.number}\t0004f2000007",
        "   \t  ",
        f"{double}\tprinter",
        "x" * 100_000,
    ]
    said = answers(ledger, "\r\n".join(lines))
    assert sorted(said) == [1, 2, *range(4, 14), 15, 16]
    assert [place for place, refused in said.items() if not refused] == [1, 4, 5]
    assert said[2] == said[6] == "already redeemed"
    assert said[7] == "quantity used up"
    assert said[8].startswith("bad MAC: '4f2000001' has 9 of the 12 digits")
    assert said[9].startswith("bad MAC")
    assert "11 of the 12 digits of a MAC address: enter its leading zeros, as in 00004f200000" in said[9]
    assert said[10] == "no tab between license number and MAC"
    assert said[11] == "unknown number"
    assert said[12].startswith("unknown number")
    assert "mistyped" in said[12]
    assert said[13] == "wrong license type"
    assert said[15].startswith("bad MAC: 'printer' is not a MAC address")
    assert said[16] == "longer than 80 characters"
    assert ledger.redemptions(serial="0004F2000002")[0].number == double


def test_batch_that_comes_again_counts_as_redeemed(ledger: Ledger, tmp_path: Path) -> None:
    one, two = entered(ledger, phone_order()), entered(ledger, phone_order(quantity=2))
    text = f"{one}\t0004f2000001\n{two}\t0004f2000001\n"
    first, again = (redeem_batch(ledger, text, at=NOW, requester=ASKS, all_or_nothing=True) for _ in range(2))
    assert [line.answer() for line in first] == ["accepted"] * 2
    assert [line.answer(nothing_redeemed=True) for line in first] == ["accepted, but not redeemed"] * 2
    assert [line.answer() for line in again] == ["accepted, redeemed before"] * 2
    more = text + f"{one}\t0004f2000002\n{two}\t0004f2000001\n{two}\t0004f2000003\n{two}\t0004f2000003\n"
    assert [line.answer() for line in redeem_batch(ledger, more, at=NOW, requester=ASKS)] == [
        *["accepted, redeemed before"] * 2,
        "already redeemed",
        "already redeemed",
        "accepted",
        "already redeemed",
    ]
    assert counted(tmp_path / "ledger") == {one: (1, 1), two: (2, 2)}


def test_line_is_shown_without_control_characters(ledger: Ledger) -> None:
    (line,) = redeem_batch(ledger, "\x1b[2J\x00\t\x07", at=NOW, requester=ASKS)
    assert (line.number, line.mac) == ("?[2J?", "?")


def test_all_or_nothing_leaves_the_ledger_as_it_was(ledger: Ledger, tmp_path: Path) -> None:
    number = entered(ledger, phone_order(quantity=10))
    redeem_phone(ledger, number, MAC, at=NOW, requester=ASKS)
    before = ledger.redemptions(), ledger.orders(), counted(tmp_path / "ledger")
    said = answers(ledger, batch_of(number, phones(5)) + f"{number}\tprinter\n", all_or_nothing=True)
    assert [bool(refused) for refused in said.values()] == [False] * 5 + [True]
    assert (ledger.redemptions(), ledger.orders(), counted(tmp_path / "ledger")) == before
    assert not any(answers(ledger, batch_of(number, phones(5)), all_or_nothing=True).values())
    assert counted(tmp_path / "ledger") == {number: (6, 6)}


def test_serial_is_read_as_what_was_ordered(ledger: Ledger) -> None:
    double, of_site = entered(ledger, phone_order(quantity=2)), entered(ledger, site_order())
    assert redeem(ledger, double, "00:04:f2:00:00:01", at=NOW, requester=ASKS) == "0004F2000001"
    assert redeem(ledger, of_site, SITE_SERIAL, at=NOW, requester=ASKS) == SITE_SERIAL
    with pytest.raises(MacAddressError, match="leading zeros"):
        redeem(ledger, double, "4f2000002", at=NOW, requester=ASKS)
    with pytest.raises(UsageError, match="is not a site serial"):
        redeem(ledger, of_site, "0004f2000002", at=NOW, requester=ASKS)
    with pytest.raises(RedemptionRefusedError, match="is not redeemed: already redeemed") as refused:
        redeem(ledger, double, "0004F2000001", at=NOW, requester=ASKS)
    assert refused.value.reason == "already redeemed"
    with pytest.raises(RedemptionRefusedError, match="unknown number"):
        redeem(ledger, new_number(), "0004f2000001", at=NOW, requester=ASKS)
    assert ledger.redeemed() == {double: 1, of_site: 1}


def test_batch_longer_than_its_limit_is_refused() -> None:
    assert batch_text(b"\xef\xbb\xbfA\t1", "batch.txt", limit=6) == "A\t1"
    with pytest.raises(UsageError, match=r"batch.txt has more than 5 bytes"):
        batch_text(b"123456", "batch.txt", limit=5)


def test_batch_with_too_many_lines_is_refused(ledger: Ledger) -> None:
    with pytest.raises(UsageError, match=f"at most {LINE_LIMIT} are read"):
        answers(ledger, "\n" * (LINE_LIMIT + 1))
    assert answers(ledger, "\n" * LINE_LIMIT) == {}


def test_any_bytes_get_answers_and_redeem_nothing(ledger: Ledger, tmp_path: Path) -> None:
    number = entered(ledger, phone_order(quantity=100))
    dice = random.Random(3)
    for _ in range(200):
        line = list(f"{number}\t0004f2000001")
        line[dice.randrange(len(line))] = chr(dice.randrange(0x3000))
        answers(ledger, "".join(line) + "".join(chr(dice.randrange(0x3000)) for _ in range(dice.randrange(30))))
    used, rows = counted(tmp_path / "ledger").get(number, (0, 0))
    assert used == rows


def test_file_holds_previous_keys_and_new_ones_in_order(ledger: Ledger) -> None:
    files = []
    for bits in ((H323,), (USB_AUDIO, LDAP), (LDAP,)):
        redeem_phone(ledger, entered(ledger, phone_order(*bits)), MAC, at=NOW, requester=ASKS)
        files.append(activation_files(ledger, SIGNING_KEY, [MAC.serial])[PHONE_FILE])
    granted = [[grant.bit for grant in key.grants] for key in keys_of(files[2])]
    assert granted == [[H323], [USB_AUDIO, LDAP], [LDAP]]
    end = b"</licenses>"
    assert files[1].startswith(files[0].removesuffix(end))
    assert files[2].startswith(files[1].removesuffix(end))


def test_renewed_site_license_comes_after_the_first(ledger: Ledger) -> None:
    for day in (date(2026, 12, 31), date(2027, 12, 31)):
        redeem_site(ledger, entered(ledger, site_order(day)), None, at=NOW, requester=ASKS)
    file = activation_files(ledger, SIGNING_KEY, [SITE_SERIAL])[SITE_FILE]
    assert [key.grants[0].expiry for key in keys_of(file)] == [until("2026-12-31"), until("2027-12-31")]


@pytest.mark.slow
def test_file_made_again_is_the_same(ledger: Ledger, tmp_path: Path) -> None:
    number = entered(ledger, phone_order(quantity=3))
    answers(ledger, batch_of(number, phones(3)))
    serials = [mac.serial for mac in phones(3)]
    files = activation_files(ledger, SIGNING_KEY, serials)
    assert activation_files(ledger, SIGNING_KEY, reversed(serials + serials)) == files
    for mac in phones(3):
        (alone,) = activation_files(ledger, SIGNING_KEY, [mac.serial]).values()
        assert alone == files[f"{mac}-license.cfg"]
    code = (
        "import sys; from pathlib import Path; from phone_sim.authority.activation import activation_files\n"
        "from phone_sim.authority.ledger import Ledger; from phone_sim.authority.signing_key import test_signing_key\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "sys.stdout.buffer.write(b''.join(activation_files(ledger, test_signing_key(), sys.argv[2:]).values()))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "ledger"), *serials]
    assert subprocess.run(command, capture_output=True, check=True, timeout=60).stdout == b"".join(files.values())


def test_each_phone_gets_its_own_file(ledger: Ledger) -> None:
    numbers = [entered(ledger, phone_order(quantity=3)), entered(ledger, phone_order(H323))]
    answers(ledger, batch_of(numbers[0], phones(3)) + batch_of(numbers[1], phones(1)))
    files = activation_files(ledger, SIGNING_KEY, [mac.serial for mac in phones(3)])
    assert list(files) == [f"{mac}-license.cfg" for mac in phones(3)]
    assert [len(keys_of(file)) for file in files.values()] == [2, 1, 1]
    for mac, file in zip(phones(3), files.values(), strict=True):
        assert read_for_phone(file, mac.serial).skipped == 0
        assert {key.serial for key in keys_of(file)} == {mac.serial}


def test_serial_without_redemption_gets_no_file(ledger: Ledger) -> None:
    with pytest.raises(AuthorityError, match=f"nothing was redeemed for {MAC.serial}"):
        activation_files(ledger, SIGNING_KEY, [MAC.serial])


def test_more_keys_than_a_phone_reads_are_refused_before_they_are_signed() -> None:
    key = signed_key()
    keys = (replace(key, serial=f"{number:012X}") for number in range(KEYS_OF_A_FILE + 1))
    with pytest.raises(UsageError, match=r"with 22901 license keys would be longer .* at most 22900 keys fit"):
        signed_file(SIGNING_KEY, keys)


@pytest.mark.parametrize("of_site", [False, True], ids=["phone", "site"])
def test_phone_takes_the_file(ledger: Ledger, *, of_site: bool) -> None:
    if of_site:
        serial = redeem_site(ledger, entered(ledger, site_order()), None, at=NOW, requester=ASKS)
    else:
        serial = MAC.serial
        redeem_phone(ledger, entered(ledger, phone_order(LDAP, USB_AUDIO)), MAC, at=NOW, requester=ASKS)
    files = dict(activation_files(ledger, SIGNING_KEY, [serial]))
    phone = bench(serve({**CONFIGURATION, **files}))
    phone.driver.power_on()
    assert phone.enabled == ("LDAP",)
    assert len(phone.kept().keys) == 1
