"""The names of requests in Locust's statistics: one for the files that each phone has, and never more than can be read.

Locust keeps counts for each name for ever, and so do its CSV files, its report and Prometheus.
"""

import re
from collections.abc import Collection
from functools import lru_cache

from phone_sim.mac_address import MacAddress
from phone_sim.printable import printable
from phone_sim.runtime.client_certificates import PATTERN

NAME_LIMIT = 100
"""Number of names with a method after which a new name is that of a kind of files, such as `*.cfg` (our choice)."""
KIND_LIMIT = 120
"""Number of names with a method after which a new one is `other` (our choice)."""
OTHER = "other"
NAME_LENGTH_LIMIT = 200
"""Maximum length of a name in characters (our choice)."""
_ALL_PHONES = "0" * 12
# A long word of hexadecimal digits, or a number with its parts.
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{8,}(?![0-9A-Za-z])|[0-9]+(?:\.[0-9]+)*", re.ASCII)
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}")


def request_name(mac: MacAddress, path: str) -> str:
    """The name of requests for a file: its path, with `<MAC>` for the phone's own address and `*` for other numbers.

    The address that stands for all phones (B4) and the extension stay as they are, and so does the firmware of a
    model (`.ld`), of which there are few.
    """
    return _name_of(path.replace(mac.digits, PATTERN).replace(mac.serial, PATTERN))


@lru_cache(maxsize=1024)  # all phones ask for the same files, but for their own address
def _name_of(name: str) -> str:
    """The name of requests for a path without the phone's own address."""
    if not name.endswith(".ld"):
        end = len(name) - len(_extension(name))
        name = _NUMBER.sub(_without_number, name[:end]) + name[end:]
    name = printable(name) or "/"
    return name if len(name) <= NAME_LENGTH_LIMIT else f"{name[: NAME_LENGTH_LIMIT - 3]}..."


def bounded_name(name: str, method: str, known: Collection[tuple[str, str]]) -> str:
    """The name, or with too many that are `known` with this method, that of its kind or `other`."""
    if (name, method) in known:
        return name
    for each, limit in ((name, NAME_LIMIT), (f"*{_extension(name)}", KIND_LIMIT)):
        if (each, method) in known or sum(its_method == method for _, its_method in known) < limit:
            return each
    return OTHER


def _without_number(number: re.Match[str]) -> str:
    return number[0] if number[0] == _ALL_PHONES else "*"


def _extension(name: str) -> str:
    dot = max(name.rfind("."), 0)
    return name[dot:] if _EXTENSION.fullmatch(name, dot) else ""
