"""Which phones a site has files for, by the names of the files."""

import re
from collections.abc import Iterable

from phone_sim.firmware.master_config import SIZE_LIMIT
from phone_sim.mac_address import DEFAULT_MAC, PREFIXES, MacAddress

_OF_A_PHONE = re.compile(r"(?!0{12})([0-9a-f]{12})(?:[-.].*)?", re.IGNORECASE)
_DIGITS = re.compile(rb"(?=([0-9a-f]{12}))")


def mac_in(path: str) -> str:
    """The MAC address that the name of a file begins with, as it is written; empty where there is none."""
    match = _OF_A_PHONE.fullmatch(path.rpartition("/")[2])
    return "" if match is None else match.group(1)


def phones_of(names: Iterable[str]) -> tuple[MacAddress, ...]:
    """The phones that have a file of their own, in order.

    Other makers name files by MAC addresses, too: only those with the prefix of these phones count, and those that
    have a file with a name that no other maker uses.
    """
    found = {mac.lower() for name in names if (mac := mac_in(name)) and _is_of_these_phones(name, mac)}
    return tuple(map(MacAddress, sorted(found)))


def _is_of_these_phones(name: str, mac: str) -> bool:
    if mac.lower().startswith(PREFIXES):
        return True
    rest = name.rpartition("/")[2][len(mac) :].lower()
    return rest in ("-license.cfg", "-phone.cfg", "-web.cfg", "-directory.xml", "-calls.xml", "-app.log", "-boot.log")


def any_other(phones: Iterable[MacAddress], named_in: bytes = b"") -> MacAddress:
    """A phone that has no file of its own, and so reads what is there for all.

    Its MAC address stands nowhere in `named_in`, the master configuration file for all phones: a file that this lists
    by the address of one phone is listed for all, and is not one of the invented phone's own.
    """
    taken = {phone.digits for phone in phones} | {
        one.decode() for one in _DIGITS.findall(named_in[:SIZE_LIMIT].lower())
    }
    number = int(DEFAULT_MAC.digits, 16)
    while f"{number:012x}" in taken:
        number += 1
    return MacAddress(f"{number:012x}")
