"""Redeeming license numbers and making activation files (B6, B8, D10).

An activation file is made from the ledger, never from an older file, and signing leaves nothing to chance: made
again, it is the same byte for byte. So a file that was lost, or never written because the power went, can be had
again.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_number import parse_number
from phone_sim.authority.orders import Redemption, Refusal, check_site_serial
from phone_sim.authority.signing_key import SigningKey
from phone_sim.errors import AuthorityError, MacAddressError, RedemptionRefusedError, UsageError
from phone_sim.licensing.license_file import KEYS_OF_A_FILE, SIZE_LIMIT, file_name, write
from phone_sim.licensing.license_key import LicenseKey, LicenseType
from phone_sim.mac_address import MacAddress
from phone_sim.printable import printable

LINE_LIMIT = 100_000
"""Most lines of a batch; ours."""
BATCH_LIMIT = 16 * 1024 * 1024
"""Most bytes of a batch file; ours."""
_LINE_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLine:
    """A line of a batch and its answer: `refused` is why it was refused, empty for an accepted one.

    `is_repeated` is true of an accepted one whose number was redeemed for its phone before this batch.
    """

    place: int
    number: str
    mac: str
    refused: str = ""
    is_repeated: bool = False

    def answer(self, *, nothing_redeemed: bool = False) -> str:
        """The answer in words; `nothing_redeemed` says that the batch was refused as a whole."""
        if self.refused:
            return self.refused
        if self.is_repeated:
            return "accepted, redeemed before"
        return "accepted, but not redeemed" if nothing_redeemed else "accepted"


def phone_address(text: str) -> MacAddress:
    """The MAC address of a phone. Raises MacAddressError for what no phone has, such as a multicast address."""
    mac = MacAddress.parse(text)
    if mac.is_of_group:
        raise MacAddressError(f"{text!r} is a broadcast or multicast address, which no phone has")
    return mac


def unusual_macs(text: str) -> list[tuple[int, str]]:
    """The lines of a batch, by number, whose MAC does not begin as those of these phones do; bad MACs are not among
    them."""
    found = []
    for place, line in enumerate(text.splitlines(), 1):
        with suppress(MacAddressError):
            if len(line) <= _LINE_LENGTH and not phone_address(mac := line.partition("\t")[2].strip()).has_phone_prefix:
                found.append((place, mac))
    return found


def redeem_phone(ledger: Ledger, number: str, mac: MacAddress, *, at: datetime, requester: str) -> None:
    """Redeem a license number for a phone.

    Raises:
        UsageError: the number is none.
        AuthorityError: the number is not redeemed, and why.
    """
    _redeem(ledger, number, mac.serial, LicenseType.PHONE, at, requester)


def redeem_site(ledger: Ledger, number: str, serial: str | None, *, at: datetime, requester: str) -> str:
    """Redeem a license number for a site; without a serial for the one that was given with the order. Returns it.

    Raises:
        UsageError: the number or the serial is none.
        AuthorityError: the number is not redeemed, and why.
    """
    if serial is not None:
        check_site_serial(serial)
    order = ledger.order(parse_number(number))
    wanted = serial or (order.site_serial if order is not None else None) or "0" * 12
    _redeem(ledger, number, wanted, LicenseType.SITE, at, requester)
    return wanted


def _redeem(ledger: Ledger, number: str, serial: str, license_type: LicenseType, at: datetime, requester: str) -> None:
    wish = Redemption(number=parse_number(number), serial=serial, redeemed_at=at, requester=requester)
    with ledger.writing():
        refusal = ledger.redeem(wish, license_type)
    if refusal is not None:
        again = f" for {serial}: license export {serial} makes its file again"
        raise RedemptionRefusedError(wish.number, refusal.value, again if ledger.has(wish) else "")


def redeem(ledger: Ledger, number: str, serial: str | None, *, at: datetime, requester: str) -> str:
    """Redeem a license number for the phone or the site with this serial, as it was ordered (B8); the serial as kept.

    Without a serial a site license is redeemed for the site that was given with the order.

    Raises:
        UsageError: not a license number, or not a serial.
        RedemptionRefusedError: the number is not redeemed, and why.
        AuthorityError: the ledger cannot be written.
    """
    order = ledger.order(parse_number(number))
    if order is not None and order.license_type is LicenseType.SITE:
        return redeem_site(ledger, number, serial, at=at, requester=requester)
    address = phone_address(serial or "")
    redeem_phone(ledger, number, address, at=at, requester=requester)
    return address.serial


def batch_text(data: bytes, source: str, *, limit: int = BATCH_LIMIT) -> str:
    """The text of a batch file named `source`. Raises UsageError when it is none, or longer than `limit` bytes."""
    if len(data) > limit:
        raise UsageError(f"{source} has more than {limit} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{source} is not a text file: byte {error.start} is not UTF-8") from error


def redeem_batch(
    ledger: Ledger, text: str, *, at: datetime, requester: str, all_or_nothing: bool = False
) -> tuple[BatchLine, ...]:
    """Redeem the lines `license number<TAB>MAC` of a batch file (B8); empty lines are passed over.

    Every line gets its own answer. One whose number was redeemed for the same phone before is accepted and redeems
    nothing, so that a batch that was interrupted can be sent again; a line that is there twice is refused. With
    `all_or_nothing`, one that is refused leaves the ledger as it was.

    Raises:
        UsageError: the file has more than 100,000 lines.
        AuthorityError: the ledger cannot be written; nothing is.
    """
    lines = text.splitlines()
    if len(lines) > LINE_LIMIT:
        raise UsageError(f"the batch has {len(lines)} lines, at most {LINE_LIMIT} are read")
    answers: tuple[BatchLine, ...] = ()
    try:
        with ledger.writing():
            answers = tuple(_answers(ledger, lines, at, requester))
            if all_or_nothing and any(line.refused for line in answers):
                raise _NothingRedeemedError
    except _NothingRedeemedError:
        pass
    return answers


class _NothingRedeemedError(Exception):
    """A line of a batch that is to be redeemed as a whole was refused."""


def _answers(ledger: Ledger, lines: Iterable[str], at: datetime, requester: str) -> Iterator[BatchLine]:
    wishes: set[tuple[str, str]] = set()
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        number, _, mac = line.partition("\t")
        answer = BatchLine(place=place, number=_shown(number), mac=_shown(mac))
        wish = _wish(line, at, requester)
        if isinstance(wish, str):
            yield replace(answer, refused=wish)
            continue
        refusal = ledger.redeem(wish, LicenseType.PHONE)
        is_repeated = (
            refusal is Refusal.ALREADY_REDEEMED and (wish.number, wish.serial) not in wishes and ledger.has(wish)
        )
        wishes.add((wish.number, wish.serial))
        refused = "" if refusal is None or is_repeated else refusal.value
        yield replace(answer, refused=refused, is_repeated=is_repeated)


def _shown(text: str) -> str:
    """A part of a line as it can be shown to people, whatever file it was found in."""
    return printable(text.strip()[:_LINE_LENGTH])


def _wish(line: str, at: datetime, requester: str) -> Redemption | str:
    """What a line of a batch asks for, or why it cannot be redeemed whatever the ledger says."""
    number, tab, mac = line.partition("\t")
    if len(line) > _LINE_LENGTH:
        return f"longer than {_LINE_LENGTH} characters"
    if not tab:
        return "no tab between license number and MAC"
    try:
        serial = phone_address(mac.strip()).serial
    except MacAddressError as error:
        return f"bad MAC: {error}"
    try:
        return Redemption(number=parse_number(number), serial=serial, redeemed_at=at, requester=requester)
    except UsageError as error:
        return f"{Refusal.UNKNOWN_NUMBER.value}: {error}"


def licensed_serials(ledger: Ledger, text: str) -> list[str]:
    """The serials of a batch file for which anything was ever redeemed."""
    serials = []
    for line in text.splitlines():
        with suppress(MacAddressError):
            serial = MacAddress.parse(line.rpartition("\t")[2].strip()).serial
            if ledger.orders_for(serial):
                serials.append(serial)
    return serials


def activation_files(ledger: Ledger, signing_key: SigningKey, serials: Iterable[str]) -> Mapping[str, bytes]:
    """The activation file of each serial, by its name on the boot server (B10): all keys it ever got, oldest first.

    Raises:
        AuthorityError: nothing was ever redeemed for a serial.
    """
    files: dict[str, list[LicenseKey]] = {}
    for key in signing_key.sign_all(_all_redeemed_keys(ledger, serials)):
        files.setdefault(file_name(key.type, key.serial), []).append(key)
    return {name: write(keys) for name, keys in files.items()}


def activation_file(ledger: Ledger, signing_key: SigningKey, serials: Iterable[str]) -> bytes:
    """One activation file with all keys that these serials ever got, of which each phone activates its own (B6).

    Raises:
        UsageError: the file would be longer than a phone reads.
        AuthorityError: nothing was ever redeemed for a serial.
    """
    return signed_file(signing_key, _all_redeemed_keys(ledger, serials))


def signed_file(signing_key: SigningKey, keys: Iterable[LicenseKey]) -> bytes:
    """The activation file with these keys, signed. Raises UsageError for more than fit in what a phone reads."""
    different = list(dict.fromkeys(keys))
    if len(different) > KEYS_OF_A_FILE:
        raise UsageError(
            f"one activation file with {len(different)} license keys would be longer than the {SIZE_LIMIT} bytes that "
            f"a phone reads: at most {KEYS_OF_A_FILE} keys fit, so make several files"
        )
    return write(signing_key.sign_all(different))


def _all_redeemed_keys(ledger: Ledger, serials: Iterable[str]) -> list[LicenseKey]:
    """All keys that each serial ever got, not signed yet, oldest first. Raises AuthorityError if there are none."""
    keys = []
    for serial in dict.fromkeys(serials):
        orders = ledger.orders_for(serial)
        if not orders:
            raise AuthorityError(f"nothing was redeemed for {serial}")
        keys += [order.key(serial) for order in orders]
    return keys
